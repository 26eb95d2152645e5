// SPDX-License-Identifier: Apache-2.0
#include "analytics/names/provider_ranges.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include "dataplane/octets.hpp"

namespace echotap {

namespace {

/// The address after the last one of `range`; nothing after the last of all.
std::optional<IpAddress> end_of(const Prefix& range) {
    std::array<std::uint8_t, 16> octets = range.address().octets();
    const unsigned length = range.length();
    // Adding 1 at the last bit of the prefix, with its carries, is the start of the next range of this length.
    unsigned bit = length;
    while (bit > 0) {
        --bit;
        std::uint8_t& octet = octets[bit / 8];
        const auto mask = static_cast<std::uint8_t>(0x80U >> bit % 8);
        octet = static_cast<std::uint8_t>(octet ^ mask);
        if ((octet & mask) != 0) {
            return IpAddress::from_v6(octets.data());
        }
    }
    return std::nullopt;
}

}  // namespace

ProviderRanges::ProviderRanges(std::span<const RangeRule> rules) {
    // Prefixes nest or are apart. In the order of their starts, longer ones after those that hold them, the open ones
    // are a stack, and its top knows the best rule of all of them.
    std::vector<std::size_t> order(rules.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t one, std::size_t other) { return rules[one].range < rules[other].range; });
    struct Open {
        std::optional<IpAddress> end;
        std::uint16_t rule;
    };
    std::vector<Open> open;
    const auto close_until = [&](const std::optional<IpAddress>& start) {
        while (!open.empty() && open.back().end && (!start || *open.back().end <= *start)) {
            const IpAddress end = *open.back().end;
            open.pop_back();
            append(end, open.empty() ? none : open.back().rule);
        }
    };
    for (const std::size_t number : order) {
        const IpAddress& start = rules[number].range.address();
        close_until(start);
        auto rule = static_cast<std::uint16_t>(number);
        if (!open.empty()) {
            rule = std::min(rule, open.back().rule);
        }
        append(start, rule);
        open.push_back({end_of(rules[number].range), rule});
    }
    close_until(std::nullopt);
}

ProviderRanges::Key ProviderRanges::Key::of(const IpAddress& address) {
    const std::uint8_t* octets = address.octets().data();
    return {std::uint64_t{load_be32(octets)} << 32U | load_be32(octets + 4),
            std::uint64_t{load_be32(octets + 8)} << 32U | load_be32(octets + 12)};
}

void ProviderRanges::append(const IpAddress& start, std::uint16_t rule) {
    const Key key = Key::of(start);
    if (!starts_.empty() && starts_.back() == key) {
        rules_.back() = rule;
        return;
    }
    starts_.push_back(key);
    rules_.push_back(rule);
}

std::optional<std::uint16_t> ProviderRanges::find(const IpAddress& address) const {
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), Key::of(address));
    if (after == starts_.begin()) {
        return std::nullopt;
    }
    const std::uint16_t rule = rules_[static_cast<std::size_t>(after - starts_.begin()) - 1];
    return rule == none ? std::nullopt : std::optional(rule);
}

}  // namespace echotap
