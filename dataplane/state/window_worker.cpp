// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/window_worker.hpp"

namespace echotap {

WindowWorker::WindowWorker(const StateConfig& config, BlockPool& pool, unsigned first_partition, unsigned end_partition)
    : config_(config),
      pool_(pool),
      part_config_{.table_key = config.table_key,
                   .sample_key = {config.windows.sample_key[0], config.windows.sample_key[1]},
                   .sample_size = config.windows.sample_size},
      filter_(config.filter_octets, config.windows.repeat_interval, first_partition, end_partition),
      pressure_(pool, config.windows.sample_size) {
    for (const WindowLength& length : config.windows.lengths) {
        series_.push_back({.grid = WindowGrid(length, config.windows), .families = length.families});
    }
}

void WindowWorker::flush() {
    for (std::size_t i = 0; i < size_; ++i) {
        const StateQuery& query = queries_[i];
        const std::uint64_t overflows = filter_.overflows();
        const bool counts = filter_.counts(questions_[i], query.time, clocks_[i]);
        for (Series& series : series_) {
            if (takes(series, query)) {
                take(series, i, counts, filter_.overflows() - overflows);
            }
        }
    }
    for (OpenWindow* const window : touched_) {
        window->apply();
    }
    touched_.clear();
    size_ = 0;
    pressure_.relieve(windows_);
}

void WindowWorker::take(Series& series, std::size_t i, bool is_counted, std::uint64_t overflows) {
    const StateQuery& query = queries_[i];
    bool late = false;
    if (!takes_next(series, query, clocks_[i])) {
        // A late query is told of where it came, not where it belongs: that window has been handed on.
        late = is_late(series, query.time, clocks_[i]);
        find_window(series, query.view, late ? clocks_[i] : query.time);
    }
    OpenWindow& window = *series.window;
    WindowCounts& counts = count_arrival(window, query);
    counts.filter_overflows += overflows;
    if (late) {
        ++counts.late;
    } else if (!is_counted) {
        ++counts.repeats;
    } else {
        if (!window.has_batch()) {
            touched_.push_back(&window);
        }
        window.push(query);
    }
}

void WindowWorker::count_dropped(const StateQuery& query, Timestamp clock) {
    for (Series& series : series_) {
        if (takes(series, query)) {
            find_window(series, query.view, is_late(series, query.time, clock) ? clock : query.time);
            ++count_arrival(*series.window, query).queue_drops;
        }
    }
}

std::vector<std::unique_ptr<OpenWindow>> WindowWorker::close_due(Timestamp clock) {
    flush();
    std::vector<std::unique_ptr<OpenWindow>> closed;
    for (Series& series : series_) {
        series.window = nullptr;
    }
    for (auto next = windows_.begin(); next != windows_.end();) {
        const WindowKey& key = next->first;
        if (clock == Timestamp::max() || series_[key.length].grid.closes(key.number) <= clock) {
            closed.push_back(std::move(next->second));
            next = windows_.erase(next);
        } else {
            ++next;
        }
    }
    return closed;
}

/// Makes the window of `view` and `time` the one that the series looks at; opens it where it is not.
void WindowWorker::find_window(Series& series, std::uint16_t view, Timestamp time) {
    const WindowKey key{.length = static_cast<std::uint16_t>(&series - series_.data()),
                        .view = view,
                        .number = series.grid.number_of(time)};
    series.window = &open(key);
    series.view = view;
    series.start = series.grid.start(key.number);
    series.end = series.grid.end(key.number);
    series.closes = series.grid.closes(key.number);
}

OpenWindow& WindowWorker::open(const WindowKey& key) {
    std::unique_ptr<OpenWindow>& window = windows_[key];
    if (window == nullptr) {
        window = std::make_unique<OpenWindow>(key, part_config_, pool_);
        pressure_.receive(*window);
    }
    return *window;
}

}  // namespace echotap
