// SPDX-License-Identifier: Apache-2.0
// How busy a worker is, and that it is alive: written by the worker once per round of its loop, read by any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace echotap {

/// Sums since the worker began. One writer, so that an addition is a load and a store and locks no bus; a cache line of
/// its own, so that readers disturb nobody else.
struct alignas(64) WorkerLoad {
    std::atomic<std::uint64_t> rounds = 0;       // of the loop: one that stands still is stuck
    std::atomic<std::uint64_t> frames = 0;       // fed to the line
    std::atomic<std::uint64_t> cycles = 0;       // by the time-stamp counter
    std::atomic<std::uint64_t> busy_cycles = 0;  // of these: rounds that had frames
    std::atomic<bool> is_polling = false;        // between start and the request to stop

    void add(std::atomic<std::uint64_t>& sum, std::uint64_t more) {
        sum.store(sum.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }
};

}  // namespace echotap
