// SPDX-License-Identifier: Apache-2.0
// Address ranges of providers go in; an address goes in, the first rule whose range holds it comes out.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "analytics/names/name_rules.hpp"
#include "config/ip_address.hpp"

namespace echotap {

class ProviderRanges {
public:
    /// `rules` in the order in which they win: where ranges overlap, the lower index does. At most
    /// NameRules::rules_max of them.
    explicit ProviderRanges(std::span<const RangeRule> rules);

    /// The index of the first rule whose range holds `address`, found by halving; nothing where none does.
    std::optional<std::uint16_t> find(const IpAddress& address) const;

private:
    static constexpr std::uint16_t none = 0xffff;

    /// An address as two numbers, whose order is that of its octets.
    struct Key {
        std::uint64_t high = 0;
        std::uint64_t low = 0;

        static Key of(const IpAddress& address);
        auto operator<=>(const Key&) const = default;
    };

    void append(const IpAddress& start, std::uint16_t rule);

    // Ranges cut into pieces that do not overlap: starts_ ascends, and rules_[i] holds from starts_[i] up to the next.
    std::vector<Key> starts_;
    std::vector<std::uint16_t> rules_;
};

}  // namespace echotap
