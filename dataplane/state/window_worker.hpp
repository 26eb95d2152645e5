// SPDX-License-Identifier: Apache-2.0
// The state of one worker: queries of its queriers go in, in the order of the source; its shares of windows come out.
//
//     query -> repeat filter -> the open windows that it falls into, one per length
//
// Queries are taken in batches of 64, in passes, so that what each pass touches has been fetched by the one before.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "config/window_config.hpp"
#include "dataplane/state/memory_pressure.hpp"
#include "dataplane/state/open_window.hpp"
#include "dataplane/state/repeat_filter.hpp"
#include "dataplane/state/window_grid.hpp"

namespace echotap {

/// What all workers have in common.
struct StateConfig {
    WindowConfig windows;
    HashKey table_key;              // random per process
    std::size_t filter_octets = 0;  // per partition
};

/// Not thread-safe: one per worker. Results depend on the queries, their order and their clocks alone.
class WindowWorker {
public:
    /// Owns the queriers of partitions `first_partition` up to, not including, `end_partition`. `config` and `pool`
    /// outlive the worker.
    WindowWorker(const StateConfig& config, BlockPool& pool, unsigned first_partition = 0,
                 unsigned end_partition = partition_count);

    /// Takes a query of one of its queriers; `clock` is the source's when it came, and no more than an hour from the
    /// query's time (WildTimes).
    void add(const StateQuery& query, Timestamp clock) {
        queries_[size_] = query;
        line_up(clock);
    }

    /// The same, hashed in its place; to be counted at `query.time`.
    template <class Query>
    void add(const Query& query) {
        queries_[size_].assign(config_.table_key, query, query.time);
        line_up(query.clock);
    }

    /// Counts a query of somebody else's querier that could not be handed to its owner. It belongs to no state, but to
    /// the counts of its windows.
    void count_dropped(const StateQuery& query, Timestamp clock);

    /// Applies what add() has lined up.
    void flush();

    /// Takes all windows out that close by `clock`; Timestamp::max(): all that are open. In the order of their keys.
    std::vector<std::unique_ptr<OpenWindow>> close_due(Timestamp clock);

    /// Visits every open window in the order of their keys, with all queries applied that were added.
    template <class Visit>
    void for_each_open(Visit&& visit) {
        flush();
        for (const auto& [key, window] : windows_) {
            visit(std::as_const(*window));
        }
    }

    /// An open window, or null; its queries are applied up to the last flush().
    OpenWindow* find(const WindowKey& key) {
        const auto found = windows_.find(key);
        return found == windows_.end() ? nullptr : found->second.get();
    }

    /// All that add() lined up must have been applied (flush()) for it to be the filter of all queries added.
    const RepeatFilter& filter() const { return filter_; }
    /// Goes on with the filter of another process that had the same table key. False where the size differs.
    bool load_filter(std::span<const std::byte> image) { return filter_.load(image); }

private:
    /// The windows of one length. The one that was used last is remembered, with its times.
    struct Series {
        WindowGrid grid;
        OriginatorFamilies families;
        OpenWindow* window = nullptr;
        std::uint16_t view = 0;
        Timestamp start{};
        Timestamp end{};
        Timestamp closes{};
    };

    void line_up(Timestamp clock) {
        filter_.prefetch(questions_[size_] = question_hash(config_.table_key, queries_[size_]));
        clocks_[size_] = clock;
        if (++size_ == WindowPart::batch_max) {
            flush();
        }
    }

    /// Whether the query falls into the window that was used last and is not late: all but a few do.
    static bool takes_next(const Series& series, const StateQuery& query, Timestamp clock) {
        return series.window != nullptr && query.view == series.view && query.time >= series.start &&
               query.time < series.end && clock < series.closes;
    }
    static bool is_late(const Series& series, Timestamp time, Timestamp clock) {
        const Timestamp closes = series.grid.closes(series.grid.number_of(time));
        return closes <= clock && closes != Timestamp::max();
    }
    bool takes(const Series& series, const StateQuery& query) const {
        return series.families == OriginatorFamilies::all ||
               query.originator.is_v4() == (series.families == OriginatorFamilies::v4);
    }
    void take(Series& series, std::size_t i, bool is_counted, std::uint64_t overflows);
    void find_window(Series& series, std::uint16_t view, Timestamp time);
    static WindowCounts& count_arrival(OpenWindow& window, const StateQuery& query) {
        ++(query.kind == OriginatorKind::prefix ? window.counts().minimised : window.counts().reverse);
        return window.counts();
    }
    OpenWindow& open(const WindowKey& key);

    const StateConfig& config_;
    BlockPool& pool_;
    PartConfig part_config_;
    RepeatFilter filter_;
    MemoryPressure pressure_;
    std::vector<Series> series_;
    std::map<WindowKey, std::unique_ptr<OpenWindow>> windows_;
    std::vector<OpenWindow*> touched_;  // by the batch at hand

    std::size_t size_ = 0;
    std::array<StateQuery, WindowPart::batch_max> queries_;
    std::array<Timestamp, WindowPart::batch_max> clocks_;
    std::array<std::uint64_t, WindowPart::batch_max> questions_;
};

}  // namespace echotap
