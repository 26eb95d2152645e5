// SPDX-License-Identifier: Apache-2.0
// Live workers to each other: queries go to the worker that owns their querier, and clocks say how far everyone is.
//
// A mirror's tunnels and several addresses of an authority split a querier over the workers that parse, so a query
// crosses a bounded ring for that pair of workers. A full ring refuses: waiting for a worker that is behind would stop
// this one too, and two that wait for each other stop for ever.
//
// Every worker publishes its clock once its queries up to it are in the rings. So whoever reads the clocks first and
// empties its rings afterwards has everything up to the earliest of them: its windows close by that time.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/spsc_ring.hpp"
#include "dataplane/state/state_query.hpp"

namespace echotap {

/// A query between two workers, with the clock of its source.
struct TravellingQuery {
    StateQuery query;
    Timestamp clock;
};

/// When a tap ran, by its clocks. Where nothing ran, the first is later than the last.
struct TapTimes {
    Timestamp begun = Timestamp::max();  // the first clock, of a frame or of an idle moment
    Timestamp reached = Timestamp::min();
    Timestamp first_frame = Timestamp::max();
    Timestamp last_frame = Timestamp::min();
};

/// Shared by all workers. `from` and `to` are workers; each call belongs to the thread of the one that acts.
class QueryExchange {
public:
    /// Between each pair of workers `queries_waiting` queries may wait.
    QueryExchange(unsigned workers, std::size_t queries_waiting) : sides_(workers) {
        for (unsigned from = 0; from < workers; ++from) {
            for (unsigned to = 0; to < workers; ++to) {
                // A worker keeps its own: that place stays empty.
                rings_.push_back(from == to ? nullptr : std::make_unique<Ring>(queries_waiting));
            }
        }
    }

    unsigned workers() const { return static_cast<unsigned>(sides_.size()); }

    /// Octets of the rings of so many workers.
    static std::size_t octets(unsigned workers, std::size_t queries_waiting) {
        return std::size_t{workers} * (workers - 1) * std::bit_ceil(queries_waiting) * sizeof(TravellingQuery);
    }

    /// Takes as many queries, from the first, as there is room for; returns how many.
    std::size_t push(unsigned from, unsigned to, std::span<const TravellingQuery> queries) {
        return ring(from, to).push(queries);
    }

    /// Worker `from` has handed on all it has up to `clock`, and will not hand on anything of an earlier one.
    /// Timestamp::max(): nothing at all any more.
    void publish(unsigned from, Timestamp clock) { sides_[from].clock.store(clock, std::memory_order_release); }

    /// The earliest clock of all workers.
    Timestamp earliest_clock() const {
        Timestamp earliest = Timestamp::max();
        for (const Side& side : sides_) {
            earliest = std::min(earliest, side.clock.load(std::memory_order_acquire));
        }
        return earliest;
    }

    /// Hands up to `limit` queries of each ring to worker `to` to `take(const TravellingQuery&)`; true where the rings
    /// were empty afterwards.
    template <class Take>
    bool pop(unsigned to, std::size_t limit, Take&& take) {
        bool is_empty = true;
        std::array<TravellingQuery, 32> queries;
        for (unsigned from = 0; from < workers(); ++from) {
            if (from == to) {
                continue;
            }
            std::size_t count = queries.size();
            for (std::size_t taken = 0; count == queries.size() && taken < limit; taken += count) {
                count = ring(from, to).pop(queries);
                std::for_each_n(queries.begin(), count, take);
            }
            is_empty = is_empty && count < queries.size();
        }
        return is_empty;
    }

    /// Queries that wait for worker `to`, about. Any thread.
    std::size_t waiting(unsigned to) const {
        std::size_t waiting = 0;
        for (unsigned from = 0; from < workers(); ++from) {
            waiting += from == to ? 0 : rings_[from * sides_.size() + to]->size();
        }
        return waiting;
    }

    /// Worker `from` has seen frames of these clocks, or moments without any.
    void saw_frames(unsigned from, Timestamp first, Timestamp last) {
        lower(sides_[from].first_frame, first);
        raise(sides_[from].last_frame, last);
    }
    void saw_moment(unsigned from, Timestamp clock) {
        lower(sides_[from].begun, clock);
        raise(sides_[from].reached, clock);
    }

    /// When the workers ran, all together. Any thread.
    TapTimes times() const {
        TapTimes all;
        for (const Side& side : sides_) {
            all.begun = std::min(all.begun, side.begun.load(std::memory_order_relaxed));
            all.reached = std::max(all.reached, side.reached.load(std::memory_order_relaxed));
            all.first_frame = std::min(all.first_frame, side.first_frame.load(std::memory_order_relaxed));
            all.last_frame = std::max(all.last_frame, side.last_frame.load(std::memory_order_relaxed));
        }
        return all;
    }

private:
    using Ring = SpscRing<TravellingQuery>;

    /// Written by its worker alone.
    struct alignas(64) Side {
        std::atomic<Timestamp> clock = Timestamp::min();
        std::atomic<Timestamp> begun = Timestamp::max();
        std::atomic<Timestamp> reached = Timestamp::min();
        std::atomic<Timestamp> first_frame = Timestamp::max();
        std::atomic<Timestamp> last_frame = Timestamp::min();
    };

    static void lower(std::atomic<Timestamp>& time, Timestamp other) {
        if (other < time.load(std::memory_order_relaxed)) {
            time.store(other, std::memory_order_relaxed);
        }
    }
    static void raise(std::atomic<Timestamp>& time, Timestamp other) {
        if (other > time.load(std::memory_order_relaxed)) {
            time.store(other, std::memory_order_relaxed);
        }
    }

    Ring& ring(unsigned from, unsigned to) { return *rings_[from * sides_.size() + to]; }

    std::vector<Side> sides_;
    std::vector<std::unique_ptr<Ring>> rings_;
};

}  // namespace echotap
