// SPDX-License-Identifier: Apache-2.0
// The clock of a source: the latest time that its frames agree on.
//
// Timestamps go in, one per frame in the order of the source; the clock comes out. Windows, reassembly and merging go
// by this clock and not by single timestamps, so a frame with a wild one (a host whose clock jumped, a damaged record)
// upsets nothing. It never goes back for a late frame; a jump of more than an hour, ahead or back, is believed only
// when 100 frames in a row agree on it. A live source cannot know before the hundredth; a capture looks ahead.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/frame.hpp"

namespace echotap {

/// One per source, or per port of a live one; not thread-safe. It depends on the sequence of timestamps alone, never on
/// how they were cut into reads or bursts.
class SourceClock {
public:
    static constexpr std::chrono::hours jump_max{1};
    static constexpr int agreeing_frames_min = 100;
    /// At the end of a capture fewer frames suffice for a jump ahead, up to the longest window: frames can be hours
    /// apart.
    static constexpr std::chrono::weeks last_jump_max{5};

    /// A clock that believes the first time that it sees: for live sources, which cannot look ahead.
    SourceClock() = default;

    /// A clock that starts where the first frames of a source suggest, so that a wild first timestamp is recognised.
    /// `first` holds their times in order, up to agreeing_frames_min of them; give them to advance() afterwards.
    /// The start is the first of them that lies no more than an hour ahead of their median (time does not run back, so
    /// what lies ahead of most was wild) and that another one confirms to the hour. Where none is confirmed (frames
    /// hours apart), the first that is not ahead. A lone timestamp far back counts as wild, several as a true gap.
    explicit SourceClock(std::span<const Timestamp> first);

    /// Takes the timestamp of the next frame and returns the clock as it stands with it.
    Timestamp advance(Timestamp time) {
        if (agree(time, clock_)) {
            run_ = 0;
            clock_ = time > clock_ ? time : clock_;
            return clock_;
        }
        return consider_jump(time);
    }

    /// Whether advance() takes `time` for what it is, without looking at others.
    bool agrees(Timestamp time) const { return agree(time, clock_); }

    /// The same as advance() for a source that can look ahead: `upcoming` has the times of the next frames, up to
    /// agreeing_frames_min - 1 of them; `is_last` says that the source has no more than these.
    Timestamp advance(Timestamp time, std::span<const Timestamp> upcoming, bool is_last);

private:
    static bool agree(Timestamp one, Timestamp other, std::chrono::nanoseconds apart_max = jump_max) {
        std::int64_t apart = 0;
        // Saturated times can be 2^64 ns apart.
        if (__builtin_sub_overflow(one.time_since_epoch().count(), other.time_since_epoch().count(), &apart)) {
            return false;
        }
        return apart <= apart_max.count() && apart >= -apart_max.count();
    }

    Timestamp consider_jump(Timestamp time);

    Timestamp clock_ = Timestamp::min();
    /// Of the run of frames that disagree with the clock in one direction: the time that all of them reach (ahead), or
    /// that none passes (back).
    Timestamp agreed_;
    int run_ = 0;
    bool run_is_ahead_ = false;
    bool has_started_ = false;
};

}  // namespace echotap
