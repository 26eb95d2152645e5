// SPDX-License-Identifier: Apache-2.0
// Labels from lists of addresses: DNS blocklists as text (spam) and darknets (scan). Described rows and lists go in,
// labels with their sources come out (requirements 1.8).
//
// Accuracy over quantity: what two lists disagree on has no label, and neither has what nobody has seen.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/learning/labels.hpp"

namespace echotap {

/// A darknet has seen a scanner where it touched more addresses of it than this.
inline constexpr double darknet_touched_min = 1024;

/// Addresses and prefixes that are said to be of one class.
struct AddressList {
    std::string name;             // the label's source
    std::string activity;         // the class of all that stand in it
    std::vector<Prefix> entries;  // ascending, none within another
};

/// A line each: an address or prefix, then anything behind a space, a comma or a tab. `;`, `#` and `//` begin remarks,
/// as in the lists of Spamhaus, DShield and others. Throws std::runtime_error with `name` and line.
AddressList read_block_list(std::string_view text, std::string_view name, std::string_view activity);

/// The same of a darknet; a number behind the address says how many of its addresses were touched, and those with
/// darknet_touched_min or fewer are left out. Without a number the list's word is taken.
AddressList read_darknet_list(std::string_view text, std::string_view name);

bool contains(const AddressList& list, const Prefix& originator);

struct ListedLabels {
    std::vector<Label> labels;      // by originator
    std::size_t disagreements = 0;  // originators that lists put into different classes
};

/// Labels of `originators` that stand in a list; several lists of one class are all named as source, joined by +. What
/// has a label in `known` keeps it, whatever lists say: people have looked at it.
ListedLabels label_by_lists(std::span<const Prefix> originators, std::span<const AddressList> lists,
                            std::span<const Label> known);

}  // namespace echotap
