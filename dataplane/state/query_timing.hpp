// SPDX-License-Identifier: Apache-2.0
// The queries of one source on their way to the state: what a line finds goes in, hashed queries with the time and the
// clock to count them at come out.
//
// Nearly all go straight through. A query whose time and source disagree by more than an hour waits for a hundred
// frames of its source (WildTimes), so frames are numbered here across bursts.
#pragma once

#include <cstdint>

#include "dataplane/frame.hpp"
#include "dataplane/state/state_query.hpp"
#include "dataplane/state/wild_times.hpp"

namespace echotap {

/// A query that waits for its time to be believed or not.
struct WaitingQuery {
    StateQuery query;
    Timestamp time;
    Timestamp clock;
};

/// Not thread-safe: one per line. `Give` is called as give(const StateQuery&, Timestamp clock). Frames must be numbered
/// (Frame::sequence) one after the other within a burst, as sources do.
class QueryTiming {
public:
    /// `table_key` must outlive the timing.
    explicit QueryTiming(const HashKey& table_key) : table_key_(table_key) {}

    /// A query that the line has found while it took `burst`; an empty burst where no frame was the reason.
    template <class Query, class Give>
    void take(const Query& query, Burst burst, Give&& give) {
        const StateQuery state = StateQuery::of(table_key_, query, query.time);
        if (goes_straight_on(query)) {
            return give(state, query.clock);
        }
        const std::uint64_t position =
            burst.empty() ? position_ : position_ + (query.sequence - burst.front().sequence);
        release(burst, position, give);
        if (WildTimes<WaitingQuery>::agree(query.time, query.clock)) {
            give(state, query.clock);
        } else {
            wild_.wait({.query = state, .time = query.time, .clock = query.clock}, position);
        }
    }

    /// The line has taken all of `burst`.
    template <class Give>
    void pass(Burst burst, Give&& give) {
        if (!burst.empty()) {
            release(burst, position_ + burst.size() - 1, give);
            position_ += burst.size();
        }
    }

    /// The input has ended, at the clock `last`: decides what still waits.
    template <class Give>
    void finish(Timestamp last, Give&& give) {
        while (!wild_.is_empty()) {
            give_next(last, give);
        }
    }

    /// A query that the end of the input, at the clock `last`, has released from the line.
    template <class Query, class Give>
    void take_last(const Query& query, Timestamp last, Give&& give) {
        const bool agrees = WildTimes<WaitingQuery>::agree(query.time, last);
        give(StateQuery::of(table_key_, query, agrees ? query.time : last), last);
    }

    /// Whether `query` needs no look at the clocks of other frames, and none waits that would have to go before it.
    template <class Query>
    bool goes_straight_on(const Query& query) const {
        return wild_.is_empty() && WildTimes<WaitingQuery>::agree(query.time, query.clock);
    }

    /// Calls `visit(const WaitingQuery&)` for every query that waits, in their order.
    template <class Visit>
    void for_each_waiting(Visit&& visit) const {
        wild_.for_each(visit);
    }
    /// Takes a query up that waited in another process.
    void wait(const WaitingQuery& query) { wild_.wait(query, position_); }

private:
    /// Decides the queries that have waited until the frame at `position`, which is in `burst`.
    template <class Give>
    void release(Burst burst, std::uint64_t position, Give&& give) {
        while (!wild_.is_empty() && !burst.empty() && wild_.next_due() <= position) {
            give_next(burst[wild_.next_due() - position_].clock, give);
        }
    }

    template <class Give>
    void give_next(Timestamp clock, Give&& give) {
        WaitingQuery decided = wild_.take(clock);
        decided.query.time = decided.time;
        give(decided.query, decided.clock);
    }

    const HashKey& table_key_;
    WildTimes<WaitingQuery> wild_;
    std::uint64_t position_ = 0;  // frames before the burst at hand
};

}  // namespace echotap
