// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/window_books.hpp"

#include <algorithm>

namespace echotap {

Ledger difference(const Ledger& later, const Ledger& earlier) {
    Ledger between = later;
    for (std::size_t i = 0; i < stage_count; ++i) {
        between.in[i] -= earlier.in[i];
        between.out[i] -= earlier.out[i];
    }
    for (std::size_t i = 0; i < drop_count; ++i) {
        between.drops[i] -= earlier.drops[i];
    }
    between.minimised -= earlier.minimised;
    return between;
}

WindowBooks::WindowBooks(const WindowConfig& config) : grace_(config.grace) {
    for (const WindowLength& length : config.lengths) {
        series_.push_back({.grid = WindowGrid(length, config), .number = std::nullopt});
    }
}

void WindowBooks::turn(Timestamp clock, const Ledger& now) {
    count(now);
    steady_from_ = Timestamp::min();
    steady_to_ = Timestamp::max();
    for (Series& series : series_) {
        series.number = series.grid.number_of(clock);
        steady_from_ = std::max(steady_from_, series.grid.start(*series.number));
        steady_to_ = std::min(steady_to_, series.grid.end(*series.number));
    }
}

void WindowBooks::finish(const Ledger& now) {
    for (Series& series : series_) {
        // `whole` is there even where nothing came.
        series.number = series.grid.is_whole() ? 0 : series.number;
    }
    count(now);
}

void WindowBooks::count(const Ledger& now) {
    const Ledger gained = difference(now, since_);
    for (std::size_t i = 0; i < series_.size(); ++i) {
        if (series_[i].number) {
            ledgers_[{static_cast<std::uint16_t>(i), *series_[i].number}] += gained;
        }
    }
    since_ = now;
}

std::map<WindowPlace, Ledger> WindowBooks::take_due(Timestamp clock) {
    std::map<WindowPlace, Ledger> due;
    for (auto next = ledgers_.begin(); next != ledgers_.end();) {
        const auto& [length, number] = next->first;
        if (clock == Timestamp::max() || series_[length].grid.closes(number) <= clock) {
            due.insert(ledgers_.extract(next++));
        } else {
            ++next;
        }
    }
    return due;
}

std::map<WindowPlace, Ledger> WindowBooks::open(const Ledger& now) const {
    std::map<WindowPlace, Ledger> ledgers = ledgers_;
    for (std::size_t i = 0; i < series_.size(); ++i) {
        if (series_[i].number) {
            ledgers[{static_cast<std::uint16_t>(i), *series_[i].number}] += difference(now, since_);
        }
    }
    return ledgers;
}

Ledger WindowBooks::take(const WindowPlace& place) {
    const auto found = ledgers_.extract(place);
    return found.empty() ? Ledger{} : found.mapped();
}

Timestamp WindowBooks::next_close(Timestamp clock) const {
    Timestamp next = Timestamp::max();
    for (const Series& series : series_) {
        // The first window whose end is later than `clock` less the grace.
        const Timestamp before = clock < Timestamp::min() + grace_ ? Timestamp::min() : clock - grace_;
        next = std::min(next, series.grid.closes(series.grid.number_of(before)));
    }
    return next;
}

}  // namespace echotap
