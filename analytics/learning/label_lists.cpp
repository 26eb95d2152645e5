// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/label_lists.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>

namespace echotap {

namespace {

constexpr std::string_view separators = " \t,";

std::string_view next_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(separators), line.size()));
    const std::string_view word = line.substr(0, line.find_first_of(separators));
    line.remove_prefix(word.size());
    return word;
}

bool is_within(const Prefix& one, const Prefix& other) {
    return one.length() >= other.length() && Prefix(one.address(), other.length()) == other;
}

/// Calls take(entry, what stands behind it) for every line.
template <class Take>
void for_each_entry(std::string_view text, std::string_view name, Take&& take) {
    for (std::size_t number = 1; !text.empty(); ++number) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        for (const std::string_view remark : {";", "#", "//"}) {
            line = line.substr(0, line.find(remark));
        }
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        const std::string_view word = next_word(line);
        if (word.empty()) {
            continue;
        }
        const auto entry = Prefix::parse(word);
        if (!entry) {
            throw std::runtime_error(fmt::format("{}:{}: '{}' is no address and no prefix", name, number, word));
        }
        take(*entry, line);
    }
}

/// Sorted; what lies within another entry says nothing more.
void tidy_up(std::vector<Prefix>& entries) {
    std::ranges::sort(entries);
    std::vector<Prefix> kept;
    for (const Prefix& entry : entries) {
        if (kept.empty() || !is_within(entry, kept.back())) {
            kept.push_back(entry);
        }
    }
    entries = std::move(kept);
}

}  // namespace

AddressList read_block_list(std::string_view text, std::string_view name, std::string_view activity) {
    AddressList list{std::string(name), std::string(activity), {}};
    for_each_entry(text, name, [&](const Prefix& entry, std::string_view) { list.entries.push_back(entry); });
    tidy_up(list.entries);
    return list;
}

AddressList read_darknet_list(std::string_view text, std::string_view name) {
    AddressList list{std::string(name), "scan", {}};
    for_each_entry(text, name, [&](const Prefix& entry, std::string_view rest) {
        const std::string_view word = next_word(rest);
        double touched = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), touched);
        const bool is_number = !word.empty() && error == std::errc{} && end == word.data() + word.size();
        if (!is_number || touched > darknet_touched_min) {
            list.entries.push_back(entry);
        }
    });
    tidy_up(list.entries);
    return list;
}

bool contains(const AddressList& list, const Prefix& originator) {
    const auto after = std::ranges::upper_bound(list.entries, originator);
    return after != list.entries.begin() && is_within(originator, *std::prev(after));
}

ListedLabels label_by_lists(std::span<const Prefix> originators, std::span<const AddressList> lists,
                            std::span<const Label> known) {
    std::map<Prefix, std::optional<Label>> label_of;
    for (const Label& label : known) {
        label_of.emplace(label.originator, label);
    }
    ListedLabels result;
    for (const Prefix& originator : originators) {
        if (label_of.contains(originator)) {
            continue;  // by a person, or seen in another window
        }
        std::set<std::string> activities;
        std::string sources;
        for (const AddressList& list : lists) {
            if (contains(list, originator)) {
                activities.insert(list.activity);
                sources += sources.empty() ? list.name : fmt::format("+{}", list.name);
            }
        }
        if (activities.size() == 1) {
            label_of.emplace(originator, Label{originator, *activities.begin(), "", sources});
        } else if (!activities.empty()) {
            ++result.disagreements;
            label_of.emplace(originator, std::nullopt);
        }
    }
    for (const auto& [originator, label] : label_of) {
        if (label) {
            result.labels.push_back(*label);
        }
    }
    return result;
}

}  // namespace echotap
