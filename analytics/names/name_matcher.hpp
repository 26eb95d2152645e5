// SPDX-License-Identifier: Apache-2.0
// The category of a querier: its name and, where it is known, its address go in; the category, the component and the
// rule that decided come out. Fukuda and Heidemann (IMC 2015), section 3.3; docs/name_categories.md tells the rule in
// full.
//
// All words and ends of names are one Hyperscan database of literals, and many names are scanned in one call, because
// the call costs more than the octets of a name (docs/decisions/0006_name_matching.md). The only home of Hyperscan.
//
// A NameMatcher is immutable: any number of threads share it, and new rules are a new one, made beside it while it is
// in use. What a scan writes to lies in a NameScanner, one per thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "analytics/names/name_category.hpp"
#include "analytics/names/name_rules.hpp"
#include "analytics/names/provider_ranges.hpp"
#include "config/ip_address.hpp"

struct hs_database;
struct hs_scratch;

namespace echotap {

/// What is known of a querier's name.
struct NameToMatch {
    std::string_view name;  // presentation format, with a dot at the end or without; any octets
    std::optional<IpAddress> address;
};

/// What a category was decided by.
enum class NameReason : std::uint8_t {
    keyword,   // in a component
    suffix,    // the end of the name
    range,     // the querier's address
    nameless,  // there is no name
    none,      // no rule: other-unclassified
    too_long,  // over plain_name_max octets, so no name: other-unclassified
};

struct NameVerdict {
    NameCategory category = NameCategory::other_unclassified;
    NameReason reason = NameReason::none;
    std::uint8_t component = 0;  // from the left, 0 the first; of a keyword only
    std::uint16_t rule = 0;      // index into NameRules::keywords, suffixes or ranges, as the reason says

    bool operator==(const NameVerdict&) const = default;
};

class NameMatcher {
public:
    /// Compiles the rules, some milliseconds. Throws std::runtime_error where Hyperscan does not run on this processor
    /// (it needs SSSE3) or refuses the rules.
    explicit NameMatcher(NameRules rules);
    NameMatcher(NameMatcher&&) = default;
    NameMatcher& operator=(NameMatcher&&) = default;
    ~NameMatcher() = default;

    const NameRules& rules() const { return rules_; }

    /// The verdict on a querier without a name: `state` is nxdomain or unreach, and stays so unless a range of a
    /// provider holds the address and the rules give such queriers to the provider.
    NameVerdict without_name(NameCategory state, const std::optional<IpAddress>& address) const;

    /// The rule of a verdict in words: "keyword mail", "suffix amazonaws.com", "range 74.125.0.0/16", "no rule".
    std::string rule_text(const NameVerdict& verdict) const;

private:
    friend class NameScanner;

    struct FreeDatabase {
        void operator()(hs_database* database) const;
    };

    NameRules rules_;
    ProviderRanges ranges_;
    std::unique_ptr<hs_database, FreeDatabase> database_;
};

/// Not thread-safe: one per thread. About 35 KiB.
class NameScanner {
public:
    /// Names that one scan takes; more are cut into so many.
    static constexpr std::size_t batch_max = 64;

    /// Keeps `matcher` alive. Throws std::bad_alloc where there is no memory for the scratch.
    explicit NameScanner(std::shared_ptr<const NameMatcher> matcher);
    NameScanner(NameScanner&&) = default;
    NameScanner& operator=(NameScanner&&) = default;
    ~NameScanner() = default;

    const NameMatcher& matcher() const { return *matcher_; }

    /// The verdict on names[i] goes to verdicts[i]; both are of one length. The verdicts do not depend on which names
    /// are given together, nor on what was scanned before.
    void scan(std::span<const NameToMatch> names, std::span<NameVerdict> verdicts);

    /// One name. Where there are many at hand, scan() is several times as fast.
    NameVerdict scan(const NameToMatch& name);

private:
    struct Block;
    struct FreeBlock {
        void operator()(Block* block) const;
    };
    struct FreeScratch {
        void operator()(hs_scratch* scratch) const;
    };

    static int on_match(unsigned rule, unsigned long long from, unsigned long long to, unsigned flags, void* block);
    void scan_batch(std::span<const NameToMatch> names, std::span<NameVerdict> verdicts);

    std::shared_ptr<const NameMatcher> matcher_;
    std::unique_ptr<hs_scratch, FreeScratch> scratch_;
    std::unique_ptr<Block, FreeBlock> block_;
};

}  // namespace echotap
