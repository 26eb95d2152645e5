// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/carried_run.hpp"

#include <algorithm>
#include <utility>

namespace echotap {

CarriedRun::CarriedRun(const RunBooks& books, std::vector<CheckpointWindow>&& windows, const HashKey& sample_key)
    : frames_(books.frames), first_(books.first), last_(books.last) {
    for (std::size_t i = 0; i < books.series.size(); ++i) {
        const RunBooks::Series& series = books.series[i];
        const auto place_of = [&](std::int64_t number) { return WindowPlace{static_cast<std::uint16_t>(i), number}; };
        for (const auto& [number, window] : series.windows) {
            books_[place_of(number)] = window;
        }
        if (first_ <= last_) {
            // What was held belongs to the window that the clock stood in, as at the end of any input.
            Ledger& ledger = books_[place_of(series.number)].ledger;
            ledger.drop(Drop::fragment_incomplete, books.fragments_held);
            ledger.drop(Drop::segment_incomplete, books.segments_held);
        }
    }
    for (CheckpointWindow& window : windows) {
        books_.try_emplace({window.key.length, window.key.number});
        windows_.add(window.key, std::move(window.window), sample_key);
    }
}

std::set<WindowPlace> CarriedRun::places() const {
    std::set<WindowPlace> places;
    for (const auto& [place, books] : books_) {
        places.insert(place);
    }
    return places;
}

Ledger CarriedRun::ledger(const WindowPlace& place) const {
    const auto found = books_.find(place);
    return found == books_.end() ? Ledger{} : found->second.ledger;
}

bool CarriedRun::interrupts(const WindowPlace& place, bool is_whole, Timestamp start, Timestamp end,
                            Timestamp begun) const {
    if (first_ > last_) {
        return false;
    }
    const auto found = books_.find(place);
    return is_whole || (start < begun && end > last_) || (found != books_.end() && found->second.is_interrupted);
}

TapTimes CarriedRun::with(TapTimes times) const {
    if (first_ <= last_) {
        times.begun = std::min(times.begun, first_);
        times.reached = std::max(times.reached, last_);
        times.first_frame = std::min(times.first_frame, first_);
        times.last_frame = std::max(times.last_frame, last_);
    }
    return times;
}

}  // namespace echotap
