// SPDX-License-Identifier: Apache-2.0
// What a running tap looks like from outside: its ports, its workers and its buffers at one moment, as plain numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace echotap {

/// Counters since the port was started.
struct PortPicture {
    std::string name;
    std::uint64_t delivered = 0;  // frames put into our queues
    std::uint64_t missed = 0;
    std::uint64_t errors = 0;
    std::uint64_t no_mbuf = 0;
    bool is_loss_known = false;
};

/// Sums since the worker began (WorkerLoad), and what waits now.
struct LcorePicture {
    std::uint64_t rounds = 0;
    std::uint64_t frames = 0;
    std::uint64_t cycles = 0;
    std::uint64_t busy_cycles = 0;
    std::uint64_t ring_full = 0;     // frames dropped on the way to their owner
    std::size_t frames_waiting = 0;  // for this worker, in the rings of the others
};

struct TapPicture {
    std::vector<PortPicture> ports;
    std::vector<LcorePicture> lcores;
    std::size_t buffers = 0;  // for frames
    std::size_t buffers_in_use = 0;
    std::size_t buffer_octets = 0;  // memory of all of them
    double cycles_per_second = 0;   // of the time-stamp counter
};

}  // namespace echotap
