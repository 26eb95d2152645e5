// SPDX-License-Identifier: Apache-2.0
// A tap without ports: frames are dealt to workers by the hash of their addresses and fed by a thread for each, as
// dataplane/dpdk/workers does it, while the calling thread assembles.
#pragma once

#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <atomic>
#include <concepts>
#include <random>
#include <thread>
#include <vector>

#include "dataplane/flow_hash.hpp"
#include "dataplane/state/live_windows.hpp"

namespace echotap::test {

/// Windows are put together on the calling thread alone, since TSan cannot see into oneTBB's library.
inline const oneapi::tbb::global_control alone(oneapi::tbb::global_control::max_allowed_parallelism, 1);

class FakeTap {
public:
    FakeTap(LiveWindows& windows, unsigned workers, std::span<const Frame> frames)
        : windows_(windows), frames_(workers), feeding_(workers), running_(workers) {
        for (const Frame& frame : frames) {
            frames_[worker_of(flow_hash(frame), workers)].push_back(frame);
        }
    }

    /// Feeds everything, or until stop() is called, and polls meanwhile.
    void run(std::uint64_t seed, bool polls = true) {
        run(
            seed, [] {}, polls);
    }

    /// The same, with `between` called after every poll.
    template <std::invocable Between>
    void run(std::uint64_t seed, Between&& between, bool polls = true) {
        std::vector<std::thread> threads;
        for (unsigned i = 0; i < frames_.size(); ++i) {
            threads.emplace_back([this, i, seed] { live(i, seed + i); });
        }
        while (running_ != 0) {
            if (polls) {
                windows_.poll({});
                between();
            }
            std::this_thread::yield();
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        windows_.finish({});
    }

    // Any thread.

    void stop() { is_stopped_ = true; }
    /// Workers that have fed everything stay idle until release().
    void hold() { is_held_ = true; }
    void release() { is_held_ = false; }

    std::uint64_t frames_fed() const { return frames_fed_; }

private:
    void live(unsigned number, std::uint64_t seed) {
        LiveWorker& worker = windows_.worker(number);
        std::mt19937_64 random(seed);
        std::vector<Frame>& frames = frames_[number];
        Timestamp clock = Timestamp::min();
        for (std::size_t fed = 0; fed < frames.size() && !is_stopped_;) {
            const std::size_t size = std::min<std::size_t>(1 + random() % 64, frames.size() - fed);
            const std::span burst = std::span(frames).subspan(fed, size);
            for (std::uint32_t i = 0; i < burst.size(); ++i) {
                burst[i].sequence = i;
            }
            worker.feed(burst);
            clock = burst.back().clock;
            fed += size;
            frames_fed_ += size;
            if (random() % 8 == 0) {
                worker.idle(clock);
            }
        }
        while (is_held_) {
            worker.idle(clock);
            std::this_thread::yield();
        }
        worker.finish();
        --feeding_;
        while (feeding_ != 0) {
            worker.idle(clock);
            std::this_thread::yield();
        }
        worker.end();
        --running_;
    }

    LiveWindows& windows_;
    std::vector<std::vector<Frame>> frames_;
    std::atomic<std::size_t> feeding_;
    std::atomic<std::size_t> running_;
    std::atomic<std::uint64_t> frames_fed_ = 0;
    std::atomic<bool> is_stopped_ = false;
    std::atomic<bool> is_held_ = false;
};

}  // namespace echotap::test
