// SPDX-License-Identifier: Apache-2.0
// The clock of a source: the latest time that its frames agree on.
//
// Windows, reassembly and merging go by this clock and not by single timestamps, so a frame with a wild one (a host
// whose clock jumped, a damaged record) upsets nothing. It never goes back for a late frame; a jump of more than an
// hour, ahead or back, is believed only when 100 frames in a row agree on it.
#pragma once

#include <chrono>

#include "dataplane/frame.hpp"

namespace echotap {

class SourceClock {
public:
    static constexpr std::chrono::hours jump_max{1};
    static constexpr int agreeing_frames_min = 100;

    /// The clock as the first frames of a source suggest it, so that a wild first timestamp is recognised: `first`
    /// holds the times of the first frames, up to agreeing_frames_min of them, in order.
    /// (To be completed by the room of capture files.)

    /// Takes the timestamp of the next frame and returns the clock as it stands with it.
    Timestamp advance(Timestamp time);
};

}  // namespace echotap
