// SPDX-License-Identifier: Apache-2.0
// The category of a querier's name by the plainest code that follows the paper's words, for one name at a time.
//
// Written from Fukuda and Heidemann (IMC 2015), section 3.3, and the readings of docs/name_categories.md, not from the
// product: the keywords are the paper's, printed here once more. What the paper does not print (suffixes, ranges,
// public ends) comes from the rules. Besides the product's reading (whole words) it knows two others, for the table of
// how much they would change.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analytics/names/name_category.hpp"
#include "config/name_rule_file.hpp"
#include "tests/reference/address_digits_reference.hpp"

namespace echotap::reference {

/// How a keyword must stand in a component: as a whole run of letters, at the start of one, or anywhere.
enum class KeywordReading { token, prefix, substring };

struct NameAnswer {
    NameCategory category = NameCategory::other_unclassified;
    std::optional<std::size_t> component;  // where a keyword decided
    std::string rule;                      // the keyword, suffix or range; empty where there is none
};

struct CategoryKeywords {
    NameCategory category;
    std::vector<std::string> keywords;
};

inline const std::vector<CategoryKeywords>& paper_keywords() {
    static const std::vector<CategoryKeywords> all{
        {NameCategory::home,
         {"ap", "cable", "cpe", "customer", "dsl", "dynamic", "fiber", "flets", "home", "host", "ip", "net", "pool",
          "pop", "retail", "user"}},
        {NameCategory::mail,
         {"mail", "mx", "smtp", "post", "correo", "poczta", "send*", "lists", "newsletter", "zimbra", "mta", "pop",
          "imap"}},
        {NameCategory::ns, {"cns", "dns", "ns", "cache", "resolv*", "name"}},
        {NameCategory::fw, {"firewall", "wall", "fw"}},
        {NameCategory::antispam, {"ironport", "spam"}},
        {NameCategory::www, {"www"}},
        {NameCategory::ntp, {"ntp"}},
    };
    return all;
}

/// The components of a name as octets, in lower case: RFC 1035 section 5.1 undone, one dot at the end left out.
inline std::vector<std::string> components_of(std::string_view name) {
    std::vector<std::string> components{""};
    const auto digit = [&](std::size_t at) { return at < name.size() && name[at] >= '0' && name[at] <= '9'; };
    for (std::size_t i = 0; i < name.size(); ++i) {
        std::string octet(1, name[i]);
        if (name[i] == '.') {
            components.emplace_back();
            continue;
        }
        if (name[i] == '\\' && digit(i + 1)) {
            if (digit(i + 2) && digit(i + 3) && std::stoi(std::string(name.substr(i + 1, 3))) < 256) {
                octet[0] = static_cast<char>(std::stoi(std::string(name.substr(i + 1, 3))));
                i += 3;
            }
        } else if (name[i] == '\\' && i + 1 < name.size()) {
            octet[0] = name[++i];
        }
        if (octet[0] >= 'A' && octet[0] <= 'Z') {
            octet[0] = static_cast<char>(octet[0] + 32);
        }
        components.back() += octet;
    }
    if (components.size() > 1 && components.back().empty()) {
        components.pop_back();
    }
    return components;
}

inline std::string joined(const std::vector<std::string>& components, std::size_t first) {
    std::string text;
    for (std::size_t i = first; i < components.size(); ++i) {
        text += (i == first ? "" : ".") + components[i];
    }
    return text;
}

inline bool is_small_letter(char octet) {
    return octet >= 'a' && octet <= 'z';
}

/// The maximal runs of letters of a component.
inline std::vector<std::string> words_of(const std::string& component) {
    std::vector<std::string> words;
    std::string word;
    for (const char octet : component + '-') {
        if (is_small_letter(octet)) {
            word += octet;
        } else if (!word.empty()) {
            words.push_back(std::exchange(word, ""));
        }
    }
    return words;
}

class NameReference {
public:
    explicit NameReference(const NameRuleFile& file) {
        for (const RuleList& list : file.lists) {
            for (const RuleWord& word : list.words) {
                lists_[list.table + " " + list.key].push_back(word.text);
            }
        }
        for (const NameCategory provider : providers) {
            std::vector<Prefix>& ranges = ranges_[provider];
            for (const std::string& range : words(text_of(provider), "ranges")) {
                ranges.push_back(*Prefix::parse(range));
            }
        }
    }

    NameAnswer category(std::string_view name, const std::optional<IpAddress>& address,
                        KeywordReading reading = KeywordReading::token) const {
        const std::vector<std::string> components = components_of(name);
        const std::string octets = joined(components, 0);
        const bool is_name = octets.size() <= 255;
        if (is_name) {
            const auto digits = [&] { return address && has_address_digits(octets, *address); };
            for (std::size_t i = 0; i + public_components(components) < components.size(); ++i) {
                for (const CategoryKeywords& rule : paper_keywords()) {
                    for (const std::string& keyword : rule.keywords) {
                        if (has_keyword(components[i], keyword, reading) &&
                            (rule.category != NameCategory::home || digits())) {
                            return {rule.category, i, keyword};
                        }
                    }
                }
            }
        }
        for (const NameCategory provider : providers) {
            for (const std::string& suffix : words(text_of(provider), "suffixes")) {
                for (std::size_t i = 0; is_name && i < components.size(); ++i) {
                    if (is_end(components, i, suffix)) {
                        return {provider, std::nullopt, suffix};
                    }
                }
            }
            for (const Prefix& range : ranges_.at(provider)) {
                if (address && range.contains(*address)) {
                    return {provider, std::nullopt, range.to_string()};
                }
            }
        }
        return {};
    }

private:
    static constexpr std::array providers{NameCategory::cdn, NameCategory::aws, NameCategory::ms, NameCategory::google};

    static bool has_keyword(const std::string& component, std::string keyword, KeywordReading reading) {
        const bool is_stem = keyword.back() == '*';
        if (is_stem) {
            keyword.pop_back();
        }
        if (reading == KeywordReading::substring) {
            return component.find(keyword) != std::string::npos;
        }
        const std::vector<std::string> all = words_of(component);
        return std::any_of(all.begin(), all.end(), [&](const std::string& word) {
            return word == keyword || ((is_stem || reading == KeywordReading::prefix) && word.starts_with(keyword));
        });
    }

    /// How many components at the end no keyword counts in.
    std::size_t public_components(const std::vector<std::string>& components) const {
        std::size_t count = 1;
        const std::size_t size = components.size();
        const std::string& last = components.back();
        const std::vector<std::string>& second = words("public", "second");
        if (size >= 2 && last.size() == 2 && is_small_letter(last[0]) && is_small_letter(last[1]) &&
            std::find(second.begin(), second.end(), components[size - 2]) != second.end()) {
            count = 2;
        }
        for (const std::string& suffix : words("public", "others")) {
            for (std::size_t i = 0; i < size; ++i) {
                if (is_end(components, i, suffix)) {
                    count = std::max(count, size - i);
                }
            }
        }
        return count;
    }

    /// Whether the components from `first` on are `suffix`. A dot that was quoted is an octet of its label and ends no
    /// component.
    static bool is_end(const std::vector<std::string>& components, std::size_t first, const std::string& suffix) {
        return components.back() == suffix.substr(suffix.rfind('.') + 1) && joined(components, first) == suffix &&
               std::none_of(components.begin() + static_cast<std::ptrdiff_t>(first), components.end(),
                            [](const std::string& component) { return component.find('.') != std::string::npos; });
    }

    const std::vector<std::string>& words(std::string_view table, std::string_view key) const {
        static const std::vector<std::string> none;
        const auto found = lists_.find(std::string(table) + " " + std::string(key));
        return found == lists_.end() ? none : found->second;
    }

    std::map<std::string, std::vector<std::string>> lists_;  // by "table key"
    std::map<NameCategory, std::vector<Prefix>> ranges_;
};

}  // namespace echotap::reference
