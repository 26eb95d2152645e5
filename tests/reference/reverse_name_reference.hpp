// SPDX-License-Identifier: Apache-2.0
// The slow, obvious reading of reverse names: strings, regular expressions, and text that inet_pton reads.
#pragma once

#include <cstdlib>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "config/ip_address.hpp"
#include "dataplane/drop.hpp"

namespace echotap::reference {

struct ReverseName {
    Drop drop = Drop::none;
    std::optional<IpAddress> address;
    unsigned depth = 0;
    bool is_full = false;
    bool is_v6 = false;
};

/// `labels`: those of the QNAME in order, without the root; any octets.
inline ReverseName parse_reverse_name(std::vector<std::string> labels) {
    const auto lower = [](std::string text) {
        for (char& letter : text) {
            letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
        }
        return text;
    };
    const auto size = labels.size();
    if (size < 2 || lower(labels[size - 1]) != "arpa") {
        return {.drop = Drop::name_not_reverse, .address = std::nullopt};
    }
    const bool v4 = lower(labels[size - 2]) == "in-addr";
    if (!v4 && lower(labels[size - 2]) != "ip6") {
        return {.drop = Drop::name_not_reverse, .address = std::nullopt};
    }
    labels.resize(size - 2);
    const unsigned labels_max = v4 ? 4 : 32;

    static const std::regex number("0|[1-9][0-9]{0,2}");
    static const std::regex nibble("[0-9a-fA-F]");
    const auto fits = [&](const std::string& label) {
        return v4 ? std::regex_match(label, number) && std::atoi(label.c_str()) <= 255
                  : std::regex_match(label, nibble);
    };
    std::vector<std::string> address;  // most significant first
    while (!labels.empty() && address.size() < labels_max && fits(labels.back())) {
        address.push_back(labels.back());
        labels.pop_back();
    }
    const auto odd = [](Drop drop) { return ReverseName{.drop = drop, .address = std::nullopt}; };
    const bool full = address.size() == labels_max;
    if (!labels.empty() && !(labels == std::vector<std::string>{"_"} && !full)) {
        for (const std::string& label : labels) {
            if (label.size() > 1 && label.front() == '_') {
                return odd(Drop::reverse_service);
            }
        }
        if (full) {
            return odd(Drop::reverse_longer);
        }
        if (!v4) {
            return odd(Drop::reverse_nibble);
        }
        static const std::regex digits("[0-9]+");
        static const std::regex classless("[0-9]+[/-][0-9]+");
        if (std::regex_match(labels.back(), digits)) {
            return odd(Drop::reverse_octet);
        }
        return odd(std::regex_match(labels.back(), classless) ? Drop::reverse_classless : Drop::reverse_label);
    }
    if (address.empty()) {
        return odd(Drop::reverse_apex);
    }
    ReverseName result;
    result.depth = static_cast<unsigned>(address.size());
    result.is_full = full;
    result.is_v6 = !v4;
    address.resize(labels_max, "0");
    std::string text;
    for (std::size_t i = 0; i < address.size(); ++i) {
        const bool separator = v4 ? i > 0 : i > 0 && i % 4 == 0;
        text += (separator ? (v4 ? "." : ":") : "") + address[i];
    }
    result.address = IpAddress::parse(text);
    return result;
}

}  // namespace echotap::reference
