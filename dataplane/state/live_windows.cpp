// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/live_windows.hpp"

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
}

void LiveWindows::request_snapshot() {
    if (!snapshot_) {
        snapshot_.emplace(workers());
        for (const auto& worker : workers_) {
            worker->snapshot().request();
        }
    }
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
    if (!snapshot_ || !snapshot_->is_complete()) {
        return snapshots;
    }
    const std::map<WindowPlace, Ledger> lost = losses_.open(loss_.ledger);
    for (std::uint16_t view = 0; view < views(); ++view) {
        for (const WindowPlace& place : snapshot_->places()) {
            ClosingWindow window;
            window.key = {.length = place.first, .view = view, .number = place.second};
            const auto own_lost = lost.find(place);
            complete(window, snapshot_->ledger(place), own_lost == lost.end() ? Ledger{} : own_lost->second);
            window.header.counts = snapshot_->counts(window.key);
            const std::vector<PartCopy*> copies = snapshot_->copies(window.key);
            const auto& key = config_.windows.sample_key;
            snapshots.push_back(
                {window.key, assemble(window.header, std::span<PartCopy* const>(copies), {key[0], key[1]})});
        }
    }
    std::ranges::sort(snapshots, {}, &OpenSnapshot::key);
    snapshot_.reset();
    return snapshots;
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

/// A window in every view.
std::vector<ClosingWindow> LiveWindows::windows_of(const WindowPlace& place, Gathered gathered) {
    const Ledger lost = losses_.take(place);
    std::vector<ClosingWindow> windows;
    for (std::uint16_t view = 0; view < views(); ++view) {
        ClosingWindow& window = windows.emplace_back();
        window.key = {.length = place.first, .view = view, .number = place.second};
        window.shares = std::move(gathered.windows[view]);
        complete(window, gathered.ledger, lost);
        for (const auto& share : window.shares) {
            window.header.counts += share->counts();
        }
    }
    return windows;
}

/// Writes the header, but for the counts, of the frames that came and the frames that did not. Those that came are
/// known by the clock of each, the others by when it was noticed.
void LiveWindows::complete(ClosingWindow& window, Ledger ledger, const Ledger& lost) const {
    const WindowGrid& grid = losses_.grid(window.key.length);
    const TapTimes times = exchange_.times();
    const std::uint64_t frames = ledger.in[static_cast<std::size_t>(Stage::frame)];
    for (const DropInfo& row : drop_table) {
        ledger.drop(row.drop, row.stage == Stage::source ? lost.drops[static_cast<std::size_t>(row.drop)] : 0);
    }
    ledger.enter(Stage::source, frames + lost.dropped(Stage::source));
    ledger.pass(Stage::source, frames);

    WindowHeader& header = window.header;
    header = header_of(config_.windows, line_config_, window.key);
    header.ledger = ledger;
    if (!grid.is_whole()) {
        header.start = grid.start(window.key.number);
        header.end = grid.end(window.key.number);
    } else if (times.first_frame <= times.last_frame) {
        header.start = times.first_frame;
        header.end = times.last_frame;
    }
    if (times.begun <= times.reached) {
        // What was heard of the window, so that two runs of a tap within one window can be merged.
        const Timestamp from = grid.is_whole() ? times.begun : std::max(times.begun, header.start);
        const Timestamp to = grid.is_whole() ? times.reached : std::min(times.reached, header.end);
        header.sources = {SourceDigest::of_live(tap_, from, to)};
    }
    judge(header, times);
}

/// Does the window have all that passed its tap?
void LiveWindows::judge(WindowHeader& header, const TapTimes& times) const {
    const bool is_whole = header.length == std::chrono::seconds(0);
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
