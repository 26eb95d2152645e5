// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/window_team.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "dataplane/state/assemble.hpp"

namespace echotap {

WindowTeam::WindowTeam(const LineConfig& line, const WindowConfig& windows, unsigned workers, OnClosing on_closing,
                       const HashKey& table_key)
    : line_config_(line),
      config_{.windows = windows,
              .table_key = table_key,
              .filter_octets = MemoryPlan::of(windows, line, workers).filter_octets},
      on_closing_(std::move(on_closing)),
      lines_(line, workers),
      pool_(MemoryPlan::of(windows, line, workers).pool_octets),
      timing_(config_.table_key) {
    for (unsigned i = 0; i < workers; ++i) {
        const unsigned first = i * partition_count / workers;
        const unsigned end = (i + 1) * partition_count / workers;
        members_.push_back(std::make_unique<Member>(config_, pool_, first, end));
        std::fill(owners_.begin() + first, owners_.begin() + end, static_cast<std::uint8_t>(i));
    }
    for (const WindowLength& length : windows.lengths) {
        series_.push_back({.grid = WindowGrid(length, windows), .since = {}, .windows = {}});
    }
}

void WindowTeam::feed(Burst burst) {
    if (is_catching_up()) {
        const Burst known = burst.first(std::min<std::uint64_t>(burst.size(), resumes_at_ - position_));
        feed_all(known);
        burst = burst.subspan(known.size());
        if (!is_catching_up()) {
            if (!books().is_at(awaited_->head.books)) {
                throw CheckpointError(
                    "the source gives other frames than when the checkpoint was made: read what was read then, or "
                    "remove the checkpoint to begin anew");
            }
            take_up(*std::exchange(awaited_, std::nullopt));
        }
    }
    feed_all(burst);
}

void WindowTeam::feed_all(Burst burst) {
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
    timing_.pass(burst, [&](const StateQuery& state, Timestamp clock) { give(state, clock); });
    position_ += burst.size();
    apply();
}

/// A query of a frame in `burst`, or an empty burst at the end of the input.
template <class Query>
void WindowTeam::take(const Query& query, Burst burst) {
    if (members_.size() == 1 && timing_.goes_straight_on(query) && !is_catching_up()) {
        return members_.front()->worker.add(query);
    }
    timing_.take(query, burst, [&](const StateQuery& state, Timestamp clock) { give(state, clock); });
}

void WindowTeam::give(const StateQuery& query, Timestamp clock) {
    if (is_catching_up()) {
        return;  // the checkpoint has it
    }
    Member& member = *members_[owners_[partition_of(query)]];
    if (members_.size() == 1) {
        return member.worker.add(query, clock);
    }
    member.queries.push_back(query);
    member.clocks.push_back(clock);
}

void WindowTeam::apply() {
    if (members_.size() > 1) {
        oneapi::tbb::parallel_for(std::size_t{0}, members_.size(), [&](std::size_t i) { members_[i]->take_share(); });
    }
}

/// The clock has come to where windows begin, end or close.
void WindowTeam::turn(Timestamp clock) {
    count_frames(clock);
    last_ = clock;  // the frame that brought it may be the first for long: what it closes has not ended early
    close(clock, {});
    steady_from_ = Timestamp::min();
    steady_to_ = Timestamp::max();
    for (const Series& series : series_) {
        steady_from_ = std::max(steady_from_, series.grid.start(series.number));
        steady_to_ = std::min(steady_to_, series.grid.end(series.number));
        for (const auto& [number, books] : series.windows) {
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
            series.windows[series.number].ledger += difference(now, series.since);
        }
        series.since = now;
        series.number = series.grid.number_of(clock);
        if (was_interrupted_) {
            series.windows[series.number].is_interrupted = true;
        }
    }
    was_interrupted_ = false;
}

void WindowTeam::finish(const Ledger& source) {
    if (is_catching_up()) {
        throw CheckpointError(
            fmt::format("the source ends after {} frames, but the checkpoint was made after {}: read what was read "
                        "then, or remove the checkpoint to begin anew",
                        position_, resumes_at_));
    }
    const auto give_one = [&](const StateQuery& state, Timestamp clock) { give(state, clock); };
    timing_.finish(last_, give_one);
    lines_.finish([&](const auto& query) { timing_.take_last(query, last_, give_one); });
    apply();
    count_frames(last_);
    close(Timestamp::max(), source);
}

/// Hands on all windows that close by `clock`.
void WindowTeam::close(Timestamp clock, const Ledger& source) {
    std::map<WindowKey, std::vector<std::unique_ptr<OpenWindow>>> closing;
    for (std::size_t i = 0; i < series_.size(); ++i) {
        for (const auto& [number, books] : series_[i].windows) {
            if (clock == Timestamp::max() || series_[i].grid.closes(number) <= clock) {
                for (std::size_t view = 0; view < view_count(); ++view) {
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
    for (const auto& [key, window] : carried_.windows()) {
        if (clock == Timestamp::max() || series_[key.length].grid.closes(key.number) <= clock) {
            closing[key];
        }
    }
    for (auto& [key, shares] : closing) {
        if (is_catching_up()) {
            continue;  // handed on before the checkpoint was made
        }
        ClosingWindow window{
            .key = key, .header = header(key, source), .shares = std::move(shares), .carried = carried_.take(key)};
        for (const auto& share : window.shares) {
            window.header.counts += share->counts();
        }
        on_closing_(std::move(window));
    }
    for (const auto& [key, shares] : closing) {
        series_[key.length].windows.erase(key.number);
    }
    pool_.set_aside(carried_.octets());
}

WindowHeader WindowTeam::header(const WindowKey& key, const Ledger& source) const {
    const Series& series = series_[key.length];
    WindowHeader header = header_of(config_.windows, line_config_, key);
    header.start = series.grid.is_whole() ? first_ : series.grid.start(key.number);
    header.end = series.grid.is_whole() ? last_ : series.grid.end(key.number);
    if (const auto books = series.windows.find(key.number); books != series.windows.end()) {
        header.ledger = books->second.ledger;
        if (books->second.is_interrupted) {
            header.add_gap(Gap::interrupted);
        }
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
    }
    header.completeness = header.gaps != 0 ? Completeness::no : Completeness::unknown;
    return header;
}

void WindowTeam::for_each_snapshot(const std::function<void(const WindowKey&, const ClosedWindow&)>& visit) {
    std::map<WindowKey, std::vector<const OpenWindow*>> open;
    for_each_open([&](const OpenWindow& share) { open[share.key()].push_back(&share); });
    for (const auto& [key, shares] : open) {
        WindowHeader header = header_of(config_.windows, line_config_, key);
        header.completeness = Completeness::yes;  // what is missing stands in the books
        std::vector<const WindowPart*> parts;
        for (const OpenWindow* const share : shares) {
            header.counts += share->counts();
            parts.push_back(&share->part());
        }
        visit(key, assemble(std::move(header), parts, sample_key()));
    }
    for (const auto& [key, window] : carried_.windows()) {
        visit(key, window);
    }
}

RunBooks WindowTeam::books() const {
    const Ledger now = lines_.ledger();
    RunBooks books;
    books.frames = position_;
    books.first = first_;
    books.last = last_;
    for (const Series& series : series_) {
        books.series.push_back({.number = series.number, .windows = series.windows});
        books.series.back().windows[series.number].ledger += difference(now, series.since);
    }
    books.fragments_held = static_cast<std::uint64_t>(now.held(Stage::frame));
    books.segments_held = static_cast<std::uint64_t>(now.held(Stage::segment));
    timing_.for_each_waiting([&](const WaitingQuery& waiting) { books.waiting.push_back(waiting); });
    return books;
}

void WindowTeam::resume(Checkpoint&& checkpoint, Resumption how) {
    const auto has_view = [&](std::uint16_t view) { return view < view_count(); };
    if (checkpoint.head.books.series.size() != series_.size() ||
        !std::ranges::all_of(checkpoint.windows, has_view, [](const auto& window) { return window.key.view; }) ||
        !std::ranges::all_of(checkpoint.head.books.waiting, has_view,
                             [](const auto& waiting) { return waiting.query.view; })) {
        throw CheckpointError("the checkpoint is of other windows; remove it to begin anew");
    }
    if (checkpoint.head.filter_octets != filter_octets()) {
        throw CheckpointError(
            fmt::format("the checkpoint has a repeat filter of {} octets, and this run one of {}: give the --budget "
                        "and --workers it was made with, or remove it to begin anew",
                        checkpoint.head.filter_octets, filter_octets()));
    }
    resumes_at_ = checkpoint.head.books.frames;
    if (how == Resumption::again) {
        awaited_ = std::move(checkpoint);
        return;
    }
    const RunBooks books = std::move(checkpoint.head.books);
    position_ = resumes_at_;
    take_up(std::move(checkpoint));
    go_onward(books);
}

/// Takes over windows and filter; the source stands where they were written.
void WindowTeam::take_up(Checkpoint&& checkpoint) {
    std::span<const std::byte> filter(checkpoint.filter);
    for (auto& member : members_) {
        const std::size_t octets = member->worker.filter().octets();
        member->worker.load_filter(filter.first(octets));
        filter = filter.subspan(octets);
    }
    for (CheckpointWindow& carried : checkpoint.windows) {
        carried_.add(carried.key, std::move(carried.window), sample_key());
    }
    pool_.set_aside(carried_.octets());
}

/// Takes over what had been counted in the source, the end of what the process before had of it.
void WindowTeam::go_onward(const RunBooks& books) {
    first_ = books.first;
    last_ = books.last;
    for (std::size_t i = 0; i < series_.size(); ++i) {
        Series& series = series_[i];
        series.number = books.series[i].number;
        series.windows = books.series[i].windows;
        Ledger& ledger = series.windows[series.number].ledger;
        ledger.drop(Drop::fragment_incomplete, books.fragments_held);
        ledger.drop(Drop::segment_incomplete, books.segments_held);
        for (auto& [number, window] : series.windows) {
            window.is_interrupted = true;
        }
    }
    for (const auto& [key, window] : carried_.windows()) {
        series_[key.length].windows[key.number].is_interrupted = true;
    }
    was_interrupted_ = true;
    for (const WaitingQuery& waiting : books.waiting) {
        timing_.wait(waiting);
    }
    timing_.finish(last_, [&](const StateQuery& state, Timestamp clock) { give(state, clock); });
    apply();
}

}  // namespace echotap
