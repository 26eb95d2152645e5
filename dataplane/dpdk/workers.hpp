// SPDX-License-Identifier: Apache-2.0
// The workers of a tap: each polls its receive queues on an lcore of its own and feeds what it owns to its taker.
//
//     queue -> stamp -> (software spreading: owner's ring ->) frames -> taker
//
// Where the NIC spreads, a worker owns all that its queues give. Where it does not, flow_hash() says who owns a frame,
// and one that another worker owns goes there through a bounded ring for that pair of workers. A full ring drops:
// waiting for a worker that is behind would stop this one too, and two that wait for each other stop for ever.
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/dpdk/mbuf_frames.hpp"
#include "dataplane/dpdk/stamper.hpp"
#include "dataplane/dpdk/worker_load.hpp"
#include "dataplane/spsc_ring.hpp"

namespace echotap {

/// A receive queue and the worker that polls it.
struct PolledQueue {
    std::uint16_t port = 0;
    std::uint16_t queue = 0;
    TimestampUnit timestamps = TimestampUnit::none;
    std::size_t worker = 0;
};

/// How the workers run. Values, fixed before they start.
struct WorkerPlan {
    std::vector<PolledQueue> queues;
    bool hand_over = false;  // software spreading
    std::size_t hand_over_frames = 0;
    std::chrono::microseconds idle_sleep{0};
    bool has_system_time =
        false;  // all frames are stamped by it, or by NICs that are set to it: idle workers may read it
    TimeField time_field;
    PortDigits digits{};
    /// As many as workers; they outlive the workers.
    std::span<WorkerLoad> loads;
};

/// What a worker has counted. Read it when the worker has ended, `ring_full` at any time.
struct WorkerCount {
    std::array<std::uint64_t, RTE_MAX_ETHPORTS> received{};  // frames by port
    std::atomic<std::uint64_t> ring_full = 0;                // frames dropped on the way to their owner
};

class Worker;

/// All workers of a tap. Constructed, started and ended by the main thread.
class Workers {
public:
    /// One worker per taker. The takers must outlive this.
    Workers(const WorkerPlan& plan, std::span<BurstTaker* const> takers);

    /// Ends the workers, if they run.
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    /// Starts worker n on lcore n + 1. REQUIRES: an Eal with that many lcores, started ports; called once.
    void start();

    /// Asks the workers to end: they take what their queues hold at this moment, drain the rings, finish their takers.
    /// Any thread; returns at once.
    void stop();

    /// Whether a worker still runs.
    bool running() const;

    /// Whether a worker had to give up (its taker threw), which stops the others as well.
    bool stopping() const;

    /// Waits for the end of all workers. Throws what a taker has thrown.
    void join();

    /// REQUIRES: not running(), but for `ring_full`.
    const WorkerCount& count(std::size_t worker) const;

    /// Frames that wait for `worker` in the rings of the others, about. Any thread.
    std::size_t frames_waiting(std::size_t worker) const;
    std::size_t size() const { return workers_.size(); }

private:
    friend class Worker;

    void wait();

    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<std::unique_ptr<SpscRing<rte_mbuf*>>> rings_;  // from worker f to worker t: [f * size() + t]
    std::atomic<bool> stop_ = false;
    std::atomic<std::size_t> receiving_ = 0;  // workers that may still put frames into rings
    std::atomic<std::size_t> finishing_ = 0;  // workers whose taker may still leave something for another's
    std::atomic<std::size_t> running_ = 0;
    bool started_ = false;
};

}  // namespace echotap
