// SPDX-License-Identifier: Apache-2.0
// Other ways to put names into categories, for comparison with NameMatcher. All give the same verdicts.
//
// - TokenTable: what a patient person writes by hand: words are cut out and looked up in a hash table.
// - RegexNames: std::regex, one expression per category, on one component after the other.
// - HyperscanPatterns: Hyperscan as its manual suggests it: one pattern per keyword, one scan per name.
#pragma once

#include <hs/hs.h>

#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "analytics/names/name_encoding.hpp"
#include "analytics/names/name_matcher.hpp"

namespace echotap {

/// What the ways have in common: the plain name, its components in front of the public end, and what comes after
/// keywords.
class NameRival {
public:
    explicit NameRival(const NameRules& rules);

protected:
    struct Plain {
        PlainName name;
        std::string_view text;
        std::size_t public_begin = 0;
    };

    void read(std::string_view name, Plain& plain) const;
    bool has_digits(const Plain& plain, const NameToMatch& name) const;

    /// The verdict on a name in which no keyword counts.
    NameVerdict provider(const Plain& plain, const NameToMatch& name) const;
    NameVerdict keyword(const Plain& plain, std::size_t at, std::uint16_t rule) const;

    NameRules rules_;

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };

    ProviderRanges ranges_;
    std::unordered_map<std::string, std::uint16_t, Hash, std::equal_to<>> suffixes_;
    std::size_t suffix_components_max_ = 0;
};

class TokenTable : public NameRival {
public:
    explicit TokenTable(const NameRules& rules);
    NameVerdict scan(const NameToMatch& name) const;

private:
    static constexpr std::size_t word_max = 16;
    static constexpr std::uint16_t no_rule = 0xffff;

    struct Word {
        std::array<std::uint64_t, 2> letters{};
        std::uint16_t home = no_rule;   // the first rule of this word
        std::uint16_t other = no_rule;  // and the first that is not home's
    };

    static std::size_t slot_of(const std::array<std::uint64_t, 2>& letters);

    std::vector<Word> table_;
    std::vector<std::uint16_t> beginnings_;
};

class RegexNames : public NameRival {
public:
    explicit RegexNames(const NameRules& rules);
    NameVerdict scan(const NameToMatch& name) const;

private:
    struct Category {
        NameCategory category;
        std::uint16_t first_rule;
        std::regex expression;  // a group per rule
    };
    std::vector<Category> categories_;
};

class HyperscanPatterns : public NameRival {
public:
    explicit HyperscanPatterns(const NameRules& rules);
    NameVerdict scan(const NameToMatch& name);

private:
    struct FreeDatabase {
        void operator()(hs_database_t* database) const { hs_free_database(database); }
    };
    struct FreeScratch {
        void operator()(hs_scratch_t* scratch) const { hs_free_scratch(scratch); }
    };
    struct Scan;

    static int on_match(unsigned rule, unsigned long long from, unsigned long long to, unsigned flags, void* scan);

    std::unique_ptr<hs_database_t, FreeDatabase> database_;
    std::unique_ptr<hs_scratch_t, FreeScratch> scratch_;
};

}  // namespace echotap
