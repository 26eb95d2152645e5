// SPDX-License-Identifier: Apache-2.0
// A search from its first to its last trial, in a process that does nothing else: DPDK starts once per process.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "tools/line_rate/traffic.hpp"
#include "tools/line_rate/trial.hpp"

namespace echotap {

struct RatePlan {
    TapWork work = TapWork::closing;
    unsigned queues = 1;    // and workers
    std::size_t slots = 0;  // of the ring of each queue; 0: as automatic_slots() says
    std::string port;       // that receives; empty: net_ring
    std::string sender;     // with `port`: the port that sends
    std::chrono::nanoseconds trial = std::chrono::seconds(2);
    std::chrono::seconds window{1};  // length of those that close
    std::size_t memory_budget = std::size_t{1} << 30U;
    double rate_max = 0;    // frames/s; 0: as fast as the generator can
    double hold_share = 0;  // of the rate found, that is held at last; 0: none is
    std::chrono::seconds hold{60};
};

/// Which CPU does what: workers have one each, then the generator, then the main thread, which shares with the
/// generator where there is none left. With fewer CPUs than that, workers share what is left beside the generator's.
struct Places {
    std::vector<unsigned> tap;  // the main thread's, then the workers'
    unsigned generator = 0;
    bool is_shared = false;
    bool is_crowded = false;  // workers share CPUs, with the main thread too
};

/// Throws std::runtime_error where there are fewer than two CPUs.
Places places_for(const std::vector<unsigned>& cpus, unsigned queues);

/// What stands for the descriptors of a NIC: 4,096 where everybody has a CPU, otherwise 262,144, since whoever shares
/// one makes good in bursts for the time that others take.
std::size_t automatic_slots(const Places& places);

/// Starts DPDK, searches, ends. `on_trial` is called for every trial, on another thread. Throws std::runtime_error with
/// what is wrong: a tap that cannot be started, books that disagree (BooksDisagree), a signal.
RateFound find_rate(const Traffic& traffic, const RatePlan& plan, const std::function<void(const Trial&)>& on_trial);

}  // namespace echotap
