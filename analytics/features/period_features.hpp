// SPDX-License-Identifier: Apache-2.0
// What the 10-minute periods of an originator say: periods (floor(t / 600 s), ascending, distinct) go in, how regular
// they are and how much they follow the day come out.
//
// State keeps neither the times between queries nor the queries of each period, so both look at periods only: the times
// would take 8 octets per originator (a running variance), the queries 4 per period.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "dataplane/state/window_header.hpp"

namespace echotap {

/// Deviation over mean of the gaps between successive periods: 0 for every period or every n-th one, near 1 for periods
/// by chance, more for bursts. NaN with fewer than three periods, which have no two gaps.
double gap_variation(std::span<const std::int32_t> periods);

/// A clock of 24 hours in 144 periods, UTC.
class DayClock {
public:
    /// Of the stretch of time that the window covers.
    explicit DayClock(const WindowHeader& header);

    /// Length of the mean of the originator's periods as directions on the clock: 0 where it is active around the
    /// clock, 1 where it always is in the same ten minutes of the day. A time of day that the window covers twice
    /// counts half. NaN where the window does not cover 24 hours.
    double daily_strength(std::span<const std::int32_t> periods) const;

private:
    static constexpr std::size_t slot_count = 144;
    struct Hand {
        double x = 0;
        double y = 0;
        double weight = 0;
    };
    std::array<Hand, slot_count> hands_{};
    bool is_whole_day_ = false;
};

}  // namespace echotap
