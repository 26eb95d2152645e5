// SPDX-License-Identifier: Apache-2.0
// The ASes and countries of a window's queriers, numbered 1, 2, 3, ... so that they can be counted in arrays: a
// directory goes in, small numbers by place and the window's totals come out.
#pragma once

#include <cstdint>
#include <vector>

#include "analytics/features/querier_directory.hpp"
#include "analytics/features/querier_reach.hpp"

namespace echotap {

/// What the features ask of a querier, side by side: a row of an originator is one walk over these.
struct NumberedQuerier {
    std::uint32_t as = 0;                     // 0: not known
    std::uint16_t country = 0;                // 0: not known
    std::uint8_t name = name_category_count;  // category; name_category_count: not known
    std::uint8_t asked = 0;                   // bits: what the window's table of queriers says, and its originators

    static constexpr std::uint8_t counted = 1;
    static constexpr std::uint8_t minimised = 2;
    static constexpr std::uint8_t shared = 4;  // by several originators of the window
};
static_assert(sizeof(NumberedQuerier) == 8);

struct QuerierNetworks {
    /// Queriers that an originator has or that have asked a full reverse query make the totals: those who only ask
    /// minimised names belong to no originator.
    QuerierNetworks(const QuerierDirectory& directory, const QuerierReach& reach);

    std::vector<NumberedQuerier> queriers;           // by place, and an unknown one for queriers without a place
    std::vector<std::uint32_t> queriers_of_as;       // of the window, by number; [0]: AS not known
    std::vector<std::uint32_t> queriers_of_country;  // the same
    std::uint64_t total = 0;                         // queriers of the window

    /// ASes and countries that appear in the window.
    std::size_t as_count() const { return queriers_of_as.size() - 1; }
    std::size_t country_count() const { return queriers_of_country.size() - 1; }
};

}  // namespace echotap
