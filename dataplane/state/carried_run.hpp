// SPDX-License-Identifier: Apache-2.0
// What a live process goes on with that another one began: its checkpoint goes in; ledgers, windows and times of what
// was open come out, until their windows close.
//
// What the other process held in its lines cannot be had again: fragments and segments that waited count as dropped.
// Whatever came between the two is missing, so each window that reaches into that gap says that it was interrupted.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "dataplane/state/carried_windows.hpp"
#include "dataplane/state/checkpoint.hpp"
#include "dataplane/state/query_exchange.hpp"
#include "dataplane/state/window_books.hpp"

namespace echotap {

/// Not thread-safe.
class CarriedRun {
public:
    /// There was none.
    CarriedRun() = default;
    CarriedRun(const RunBooks& books, std::vector<CheckpointWindow>&& windows, const HashKey& sample_key);

    /// Windows of all views that were open.
    std::set<WindowPlace> places() const;
    /// What was counted in a window of all views; empty where it was not open.
    Ledger ledger(const WindowPlace& place) const;
    /// Whether a window from `start` to `end` misses what came between that run and this one, which began at `begun`,
    /// or was interrupted before.
    bool interrupts(const WindowPlace& place, bool is_whole, Timestamp start, Timestamp end, Timestamp begun) const;
    /// Takes the window of a key out, where it had queries.
    std::optional<ClosedWindow> take(const WindowKey& key) { return windows_.take(key); }
    /// A window has closed in all views.
    void forget(const WindowPlace& place) { books_.erase(place); }

    const CarriedWindows& windows() const { return windows_; }
    std::uint64_t frames() const { return frames_; }
    /// From when to when the run listened; the first is later than the last where there was none.
    Timestamp first() const { return first_; }
    Timestamp last() const { return last_; }
    /// The times of this run and that one together.
    TapTimes with(TapTimes times) const;

private:
    std::map<WindowPlace, OpenBooks> books_;
    CarriedWindows windows_;
    std::uint64_t frames_ = 0;
    Timestamp first_ = Timestamp::max();
    Timestamp last_ = Timestamp::min();
};

}  // namespace echotap
