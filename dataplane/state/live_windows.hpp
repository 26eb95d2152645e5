// SPDX-License-Identifier: Apache-2.0
// Live workers to windows: the shares that workers hand over go in, closing windows come out on the assembling thread.
//
//     LiveWindows windows("eth1", line, config, 2, {}, [](ClosingWindow&& window) { ... assemble() ... });
//     each worker's thread:     windows.worker(n).feed(burst) or .idle(clock), at last .finish() and .end()
//     the assembling thread:    windows.poll(loss) now and then, windows.finish(loss) when all workers have ended
//
// A window is there when every worker has closed it. What it takes to put it together, and to give its memory back,
// happens here and never on a worker.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "dataplane/state/carried_run.hpp"
#include "dataplane/state/closed_window.hpp"
#include "dataplane/state/closing_window.hpp"
#include "dataplane/state/live_worker.hpp"

namespace echotap {

/// What an open window holds so far.
struct OpenSnapshot {
    WindowKey key;
    ClosedWindow window;  // that has ended early
};

/// Octets of the memory budget by what they are for.
struct StateMemory {
    std::size_t budget = 0;
    std::size_t windows_taken = 0;  // by open windows, and closed ones until they are put together
    std::size_t windows_max = 0;
    std::size_t filter = 0;          // fixed: tables of the repeat filter
    std::size_t exchange = 0;        // fixed: rings between workers
    std::size_t reassembly_max = 0;  // at most, for fragments and streams
};

/// What a checkpoint of running workers holds; its head lacks the settings.
struct LiveCheckpoint {
    CheckpointHead head;
    std::vector<SnapshotGatherer::FilterPiece> filter;  // by their offsets in the image of all partitions
    std::vector<CheckpointWindow> windows;
};

struct LiveLimits {
    std::size_t queries_waiting = 2048;  // for another worker, for each pair of workers
    std::size_t shares_waiting = 64;     // of each worker for the assembling thread; what finds no room waits on
};

/// What ports and rings have lost since the tap was opened.
struct TapLoss {
    Ledger ledger;         // drops of Stage::source
    bool is_known = true;  // every port counts what it loses
};

/// Made and destroyed by the assembling thread, which every call is for; workers call worker(n) alone.
class LiveWindows {
public:
    using OnClosing = std::function<void(ClosingWindow&&)>;

    /// 1 to partition_count workers. `on_closing` is called by poll() and finish(), for each window in the order of
    /// closing: of one moment, by length, view, start. A closing window must not outlive this, whose memory it holds.
    /// A window that closes again, after a clock was set back by more than an hour, is handed on again with what came
    /// since. `tap` names what is listened to, here and nowhere else: windows of one tap and time are not merged with
    /// each other. Throws std::runtime_error where the memory budget is too small.
    LiveWindows(std::string tap, const LineConfig& line, const WindowConfig& windows, unsigned workers,
                const LiveLimits& limits, OnClosing on_closing, const HashKey& table_key = HashKey::random());

    LiveWorker& worker(unsigned number) { return *workers_[number]; }
    unsigned workers() const { return exchange_.workers(); }

    /// Goes on from a checkpoint of a LiveWindows with the same table key and settings. To be called before the first
    /// burst, by whoever warms the workers up. Windows of `closed` do not go on: all that was in them is safe
    /// elsewhere. Those of the same place in other views do. Throws CheckpointError where it does not fit.
    void resume(Checkpoint&& checkpoint, const std::set<WindowKey>& closed);

    /// Takes what the workers have handed over. What was lost since the last call is counted in the window that the
    /// clock stands in. Returns how many windows were handed on.
    std::size_t poll(const TapLoss& loss);

    /// Asks the workers for what their open windows hold. poll() gathers it. False, and nothing is asked, while a
    /// snapshot or a checkpoint is being taken.
    bool request_snapshot() { return request(false); }
    /// The open windows by key, once all of the workers have copied theirs; empty before. Puts them together, so it
    /// takes as long as for closed ones.
    std::vector<OpenSnapshot> take_snapshot();

    /// The same for a checkpoint, with the repeat filter.
    bool request_checkpoint() { return request(true); }
    /// Whether there is one to take.
    bool has_checkpoint() const { return snapshot_ && is_for_checkpoint_ && snapshot_->is_complete(); }
    /// Takes it; nothing where a window is closed by some workers and not by all: that is over soon. As long as for
    /// take_snapshot(). REQUIRES: has_checkpoint().
    std::optional<LiveCheckpoint> take_checkpoint();

    const HashKey& table_key() const { return config_.table_key; }

    /// Asks the workers how they stand; pictures() has it some bursts later. Not for the snapshot of a window, which is
    /// much more.
    void ask_pictures();
    /// How every worker stood when it was asked last; empty before all have answered.
    std::vector<WorkerPicture> pictures() const;
    /// What takes memory of the budget now, and may.
    StateMemory memory() const;
    /// Queries that wait for `worker` in the rings of the others, about.
    std::size_t queries_waiting(unsigned worker) const { return exchange_.waiting(worker); }

    /// All workers have ended, and their threads are known to be done: all other windows are handed on.
    void finish(const TapLoss& loss);

    /// Frames and queries of all workers. After finish().
    Ledger ledger() const;

    /// How often a worker found the queue of shares full. Any time.
    std::uint64_t times_full() const;

private:
    struct Gathered {
        Ledger ledger;
        std::map<std::uint16_t, std::vector<std::unique_ptr<OpenWindow>>> windows;  // by view
        std::size_t shares = 0;
    };

    bool request(bool for_checkpoint);
    void gather();
    void leave_room();
    std::set<WindowPlace> open_places() const;
    RunBooks open_books();
    ClosedWindow copy_of(const WindowKey& key, WindowHeader header);
    std::uint16_t open_view(const WindowPlace& place) const;
    void complete(ClosingWindow& window, Ledger ledger, const Ledger& lost) const;
    std::size_t hand_on(Timestamp closed_to);
    std::vector<ClosingWindow> windows_of(const WindowPlace& place, Gathered gathered);
    std::size_t views() const { return std::max<std::size_t>(line_config_.authorities.size(), 1); }
    void count_lost(const Ledger& lost);
    void judge(WindowHeader& header, const WindowPlace& place) const;
    HashKey sample_key() const { return {config_.windows.sample_key[0], config_.windows.sample_key[1]}; }

    std::string tap_;
    LineConfig line_config_;
    StateConfig config_;
    OnClosing on_closing_;
    std::size_t exchange_octets_;
    BlockPool pool_;
    const std::size_t assembling_octets_{pool_.octets_max()};  // as much again as the open windows may take
    QueryExchange exchange_;
    PartitionOwners owners_{};
    std::vector<std::unique_ptr<LiveWorker>> workers_;
    std::map<WindowPlace, Gathered> gathered_;
    WindowBooks losses_;  // by the clock of the worker that is ahead
    TapLoss loss_;
    std::optional<SnapshotGatherer> snapshot_;
    bool is_for_checkpoint_ = false;
    CarriedRun before_;           // what another process began
    std::set<WindowKey> closed_;  // windows of that process that do not go on
};

}  // namespace echotap
