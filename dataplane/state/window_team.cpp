// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/window_team.hpp"

#include <algorithm>

namespace echotap {

WindowTeam::WindowTeam(const LineConfig& line, const WindowConfig& windows, unsigned workers, OnClosing on_closing,
                       const HashKey& table_key)
    : line_config_(line),
      config_{.windows = windows,
              .table_key = table_key,
              .filter_octets = MemoryPlan::of(windows, line, workers).filter_octets},
      on_closing_(std::move(on_closing)),
      lines_(line, workers),
      pool_(MemoryPlan::of(windows, line, workers).pool_octets) {
    for (unsigned i = 0; i < workers; ++i) {
        const unsigned first = i * partition_count / workers;
        const unsigned end = (i + 1) * partition_count / workers;
        members_.push_back(std::make_unique<Member>(config_, pool_, first, end));
        std::fill(owners_.begin() + first, owners_.begin() + end, static_cast<std::uint8_t>(i));
    }
    for (const WindowLength& length : windows.lengths) {
        series_.push_back({.grid = WindowGrid(length, windows), .since = {}, .ledgers = {}});
    }
}

void WindowTeam::feed(Burst burst) {
    std::size_t checked = 0;
    while (!burst.empty()) {
        const auto crossing =
            std::find_if(burst.begin() + static_cast<std::ptrdiff_t>(checked), burst.end(),
                         [&](const Frame& frame) { return frame.clock >= steady_to_ || frame.clock < steady_from_; });
        const auto steady = static_cast<std::size_t>(crossing - burst.begin());
        feed_quiet(burst.first(steady));
        burst = burst.subspan(steady);
        if (!burst.empty()) {
            turn(burst.front().clock);
            checked = 1;
        }
    }
}

/// A stretch in which no window begins, ends or closes.
void WindowTeam::feed_quiet(Burst burst) {
    if (burst.empty()) {
        return;
    }
    if (position_ == 0) {
        first_ = burst.front().clock;
    }
    last_ = burst.back().clock;
    lines_.feed(burst, [&](const auto& query) { take(query, burst); });
    release_waiting(burst, position_ + burst.size() - 1);
    position_ += burst.size();
    apply();
}

/// A query of a frame in `burst`, or an empty burst at the end of the input.
template <class Query>
void WindowTeam::take(const Query& query, Burst burst) {
    const bool agrees = WildTimes<ClockedQuery>::agree(query.time, query.clock);
    if (agrees && wild_.is_empty() && members_.size() == 1) {
        return members_.front()->worker.add(query);
    }
    const StateQuery state = StateQuery::of(config_.table_key, query, query.time);
    if (agrees && wild_.is_empty()) {
        return give(state, query.clock);
    }
    const std::uint64_t position = burst.empty() ? position_ : position_ + (query.sequence - burst.front().sequence);
    release_waiting(burst, position);
    if (agrees) {
        give(state, query.clock);
    } else {
        wild_.wait({.query = state, .time = query.time, .clock = query.clock}, position);
    }
}

void WindowTeam::give(const StateQuery& query, Timestamp clock) {
    Member& member = *members_[owners_[partition_of(query)]];
    if (members_.size() == 1) {
        return member.worker.add(query, clock);
    }
    member.queries.push_back(query);
    member.clocks.push_back(clock);
}

/// Decides the queries that have waited until the frame at `position`, which is in `burst`.
void WindowTeam::release_waiting(Burst burst, std::uint64_t position) {
    while (!wild_.is_empty() && wild_.next_due() <= position) {
        give_decided(wild_.take(burst[wild_.next_due() - position_].clock));
    }
}

void WindowTeam::give_decided(const ClockedQuery& decided) {
    StateQuery query = decided.query;
    query.time = decided.time;
    give(query, decided.clock);
}

void WindowTeam::apply() {
    if (members_.size() > 1) {
        oneapi::tbb::parallel_for(std::size_t{0}, members_.size(), [&](std::size_t i) { members_[i]->take_share(); });
    }
}

/// The clock has come to where windows begin, end or close.
void WindowTeam::turn(Timestamp clock) {
    count_frames(clock);
    close(clock, {});
    steady_from_ = Timestamp::min();
    steady_to_ = Timestamp::max();
    for (const Series& series : series_) {
        steady_from_ = std::max(steady_from_, series.grid.start(series.number));
        steady_to_ = std::min(steady_to_, series.grid.end(series.number));
        for (const auto& [number, ledger] : series.ledgers) {
            steady_to_ = std::min(steady_to_, series.grid.closes(number));
        }
        // A window without frames can have queries: of frames that were late.
        const Timestamp before_closes = series.grid.closes(series.number - 1);
        steady_to_ = before_closes > clock ? std::min(steady_to_, before_closes) : steady_to_;
    }
}

/// Puts what the lines have counted since the last turn into the windows that the clock stood in.
void WindowTeam::count_frames(Timestamp clock) {
    const Ledger now = lines_.ledger();
    for (Series& series : series_) {
        if (position_ != 0 || series.grid.is_whole()) {  // `whole` may be empty
            series.ledgers[series.number] += difference(now, series.since);
        }
        series.since = now;
        series.number = series.grid.number_of(clock);
    }
}

void WindowTeam::finish(const Ledger& source) {
    while (!wild_.is_empty()) {
        give_decided(wild_.take(last_));
    }
    lines_.finish([&](const auto& query) {
        const bool is_wild = !WildTimes<ClockedQuery>::agree(query.time, last_);
        give(StateQuery::of(config_.table_key, query, is_wild ? last_ : query.time), last_);
    });
    apply();
    count_frames(last_);
    close(Timestamp::max(), source);
}

/// Hands on all windows that close by `clock`.
void WindowTeam::close(Timestamp clock, const Ledger& source) {
    std::map<WindowKey, std::vector<std::unique_ptr<OpenWindow>>> closing;
    for (std::size_t i = 0; i < series_.size(); ++i) {
        for (const auto& [number, ledger] : series_[i].ledgers) {
            if (clock == Timestamp::max() || series_[i].grid.closes(number) <= clock) {
                for (std::size_t view = 0; view < std::max<std::size_t>(line_config_.authorities.size(), 1); ++view) {
                    closing[{.length = static_cast<std::uint16_t>(i),
                             .view = static_cast<std::uint16_t>(view),
                             .number = number}];
                }
            }
        }
    }
    for (auto& member : members_) {
        for (auto& share : member->worker.close_due(clock)) {
            closing[share->key()].push_back(std::move(share));
        }
    }
    for (auto& [key, shares] : closing) {
        ClosingWindow window{.key = key, .header = header(key, source), .shares = std::move(shares)};
        for (const auto& share : window.shares) {
            window.header.counts += share->counts();
        }
        on_closing_(std::move(window));
    }
    for (const auto& [key, shares] : closing) {
        series_[key.length].ledgers.erase(key.number);
    }
}

WindowHeader WindowTeam::header(const WindowKey& key, const Ledger& source) const {
    const Series& series = series_[key.length];
    WindowHeader header = header_of(config_.windows, line_config_, key);
    header.start = series.grid.is_whole() ? first_ : series.grid.start(key.number);
    header.end = series.grid.is_whole() ? last_ : series.grid.end(key.number);
    if (const auto ledger = series.ledgers.find(key.number); ledger != series.ledgers.end()) {
        header.ledger = ledger->second;
    }
    if (series.grid.is_whole()) {
        header.ledger += source;
    } else {
        if (header.start < first_) {
            header.add_gap(Gap::began_late);
        }
        if (header.end > last_) {
            header.add_gap(Gap::ended_early);
        }
        header.completeness = header.gaps != 0 ? Completeness::no : Completeness::unknown;
    }
    return header;
}

}  // namespace echotap
