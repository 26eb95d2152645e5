// SPDX-License-Identifier: Apache-2.0
// What the line asks of a source of frames: capture files, several of them merged by time, DPDK ports, frames in
// memory.
#pragma once

#include <concepts>

#include "dataplane/frame.hpp"

namespace echotap {

/// A source yields bursts of frames until the burst is empty. A burst and the octets of its frames live until the
/// next call of next_burst(). Frames carry their own time and the source's clock (source_clock.hpp).
template <class T>
concept Source = requires(T& source) {
    { source.next_burst() } -> std::same_as<Burst>;
};

}  // namespace echotap
