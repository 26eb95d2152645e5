// SPDX-License-Identifier: Apache-2.0
// What decides the category of a name: the lists of a file of rules go in, rules that were checked come out, in the
// order in which they win. Fukuda and Heidemann (IMC 2015), section 3.3; docs/name_categories.md.
#pragma once

#include <string>
#include <vector>

#include "analytics/names/name_category.hpp"
#include "analytics/names/public_suffixes.hpp"
#include "config/ip_address.hpp"
#include "config/name_rule_file.hpp"

namespace echotap {

/// A word of a component: a maximal run of the letters a to z.
struct KeywordRule {
    NameCategory category = NameCategory::home;  // home to ntp
    std::string word;                            // 1 to 63 lower-case letters
    bool is_beginning = false;                   // of a word, not all of it
};

/// An end of the name, component by component.
struct SuffixRule {
    NameCategory category = NameCategory::cdn;  // cdn to google
    std::string suffix;                         // lower case, two or more components, no dot at its ends
};

/// Addresses of the querier.
struct RangeRule {
    NameCategory category = NameCategory::cdn;  // cdn to google
    Prefix range;
};

struct NameRules {
    /// By category, then in the order of the file; so are the other two.
    std::vector<KeywordRule> keywords;
    std::vector<SuffixRule> suffixes;
    std::vector<RangeRule> ranges;
    PublicSuffixes public_suffixes;
    /// Whether a querier without a name but with an address of `ranges` is the provider's (reading A10).
    bool nameless_by_range = true;

    /// At most so many of each, since verdicts number them in two octets.
    static constexpr std::size_t rules_max = 60'000;
};

/// Throws std::runtime_error with source, line, column and cure where a table or key is unknown or missing, or where a
/// word cannot be what its list holds.
NameRules name_rules_of(const NameRuleFile& file);

}  // namespace echotap
