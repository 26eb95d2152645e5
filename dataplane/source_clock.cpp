// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source_clock.hpp"

#include <algorithm>
#include <vector>

namespace echotap {

SourceClock::SourceClock(std::span<const Timestamp> first) {
    if (first.empty()) {
        return;
    }
    std::vector<Timestamp> sorted(first.begin(), first.end());
    std::ranges::sort(sorted);
    // The lower of two middles: of two frames that disagree, the earlier one is believed.
    const Timestamp median = sorted[(sorted.size() - 1) / 2];

    const auto not_ahead = [&](Timestamp time) { return time <= median || agree(time, median); };
    const auto confirmed = [&](const Timestamp& time) {
        return std::ranges::any_of(first,
                                   [&](const Timestamp& other) { return &other != &time && agree(other, time); });
    };
    auto start = std::ranges::find_if(first, [&](const Timestamp& t) { return not_ahead(t) && confirmed(t); });
    if (start == first.end()) {
        start = std::ranges::find_if(first, not_ahead);  // the median itself is one
    }
    clock_ = *start;
    has_started_ = true;
}

Timestamp SourceClock::advance(Timestamp time, std::span<const Timestamp> upcoming, bool is_last) {
    if (!has_started_ || agrees(time)) {
        return advance(time);
    }
    run_ = 0;
    const bool is_ahead = time > clock_;
    Timestamp agreed = time;
    for (const Timestamp next : upcoming) {
        if (agrees(next) || (next > clock_) != is_ahead) {
            return clock_;
        }
        agreed = is_ahead ? std::min(agreed, next) : std::max(agreed, next);
    }
    const bool is_run = upcoming.size() + 1 >= static_cast<std::size_t>(agreeing_frames_min);
    if (is_run || (is_last && is_ahead && agree(agreed, clock_, last_jump_max))) {
        clock_ = agreed;
    }
    return clock_;
}

Timestamp SourceClock::consider_jump(Timestamp time) {
    if (!has_started_) {
        has_started_ = true;
        clock_ = time;
        return clock_;
    }
    const bool is_ahead = time > clock_;
    if (run_ == 0 || is_ahead != run_is_ahead_) {
        run_ = 0;
        run_is_ahead_ = is_ahead;
        agreed_ = time;
    }
    ++run_;
    // What a whole run agrees on is its most cautious member, so that a wild frame inside the run does not count, and a
    // source whose frames are hours apart still moves its clock.
    agreed_ = is_ahead ? std::min(agreed_, time) : std::max(agreed_, time);
    if (run_ >= agreeing_frames_min) {
        clock_ = agreed_;
        run_ = 0;
    }
    return clock_;
}

}  // namespace echotap
