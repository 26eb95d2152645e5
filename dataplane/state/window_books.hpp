// SPDX-License-Identifier: Apache-2.0
// In which window is a frame counted? The clock of a source and the running ledger of whatever counts there go in; the
// ledger of each window comes out.
//
// A frame belongs to the window that the source's clock stands in. So nothing is done per frame: the ledger is looked
// at when the clock leaves a window, and what it has gained since the last look is that window's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "config/window_config.hpp"
#include "dataplane/drop.hpp"
#include "dataplane/state/window_grid.hpp"

namespace echotap {

/// A window of all views: index into WindowConfig::lengths, number in its grid.
using WindowPlace = std::pair<std::uint16_t, std::int64_t>;

/// What `later` has counted and `earlier` had not. REQUIRES: `later` is the same ledger at a later time.
Ledger difference(const Ledger& later, const Ledger& earlier);

/// Not thread-safe: one per counting thread.
class WindowBooks {
public:
    explicit WindowBooks(const WindowConfig& config);

    /// Whether the clock stands where it did at the last turn(): no window begins or ends in between.
    bool is_steady(Timestamp clock) const { return clock >= steady_from_ && clock < steady_to_; }

    /// The clock has come to `clock`, and the ledger stands at `now`.
    void turn(Timestamp clock, const Ledger& now);

    /// The input has ended and the ledger stands at `now`: all of it is in the books afterwards.
    void finish(const Ledger& now);

    /// Takes out the ledgers of the windows that close by `clock`; Timestamp::max(): of all.
    std::map<WindowPlace, Ledger> take_due(Timestamp clock);

    /// The ledger of a window that has been counted in, taken out; an empty one for others.
    Ledger take(const WindowPlace& place);

    /// The ledgers of all windows that are in the books, with what has come since the last turn: it stands at `now`.
    std::map<WindowPlace, Ledger> open(const Ledger& now) const;

    const WindowGrid& grid(std::uint16_t length) const { return series_[length].grid; }

    /// The first moment after `clock` at which a window closes; Timestamp::max() where none ever does.
    Timestamp next_close(Timestamp clock) const;

private:
    struct Series {
        WindowGrid grid;
        std::optional<std::int64_t> number;  // the window that the clock stands in; none before the first turn
    };

    void count(const Ledger& now);

    std::chrono::nanoseconds grace_;
    std::vector<Series> series_;
    Ledger since_;  // at the last turn
    std::map<WindowPlace, Ledger> ledgers_;
    Timestamp steady_from_ = Timestamp::max();
    Timestamp steady_to_ = Timestamp::min();
};

}  // namespace echotap
