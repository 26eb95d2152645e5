// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/live_windows.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "dataplane/state/assemble.hpp"
#include "dataplane/state/memory_plan.hpp"

namespace echotap {

namespace {

/// Blocks that are made resident ahead of need, for each worker: when a window begins, every table asks for its first.
constexpr std::size_t blocks_ready_per_worker = 8;

MemoryPlan plan(const LineConfig& line, const WindowConfig& windows, unsigned workers, const LiveLimits& limits) {
    return MemoryPlan::of(windows, line, workers, QueryExchange::octets(workers, limits.queries_waiting));
}

}  // namespace

LiveWindows::LiveWindows(std::string tap, const LineConfig& line, const WindowConfig& windows, unsigned workers,
                         const LiveLimits& limits, OnClosing on_closing, const HashKey& table_key)
    : tap_(std::move(tap)),
      line_config_(line),
      config_{.windows = windows,
              .table_key = table_key,
              .filter_octets = plan(line, windows, workers, limits).filter_octets},
      on_closing_(std::move(on_closing)),
      exchange_octets_(QueryExchange::octets(workers, limits.queries_waiting)),
      pool_(plan(line, windows, workers, limits).pool_octets, blocks_ready_per_worker * workers),
      exchange_(workers, limits.queries_waiting),
      losses_(windows) {
    for (unsigned i = 0; i < workers; ++i) {
        const unsigned first = i * partition_count / workers;
        const unsigned end = (i + 1) * partition_count / workers;
        std::fill(owners_.begin() + first, owners_.begin() + end, static_cast<std::uint8_t>(i));
        workers_.push_back(std::make_unique<LiveWorker>(i, line_config_, config_, pool_, exchange_, owners_, first, end,
                                                        limits.shares_waiting));
    }
}

std::size_t LiveWindows::poll(const TapLoss& loss) {
    Timestamp closed_to = Timestamp::max();
    for (const auto& worker : workers_) {
        closed_to = std::min(closed_to, worker->closed_to());
    }
    gather();
    loss_ = loss;
    count_lost(loss.ledger);
    // Whether there was loss at the very end is known at the end.
    return closed_to == Timestamp::max() ? 0 : hand_on(closed_to);
}

void LiveWindows::finish(const TapLoss& loss) {
    for (bool is_done = false; !std::exchange(is_done, true);) {
        gather();
        for (const auto& worker : workers_) {
            is_done = worker->shares().retry() && is_done;
        }
    }
    gather();
    loss_ = loss;
    count_lost(loss.ledger);
    losses_.finish(loss.ledger);
    hand_on(Timestamp::max());
}

void LiveWindows::gather() {
    for (const auto& worker : workers_) {
        while (const std::unique_ptr<LiveShare> share = worker->shares().take()) {
            Gathered& gathered = gathered_[share->place];
            gathered.ledger += share->ledger;
            ++gathered.shares;
            for (auto& window : share->windows) {
                gathered.windows[window->key().view].push_back(std::move(window));
            }
        }
    }
    for (unsigned i = 0; snapshot_ && i < workers(); ++i) {
        SnapshotTaker& taker = workers_[i]->snapshot();
        while (std::unique_ptr<SnapshotPiece> piece = taker.take()) {
            snapshot_->add(i, *piece);
            taker.give_back(std::move(piece));
        }
    }
    leave_room();
}

/// What there is beside the open windows comes off what they may take: windows of a process before, and of a snapshot
/// what does not fit into the half of the budget in which closing windows are put together. The windows that are made
/// of the copies take as much again.
void LiveWindows::leave_room() {
    const std::size_t copied = snapshot_ ? 2 * snapshot_->octets() : 0;
    pool_.set_aside(before_.windows().octets() + copied - std::min(copied, assembling_octets_));
}

bool LiveWindows::request(bool for_checkpoint) {
    if (snapshot_) {
        return false;
    }
    snapshot_.emplace(workers());
    is_for_checkpoint_ = for_checkpoint;
    for (const auto& worker : workers_) {
        worker->snapshot().request(for_checkpoint);
    }
    return true;
}

/// What the snapshot has of a window.
ClosedWindow LiveWindows::copy_of(const WindowKey& key, WindowHeader header) {
    header.counts = snapshot_->counts(key);
    const std::vector<PartCopy*> copies = snapshot_->copies(key);
    return assemble(std::move(header), std::span<PartCopy* const>(copies), sample_key());
}

/// Windows of all views that are open, as the snapshot has them or a process before.
std::set<WindowPlace> LiveWindows::open_places() const {
    std::set<WindowPlace> places = snapshot_->places();
    places.merge(before_.places());
    return places;
}

void LiveWindows::ask_pictures() {
    for (const auto& worker : workers_) {
        worker->pictures().ask();
    }
}

std::vector<WorkerPicture> LiveWindows::pictures() const {
    std::vector<WorkerPicture> all;
    for (const auto& worker : workers_) {
        if (const WorkerPicture* picture = worker->pictures().picture()) {
            all.push_back(*picture);
        }
    }
    return all.size() == workers_.size() ? all : std::vector<WorkerPicture>();
}

StateMemory LiveWindows::memory() const {
    const std::size_t reassembly = line_config_.fragments.octets_max + line_config_.tcp.octets_max;
    return {.budget = config_.windows.memory_budget,
            .windows_taken = pool_.octets_taken(),
            .windows_max = pool_.octets_max(),
            .filter = config_.filter_octets * partition_count,
            .exchange = exchange_octets_,
            .reassembly_max = reassembly * workers_.size()};
}

std::vector<OpenSnapshot> LiveWindows::take_snapshot() {
    std::vector<OpenSnapshot> snapshots;
    if (!snapshot_ || is_for_checkpoint_ || !snapshot_->is_complete()) {
        return snapshots;
    }
    const std::map<WindowPlace, Ledger> lost = losses_.open(loss_.ledger);
    for (std::uint16_t view = 0; view < views(); ++view) {
        for (const WindowPlace& place : open_places()) {
            ClosingWindow window;
            window.key = {.length = place.first, .view = view, .number = place.second};
            if (closed_.contains(window.key) && snapshot_->copies(window.key).empty()) {
                continue;
            }
            const auto own_lost = lost.find(place);
            complete(window, snapshot_->ledger(place), own_lost == lost.end() ? Ledger{} : own_lost->second);
            ClosedWindow copy = copy_of(window.key, window.header);
            const auto carried = before_.windows().windows().find(window.key);
            if (carried != before_.windows().windows().end()) {
                copy = unite_run(copy, carried->second, sample_key());
            }
            snapshots.push_back({window.key, std::move(copy)});
        }
    }
    std::ranges::sort(snapshots, {}, &OpenSnapshot::key);
    snapshot_.reset();
    leave_room();
    return snapshots;
}

std::optional<LiveCheckpoint> LiveWindows::take_checkpoint() {
    const bool is_closing = snapshot_->has_closed() ||
                            std::ranges::any_of(gathered_, [](const auto& one) { return one.second.shares != 0; });
    if (is_closing) {
        snapshot_.reset();
        return std::nullopt;
    }
    LiveCheckpoint checkpoint;
    checkpoint.head.table_key = config_.table_key;
    checkpoint.head.filter_octets = config_.filter_octets * partition_count;
    checkpoint.head.books = open_books();
    std::uint64_t offset = 0;
    for (unsigned i = 0; i < workers(); ++i) {
        for (const SnapshotGatherer::FilterPiece& piece : snapshot_->filter(i)) {
            checkpoint.filter.push_back({.offset = offset + piece.offset, .octets = piece.octets});
        }
        offset += workers_[i]->filter_octets();
    }
    for (const WindowKey& key : snapshot_->keys()) {
        WindowHeader header = header_of(config_.windows, line_config_, key);
        header.completeness = Completeness::yes;  // what is missing stands in the books
        checkpoint.windows.push_back({.key = key, .window = copy_of(key, std::move(header))});
    }
    for (const auto& [key, window] : before_.windows().windows()) {
        checkpoint.windows.push_back({.key = key, .window = window});
    }
    snapshot_.reset();
    leave_room();
    return checkpoint;
}

/// Where the workers stand, and what has been counted in open windows.
RunBooks LiveWindows::open_books() {
    const TapTimes times = before_.with(exchange_.times());
    const Ledger& running = snapshot_->running();
    RunBooks books;
    books.frames = before_.frames() + running.in[static_cast<std::size_t>(Stage::frame)];
    books.first = times.begun;
    books.last = times.reached;
    books.fragments_held = static_cast<std::uint64_t>(running.held(Stage::frame));
    books.segments_held = static_cast<std::uint64_t>(running.held(Stage::segment));
    books.waiting = snapshot_->waiting();
    for (std::size_t i = 0; i < config_.windows.lengths.size(); ++i) {
        const WindowGrid& grid = losses_.grid(static_cast<std::uint16_t>(i));
        books.series.emplace_back().number = grid.number_of(books.first <= books.last ? books.last : Timestamp{});
    }
    const std::map<WindowPlace, Ledger> lost = losses_.open(loss_.ledger);
    for (const WindowPlace& place : open_places()) {
        ClosingWindow window;
        window.key = {.length = place.first, .view = open_view(place), .number = place.second};
        const auto own_lost = lost.find(place);
        complete(window, snapshot_->ledger(place), own_lost == lost.end() ? Ledger{} : own_lost->second);
        books.series[place.first].windows[place.second] = {.ledger = window.header.ledger,
                                                           .is_interrupted = window.header.has_gap(Gap::interrupted)};
    }
    return books;
}

/// A view whose window of the place has what a process before counted there; where there is none, any.
std::uint16_t LiveWindows::open_view(const WindowPlace& place) const {
    for (std::uint16_t view = 0; view < views(); ++view) {
        if (!closed_.contains({.length = place.first, .view = view, .number = place.second})) {
            return view;
        }
    }
    return 0;
}

void LiveWindows::resume(Checkpoint&& checkpoint, const std::set<WindowKey>& closed) {
    const CheckpointHead& head = checkpoint.head;
    const auto has_view = [&](std::uint16_t view) { return view < views(); };
    if (head.books.series.size() != config_.windows.lengths.size() ||
        !std::ranges::all_of(checkpoint.windows, has_view, [](const auto& window) { return window.key.view; }) ||
        !std::ranges::all_of(head.books.waiting, has_view, [](const auto& waiting) { return waiting.query.view; })) {
        throw CheckpointError("the checkpoint is of other windows; remove it to begin anew");
    }
    std::span<const std::byte> filter(checkpoint.filter);
    if (head.filter_octets != config_.filter_octets * partition_count || filter.size() != head.filter_octets) {
        throw CheckpointError(
            fmt::format("the checkpoint has a repeat filter of {} octets, and this run one of {}: give the --budget "
                        "and --workers it was made with, or remove it to begin anew",
                        head.filter_octets, config_.filter_octets * partition_count));
    }
    for (const auto& worker : workers_) {
        worker->load_filter(filter.first(worker->filter_octets()));
        filter = filter.subspan(worker->filter_octets());
    }
    for (const WaitingQuery& waiting : head.books.waiting) {
        StateQuery query = waiting.query;
        query.time = WildTimes<WaitingQuery>::agree(waiting.time, head.books.last) ? waiting.time : head.books.last;
        workers_[owners_[partition_of(query)]]->take_up(query, head.books.last);
    }
    closed_ = closed;
    std::erase_if(checkpoint.windows, [&](const CheckpointWindow& window) { return closed.contains(window.key); });
    before_ = CarriedRun(head.books, std::move(checkpoint.windows), sample_key());
    for (const WindowPlace& place : before_.places()) {
        if (closed_.contains({.length = place.first, .view = open_view(place), .number = place.second})) {
            before_.forget(place);
        } else {
            gathered_[place];  // closes even if nothing comes any more
        }
    }
    leave_room();
}

void LiveWindows::count_lost(const Ledger& lost) {
    const Timestamp clock = exchange_.times().reached;
    if (clock != Timestamp::min() && !losses_.is_steady(clock)) {
        losses_.turn(clock, lost);
    }
}

/// Hands on what has closed by `closed_to` with every worker; Timestamp::max(): all.
std::size_t LiveWindows::hand_on(Timestamp closed_to) {
    std::vector<std::pair<Timestamp, ClosingWindow>> due;
    for (auto next = gathered_.begin(); next != gathered_.end();) {
        const Timestamp closes = losses_.grid(next->first.first).closes(next->first.second);
        if (closes > closed_to) {
            ++next;
            continue;
        }
        const auto gathered = gathered_.extract(next++);
        for (ClosingWindow& window : windows_of(gathered.key(), std::move(gathered.mapped()))) {
            due.emplace_back(closed_to == Timestamp::max() ? closed_to : closes, std::move(window));
        }
    }
    std::ranges::sort(due, [](const auto& one, const auto& other) {
        return std::tie(one.first, one.second.key) < std::tie(other.first, other.second.key);
    });
    for (auto& [closes, window] : due) {
        on_closing_(std::move(window));
    }
    return due.size();
}

/// A window in every view in which it has not closed before.
std::vector<ClosingWindow> LiveWindows::windows_of(const WindowPlace& place, Gathered gathered) {
    const Ledger lost = losses_.take(place);
    const bool has_come = gathered.ledger.in[static_cast<std::size_t>(Stage::frame)] != 0 ||
                          lost.dropped(Stage::source) != 0 || !gathered.windows.empty();
    std::vector<ClosingWindow> windows;
    for (std::uint16_t view = 0; view < views(); ++view) {
        const WindowKey key{.length = place.first, .view = view, .number = place.second};
        if (!has_come && closed_.contains(key)) {
            continue;
        }
        ClosingWindow& window = windows.emplace_back();
        window.key = key;
        window.shares = std::move(gathered.windows[view]);
        window.carried = before_.take(window.key);
        complete(window, gathered.ledger, lost);
        for (const auto& share : window.shares) {
            window.header.counts += share->counts();
        }
    }
    before_.forget(place);
    leave_room();
    return windows;
}

/// Writes the header, but for the counts, of the frames that came and the frames that did not. Those that came are
/// known by the clock of each, the others by when it was noticed.
void LiveWindows::complete(ClosingWindow& window, Ledger ledger, const Ledger& lost) const {
    const WindowGrid& grid = losses_.grid(window.key.length);
    const WindowPlace place{window.key.length, window.key.number};
    const TapTimes own = exchange_.times();
    const TapTimes times = before_.with(own);
    const std::uint64_t frames = ledger.in[static_cast<std::size_t>(Stage::frame)];
    for (const DropInfo& row : drop_table) {
        ledger.drop(row.drop, row.stage == Stage::source ? lost.drops[static_cast<std::size_t>(row.drop)] : 0);
    }
    ledger.enter(Stage::source, frames + lost.dropped(Stage::source));
    ledger.pass(Stage::source, frames);

    WindowHeader& header = window.header;
    header = header_of(config_.windows, line_config_, window.key);
    header.ledger = ledger;
    const bool goes_on = !closed_.contains(window.key);
    if (goes_on) {
        header.ledger += before_.ledger(place);
    }
    if (!grid.is_whole()) {
        header.start = grid.start(window.key.number);
        header.end = grid.end(window.key.number);
    } else if (times.first_frame <= times.last_frame) {
        header.start = times.first_frame;
        header.end = times.last_frame;
    }
    // What was heard of the window, so that two runs of a tap within one window can be merged.
    std::vector<std::pair<Timestamp, Timestamp>> heard{{own.begun, own.reached}};
    if (goes_on) {
        heard.emplace_back(before_.first(), before_.last());
    }
    for (const auto& [first, last] : heard) {
        const Timestamp from = grid.is_whole() ? first : std::max(first, header.start);
        const Timestamp to = grid.is_whole() ? last : std::min(last, header.end);
        if (from <= to) {
            header.sources.push_back(SourceDigest::of_live(tap_, from, to));
        }
    }
    std::ranges::sort(header.sources);
    judge(header, place);
}

/// Does the window have all that passed its tap?
void LiveWindows::judge(WindowHeader& header, const WindowPlace& place) const {
    const bool is_whole = header.length == std::chrono::seconds(0);
    const TapTimes own = exchange_.times();
    const TapTimes times = before_.with(own);
    if (before_.interrupts(place, is_whole, header.start, header.end, own.begun)) {
        header.add_gap(Gap::interrupted);
    }
    if (!is_whole && header.start < times.begun) {
        header.add_gap(Gap::began_late);
    }
    if (!is_whole && header.end > times.reached) {
        header.add_gap(Gap::ended_early);
    }
    if (header.ledger.dropped(Stage::source) != 0 ||
        header.ledger.drops[static_cast<std::size_t>(Drop::query_ring_full)] != 0) {
        header.add_gap(Gap::frames_lost);
    }
    header.completeness = header.gaps != 0 ? Completeness::no : Completeness::yes;
    if (!loss_.is_known) {
        header.add_gap(Gap::source_unknown);
        header.completeness = std::max(header.completeness, Completeness::unknown);
    }
}

Ledger LiveWindows::ledger() const {
    Ledger sum;
    for (const auto& worker : workers_) {
        sum += worker->ledger();
    }
    return sum;
}

std::uint64_t LiveWindows::times_full() const {
    std::uint64_t sum = 0;
    for (const auto& worker : workers_) {
        sum += worker->shares().times_full();
    }
    return sum;
}

}  // namespace echotap
