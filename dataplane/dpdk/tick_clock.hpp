// SPDX-License-Identifier: Apache-2.0
// The clock of a NIC: hardware ticks go in, nanoseconds since 1970 come out.
//
// NICs stamp frames with a counter of their own whose rate is known roughly and whose zero means nothing. Pairs of
// (ticks, system time) that are taken now and then give both; the longer ago the first pair, the better the rate.
#pragma once

#include <chrono>
#include <cstdint>

#include "dataplane/frame.hpp"

namespace echotap {

/// A value; one per receive queue, used by one thread.
class TickClock {
public:
    /// Two readings this far apart give a rate to one in 100,000 where each is good to a microsecond.
    static constexpr std::chrono::milliseconds base_min{100};
    static constexpr std::chrono::seconds mark_interval{1};

    /// Whether a mark would help now.
    bool due(Timestamp now) const {
        return !marked_ || now < last_time_ ||
               (ready_ ? now - last_time_ >= mark_interval : now - first_time_ >= base_min);
    }

    /// The counter stood at `ticks` when the system's time was `now`. The first mark and one at least base_min later
    /// set the rate; further ones refine it and take up the drift. A pair that goes back, as after a step of the
    /// system's time, starts anew.
    void mark(std::uint64_t ticks, Timestamp now) {
        if (!marked_ || ticks <= last_ticks_ || now <= last_time_) {
            first_ticks_ = ticks;
            first_time_ = now;
            marked_ = true;
            ready_ = false;
        } else if (now - first_time_ >= base_min) {
            nanoseconds_per_tick_ =
                static_cast<double>((now - first_time_).count()) / static_cast<double>(ticks - first_ticks_);
            ready_ = true;
        }
        last_ticks_ = ticks;
        last_time_ = now;
    }

    /// Whether the rate is known.
    bool ready() const { return ready_; }

    /// The time at `ticks`, before or after the last mark. REQUIRES: ready().
    Timestamp time_of(std::uint64_t ticks) const {
        const auto since = static_cast<double>(static_cast<std::int64_t>(ticks - last_ticks_));
        return last_time_ + std::chrono::nanoseconds(static_cast<std::int64_t>(since * nanoseconds_per_tick_));
    }

private:
    std::uint64_t first_ticks_ = 0;
    std::uint64_t last_ticks_ = 0;
    Timestamp first_time_;
    Timestamp last_time_;
    double nanoseconds_per_tick_ = 0;
    bool marked_ = false;
    bool ready_ = false;
};

}  // namespace echotap
