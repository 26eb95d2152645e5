// SPDX-License-Identifier: Apache-2.0
// What every benchmark of frames and queries asks: how much time has passed, and how large are the mixes?
#pragma once

#include <time.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <string>

#include "tools/mixes/mixes.hpp"

namespace echotap {

/// Seconds of CPU time of the calling thread. A system call: some 0.2 microseconds.
inline double thread_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Seconds of real time, from a moment that is the same for all.
inline double wall_seconds() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Frames in a mix: ECHOTAP_MIX_FRAMES where that is set.
inline std::size_t mix_frames() {
    const char* const frames = std::getenv("ECHOTAP_MIX_FRAMES");
    return frames == nullptr ? mix_frames_default : std::stoull(frames);
}

}  // namespace echotap
