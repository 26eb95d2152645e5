// SPDX-License-Identifier: Apache-2.0
// All that a running tap says of itself at one moment, as plain values: what metrics, `echotap ctl` and DPDK's
// telemetry print. No address stands in it but those of ports and sockets.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "analytics/resolver/name_sources.hpp"
#include "dataplane/dpdk/tap_picture.hpp"
#include "dataplane/drop.hpp"
#include "dataplane/state/live_windows.hpp"

namespace echotap {

/// One of the originators with the most queriers.
struct TopOriginator {
    std::string originator;
    double footprint = 0;
    std::uint64_t queries = 0;
    std::string answer;  // its class, or unknown
    double probability = 0;
    bool is_provisional = false;
};

/// What became of windows after they had closed.
struct AnalystStatus {
    std::uint64_t closed = 0;                        // windows that were put together
    std::array<std::uint64_t, 3> by_completeness{};  // of these, by Completeness
    WindowCounts counts;                             // of these
    std::uint64_t taken_up = 0;                      // that had waited in the process before, and are not in these
    std::uint64_t analysed = 0;                      // of both
    std::uint64_t stored = 0;
    std::uint64_t lost = 0;   // that became no rows: too many waited, or the store refused them
    std::size_t waiting = 0;  // to become rows, the one at work included
    std::size_t waiting_octets = 0;
    std::uint64_t provisional = 0;  // looks at running windows
    std::uint64_t late_names = 0;   // revisions that late names made

    // Of the last window that was analysed.
    Timestamp last_end = Timestamp::min();
    double last_seconds = 0;  // from its closing to its rows
    std::size_t last_originators = 0;
    std::size_t last_pairs = 0;
    double last_names_known = 0;                                      // share
    std::vector<std::pair<std::string, std::uint64_t>> last_classes;  // originators by answer

    // Of the window that became rows last, running ones included. For `ctl` alone: metrics hold no originator.
    std::string top_window;
    std::vector<TopOriginator> top;

    // Names.
    bool has_resolver = false;
    PtrResolver::Counts resolver;
    std::string names_fault;  // why the cache on the disk is not used any more

    // The store.
    bool has_store = false;
    std::string store_fault;  // why the last window could not be stored; empty: it was
    std::uint64_t store_failures = 0;
    std::uint64_t store_octets = 0;

    // Settings.
    std::uint64_t reloads = 0;
    std::uint64_t reloads_refused = 0;
    Timestamp reloaded_at = Timestamp::min();
    std::string model;  // what classifies
};

struct CheckpointStatus {
    bool is_wanted = false;
    Timestamp written = Timestamp::min();  // the last one, by the system's time
    std::uint64_t octets = 0;
    std::uint64_t failures = 0;
    std::string fault{};  // why the last one could not be written; empty: it was
};

struct TapStatus {
    std::string version;
    std::string name;
    Timestamp started = Timestamp::min();  // by the system's time, as the next
    Timestamp now = Timestamp::min();
    TapPicture tap;
    Ledger ledger;  // ports, rings and workers
    std::vector<WorkerPicture> workers;
    std::vector<std::size_t> queries_waiting;  // by worker
    StateMemory memory;
    CheckpointStatus checkpoint;
    AnalystStatus analyst;

    /// The clock that is furthest, of all workers.
    Timestamp clock() const {
        Timestamp furthest = Timestamp::min();
        for (const WorkerPicture& worker : workers) {
            furthest = std::max(furthest, worker.clock);
        }
        return furthest;
    }
};

/// Where the main thread leaves the last status, and others read it. Any thread.
class StatusBoard {
public:
    void post(TapStatus status) {
        const std::lock_guard guard(lock_);
        status_ = std::move(status);
    }
    TapStatus read() const {
        const std::lock_guard guard(lock_);
        return status_;
    }

private:
    mutable std::mutex lock_;
    TapStatus status_;
};

}  // namespace echotap
