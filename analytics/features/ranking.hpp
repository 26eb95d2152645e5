// SPDX-License-Identifier: Apache-2.0
// The originators that can be reported: a closed window goes in, the addresses and IPv6 prefixes with enough queriers
// come out, ranked.
//
// IPv6 scanners change their address from probe to probe, but not their network (Fukuda, Heidemann: "Who Knocks at the
// IPv6 Door?", IMC 2018): so IPv6 originators are taken together at /64 and /48 as well, with the queriers of all. A
// prefix with one address in it would only say the same again and is left out; so is a /48 with one /64.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/keyed_hash.hpp"
#include "dataplane/state/closed_window.hpp"

namespace echotap {

struct RankingConfig {
    double min_queriers_v4 = 20;  // unique queriers (requirements 1.4, BS-7)
    double min_queriers_v6 = 5;   // of an IPv6 originator or prefix (2.2)
    std::size_t top = 10'000;     // originators that are kept (BS-8)
    /// What the window's samples were made with; wanted only where sampled IPv6 originators are taken together.
    HashKey sample_key{};
};

/// One that can be reported.
struct RankedOriginator {
    Prefix prefix;  // an address is a prefix of 128 bits
    double footprint = 0;
    std::size_t first_row = 0;  // its addresses in ClosedWindow::originators: one, or those below the prefix
    std::size_t end_row = 0;
    std::size_t united_row = 0;  // in Ranking::united, where it is more than one address

    bool is_united() const { return end_row - first_row > 1; }
};

struct Ranking {
    std::vector<RankedOriginator> originators;  // by footprint, the largest first; of equal ones, by address
    std::size_t eligible = 0;                   // that had enough queriers, before the cut at `top`
    OriginatorColumns united;                   // what is known of IPv6 prefixes; the rows' addresses are their lowest

    OriginatorRow row(const ClosedWindow& window, const RankedOriginator& of) const {
        return of.is_united() ? united[of.united_row] : window.originators[of.first_row];
    }
};

/// Throws std::runtime_error where sampled
/// originators must be united and `sample_key` is not the window's.
Ranking rank_originators(const ClosedWindow& window, const RankingConfig& config);

}  // namespace echotap
