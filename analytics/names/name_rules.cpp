// SPDX-License-Identifier: Apache-2.0
#include "analytics/names/name_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

namespace echotap {

namespace {

constexpr std::size_t label_size_max = 63;
constexpr std::size_t name_size_max = 253;

[[noreturn]] void refuse(const NameRuleFile& file, RulePlace place, const std::string& what) {
    throw std::runtime_error(file.message(place, what));
}

bool is_lower(char octet) {
    return octet >= 'a' && octet <= 'z';
}

KeywordRule keyword_of(const NameRuleFile& file, NameCategory category, const RuleWord& word) {
    KeywordRule rule{category, word.text, word.text.ends_with('*')};
    if (rule.is_beginning) {
        rule.word.pop_back();
    }
    if (rule.word.empty() || rule.word.size() > label_size_max ||
        !std::all_of(rule.word.begin(), rule.word.end(), is_lower)) {
        refuse(file, word.place,
               fmt::format("'{}' is no keyword; write 1 to {} letters a to z, with a * at the end or without",
                           word.text, label_size_max));
    }
    return rule;
}

/// A name, or the end of one, of at least `components_min` components.
std::string suffix_of(const NameRuleFile& file, const RuleWord& word, std::size_t components_min) {
    std::size_t components = 1;
    std::size_t size = 0;
    bool is_name = word.text.size() <= name_size_max;
    for (const char octet : word.text) {
        if (octet == '.') {
            is_name = is_name && size > 0;
            ++components;
            size = 0;
            continue;
        }
        is_name = is_name && ++size <= label_size_max &&
                  (is_lower(octet) || (octet >= '0' && octet <= '9') || octet == '-' || octet == '_');
    }
    if (!is_name || size == 0 || components < components_min || (components_min == 1 && components > 1)) {
        refuse(file, word.place,
               components_min == 1
                   ? fmt::format("'{}' is no single component; write one in lower case, such as \"com\"", word.text)
                   : fmt::format("'{}' is no end of names; write two or more components in lower case without a dot at "
                                 "either end, such as \"example.net\"",
                                 word.text));
    }
    return word.text;
}

Prefix range_of(const NameRuleFile& file, const RuleWord& word) {
    const auto range = Prefix::parse(word.text);
    if (!range) {
        refuse(file, word.place,
               fmt::format("'{}' is no range of addresses; write ADDRESS/LENGTH with all host bits zero", word.text));
    }
    return *range;
}

/// Looks lists up and remembers which were asked for, so that what nobody asked for is told.
class Lists {
public:
    explicit Lists(const NameRuleFile& file) : file_(file) {}

    /// The words of `[table] key`, none of them twice; their number counts against NameRules::rules_max.
    const std::vector<RuleWord>& words(std::string_view table, std::string_view key) {
        const RuleList& list = find(file_.lists, table, key, "[]");
        std::set<std::string_view> seen;
        for (const RuleWord& word : list.words) {
            if (!seen.insert(word.text).second) {
                refuse(file_, word.place, fmt::format("'{}' stands in this list twice; take one away", word.text));
            }
        }
        if (list.words.size() > NameRules::rules_max) {
            refuse(file_, list.place, fmt::format("over {} words", NameRules::rules_max));
        }
        return list.words;
    }

    bool is_on(std::string_view table, std::string_view key) { return find(file_.switches, table, key, "true").is_on; }

    void refuse_the_rest() const {
        for (const RuleList& list : file_.lists) {
            refuse_unless_known(list.table, list.key, list.place);
        }
        for (const RuleSwitch& one : file_.switches) {
            refuse_unless_known(one.table, one.key, one.place);
        }
    }

private:
    template <class Entry>
    const Entry& find(const std::vector<Entry>& entries, std::string_view table, std::string_view key,
                      std::string_view example) {
        const auto found = std::find_if(entries.begin(), entries.end(),
                                        [&](const Entry& entry) { return entry.table == table && entry.key == key; });
        if (found == entries.end()) {
            // A list that was forgotten would silently empty a category.
            throw std::runtime_error(fmt::format("{}: [{}] has no {}; write {} = {} where none are wanted",
                                                 file_.source, table, key, key, example));
        }
        known_.emplace(table, key);
        return *found;
    }

    void refuse_unless_known(const std::string& table, const std::string& key, RulePlace place) const {
        if (!known_.contains({table, key})) {
            refuse(file_, place,
                   fmt::format("[{}] {} is not known; keywords belong to home, mail, ns, fw, antispam, www and ntp, "
                               "suffixes and ranges to cdn, aws, ms and google",
                               table, key));
        }
    }

    const NameRuleFile& file_;
    std::set<std::pair<std::string, std::string>> known_;
};

void check_count(const NameRuleFile& file, std::size_t count) {
    if (count > NameRules::rules_max) {
        throw std::runtime_error(fmt::format("{}: over {} rules of one kind", file.source, NameRules::rules_max));
    }
}

}  // namespace

NameRules name_rules_of(const NameRuleFile& file) {
    NameRules rules;
    Lists lists(file);
    for (std::size_t number = 0; number < name_category_count; ++number) {
        const auto category = static_cast<NameCategory>(number);
        if (has_keywords(category)) {
            for (const RuleWord& word : lists.words(text_of(category), "keywords")) {
                rules.keywords.push_back(keyword_of(file, category, word));
            }
        } else if (is_provider(category)) {
            for (const RuleWord& word : lists.words(text_of(category), "suffixes")) {
                rules.suffixes.push_back({category, suffix_of(file, word, 2)});
            }
            for (const RuleWord& word : lists.words(text_of(category), "ranges")) {
                rules.ranges.push_back({category, range_of(file, word)});
            }
        }
    }
    rules.nameless_by_range = lists.is_on("nameless", "by_range");
    std::vector<std::string> second;
    for (const RuleWord& word : lists.words("public", "second")) {
        second.push_back(suffix_of(file, word, 1));
    }
    std::vector<std::string> others;
    for (const RuleWord& word : lists.words("public", "others")) {
        others.push_back(suffix_of(file, word, 2));
    }
    rules.public_suffixes = PublicSuffixes(second, others);
    lists.refuse_the_rest();
    check_count(file, rules.keywords.size());
    check_count(file, rules.suffixes.size());
    check_count(file, rules.ranges.size());
    return rules;
}

}  // namespace echotap
