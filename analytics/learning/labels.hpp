// SPDX-License-Identifier: Apache-2.0
// Labels: what people or lists say an originator does. Text files go in, rows come out, and the other way round.
//
// A file is CSV with a heading: originator,class and, where known, operator,source. Lines that begin with # are remarks
// and say where it comes from. The operator is whoever runs the originator: two addresses of one operator are no two
// independent examples, which is why honest evaluation needs it (requirements 4, P2).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/ip_address.hpp"

namespace echotap {

/// The activities of Fukuda and Heidemann (IMC 2015, section 3.2), in their order. Others may be added by labels.
inline constexpr std::array<std::string_view, 12> paper_classes{
    "ad-tracker", "cdn", "cloud", "crawler", "dns", "mail", "ntp", "p2p", "push", "scan", "spam", "update"};

struct Label {
    Prefix originator{IpAddress{}, 0};
    std::string activity;       // its class
    std::string operator_name;  // empty: not known
    std::string source;         // who says so: a list, a person; empty: not known

    bool operator==(const Label&) const = default;
};

/// An address stands for itself, with a length of 128; prefixes are for IPv6 originators that are networks. Throws
/// std::runtime_error with `name`, the line and what was expected: an unreadable originator, no class, a class of other
/// characters than a-z, 0-9 and -, an originator with two different classes. The same label twice is one.
std::vector<Label> read_labels(std::string_view text, std::string_view name);

/// What stands above the heading behind #: where the labels come from.
std::vector<std::string> label_remarks(std::string_view text);

/// The text that read_labels reads, ordered by originator; `remarks` stand before, a line each.
std::string labels_text(std::vector<Label> labels, std::span<const std::string> remarks);

/// Whether `name` can be a class: 1 to 32 of a-z, 0-9 and -, and not `unknown`, which is an answer.
bool is_class_name(std::string_view name);

/// More than anybody can tell apart; labels and models with more are refused.
inline constexpr std::size_t class_count_max = 1000;

/// The different classes of labels: those of the paper first and in its order, others by alphabet.
std::vector<std::string> classes_in_order(std::span<const std::string> names);

/// Fewer classes, for those who can do with less: 7, 5 or 2 of them. Web (ad-tracker, cdn, crawler), service (cloud,
/// dns, push) and device (ntp, update) are one in 5; malicious (scan, spam) and benign are all that is left in 2. Other
/// counts give the name itself; so do classes that are not the paper's.
std::string coarse_class(std::string_view name, unsigned class_count);

}  // namespace echotap
