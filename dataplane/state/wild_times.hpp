// SPDX-License-Identifier: Apache-2.0
// Queries whose time and source disagree: a query with a wild timestamp goes in; the same, with the time to count it
// at, comes out some frames later.
//
// A timestamp over an hour away from the source's clock is a damaged one, or the first after a true gap: SourceClock
// believes a gap once a hundred frames agree. So such a query waits for a hundred frames. If the clock then agrees with
// it, its own time holds; if not, the clock's does. Where it counts depends on its position in the source alone, never
// on bursts or workers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>

#include "dataplane/source_clock.hpp"

namespace echotap {

/// `Query` has `time` and `clock`. Not thread-safe. Bounded by the queries that a hundred frames complete.
template <class Query>
class WildTimes {
public:
    static constexpr std::uint64_t frames_waited = SourceClock::agreeing_frames_min;

    static bool agree(Timestamp one, Timestamp other) {
        std::int64_t apart = 0;
        constexpr std::int64_t limit = std::chrono::nanoseconds(SourceClock::jump_max).count();
        return !__builtin_sub_overflow(one.time_since_epoch().count(), other.time_since_epoch().count(), &apart) &&
               apart <= limit && apart >= -limit;
    }

    /// Takes a query that the frame at `position` completed. Positions do not fall.
    void wait(const Query& query, std::uint64_t position) { waiting_.push_back({query, position + frames_waited}); }

    /// Calls `visit(const Query&)` for every query that waits, in their order.
    template <class Visit>
    void for_each(Visit&& visit) const {
        for (const Waiting& waiting : waiting_) {
            visit(waiting.query);
        }
    }

    bool is_empty() const { return waiting_.empty(); }

    /// The position of the frame with whose clock the next query is decided. REQUIRES: !is_empty().
    std::uint64_t next_due() const { return waiting_.front().due; }

    /// Takes the first query out, its time and clock set for the `clock` of the frame at next_due() or, at the end of
    /// the source, of the last. REQUIRES: !is_empty().
    Query take(Timestamp clock) {
        Query query = waiting_.front().query;
        waiting_.pop_front();
        query.time = agree(query.time, clock) ? query.time : clock;
        query.clock = clock;
        return query;
    }

private:
    struct Waiting {
        Query query;
        std::uint64_t due;
    };
    std::deque<Waiting> waiting_;
};

}  // namespace echotap
