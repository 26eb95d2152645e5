// SPDX-License-Identifier: Apache-2.0
// Captures to windows, with several workers side by side: bursts of a source go in, closing windows come out.
//
//     burst -> LineTeam (by innermost addresses) -> queries in order -> WindowWorkers (by hash of the querier) ->
//     shares
//
// Both phases fork and join within a burst. Everything that time decides (which window, late or not, wild or not, when
// a window closes) is decided by the clock that each frame carries and by its position in the source. So windows are
// the same for any bursts and any number of workers, unless a bound was reached.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "config/line_config.hpp"
#include "dataplane/line_team.hpp"
#include "dataplane/state/carried_windows.hpp"
#include "dataplane/state/checkpoint.hpp"
#include "dataplane/state/closing_window.hpp"
#include "dataplane/state/memory_plan.hpp"
#include "dataplane/state/query_timing.hpp"
#include "dataplane/state/window_books.hpp"
#include "dataplane/state/window_worker.hpp"

namespace echotap {

/// How a run goes on from a checkpoint.
enum class Resumption : std::uint8_t {
    again,   // the source is read again from its first frame: queries count from where the checkpoint was made
    onward,  // what comes next is new; what came in between is missing, and windows say so
};

/// One calling thread. Frames must be numbered (Frame::sequence) one after the other within a burst, as sources do.
class WindowTeam {
public:
    using OnClosing = std::function<void(ClosingWindow&&)>;

    /// 1 to partition_count workers. `on_closing` is called on the calling thread, for each window once, in the order
    /// of closing: of one moment, by length, view, start. A closing window must not outlive the team, whose memory it
    /// holds. Throws std::runtime_error where the memory budget is too small.
    WindowTeam(const LineConfig& line, const WindowConfig& windows, unsigned workers, OnClosing on_closing,
               const HashKey& table_key = HashKey::random());

    void feed(Burst burst);

    /// The input has ended: all windows close. `source` is what the source itself has counted; it is added to `whole`
    /// windows, since it goes by what was read and not by time.
    void finish(const Ledger& source = {});

    /// Goes on from a checkpoint of a team with the same table key and settings. To be called before the first frame.
    /// Where the source is read again, its frames are only parsed until it stands where the checkpoint was made, so
    /// that what had been put together and timed stands as it did. Throws CheckpointError where the checkpoint does not
    /// fit, as feed() and finish() do where the source is another one.
    void resume(Checkpoint&& checkpoint, Resumption how);
    /// Whether the source has not yet been read again up to where the checkpoint was made.
    bool is_catching_up() const { return position_ < resumes_at_; }

    // What a checkpoint holds, between two bursts. REQUIRES: some frame has come, and !is_catching_up().

    RunBooks books() const;
    const HashKey& table_key() const { return config_.table_key; }
    std::size_t filter_octets() const { return config_.filter_octets * partition_count; }
    /// Calls `visit(std::uint64_t offset, std::span<const std::byte> image)` for all of the repeat filter in order.
    template <class Visit>
    void for_each_filter(Visit&& visit) {
        std::uint64_t offset = 0;
        for (auto& member : members_) {
            member->worker.flush();
            const std::span<const std::byte> image = member->worker.filter().image();
            visit(offset, image);
            offset += image.size();
        }
    }
    /// Calls `visit` for every window that is open and has had queries, as CheckpointWindow has it; for one that a
    /// checkpoint brought a second time with what it brought. One window is put together at a time.
    void for_each_snapshot(const std::function<void(const WindowKey&, const ClosedWindow&)>& visit);

    /// Visits every open window, a share per worker: a running window can be read between two bursts.
    template <class Visit>
    void for_each_open(Visit&& visit) {
        for (auto& member : members_) {
            member->worker.for_each_open(visit);
        }
    }

    Ledger ledger() const { return lines_.ledger(); }

private:
    /// One worker's own; on cache lines of its own.
    struct alignas(64) Member {
        Member(const StateConfig& config, BlockPool& pool, unsigned first_partition, unsigned end_partition)
            : worker(config, pool, first_partition, end_partition) {}

        void take_share() {
            for (std::size_t i = 0; i < queries.size(); ++i) {
                worker.add(queries[i], clocks[i]);
            }
            queries.clear();
            clocks.clear();
        }

        WindowWorker worker;
        std::vector<StateQuery> queries;
        std::vector<Timestamp> clocks;
    };

    /// Frames are counted in the window of one series that the clock stands in.
    struct Series {
        WindowGrid grid;
        std::int64_t number = 0;
        Ledger since;                               // the line's when the clock came into window `number`
        std::map<std::int64_t, OpenBooks> windows;  // that have had frames and are open
    };

    void feed_all(Burst burst);
    void feed_quiet(Burst burst);
    template <class Query>
    void take(const Query& query, Burst burst);
    void give(const StateQuery& query, Timestamp clock);
    void apply();
    void turn(Timestamp clock);
    void count_frames(Timestamp clock);
    void close(Timestamp clock, const Ledger& source);
    void take_up(Checkpoint&& checkpoint);
    void go_onward(const RunBooks& books);
    HashKey sample_key() const { return {config_.windows.sample_key[0], config_.windows.sample_key[1]}; }
    std::size_t view_count() const { return std::max<std::size_t>(line_config_.authorities.size(), 1); }
    WindowHeader header(const WindowKey& key, const Ledger& source) const;

    LineConfig line_config_;
    StateConfig config_;
    OnClosing on_closing_;
    LineTeam lines_;
    BlockPool pool_;
    std::vector<std::unique_ptr<Member>> members_;
    std::array<std::uint8_t, partition_count> owners_{};  // of a partition
    QueryTiming timing_;
    std::vector<Series> series_;
    CarriedWindows carried_;
    std::optional<Checkpoint> awaited_;  // while the team catches up with it
    std::uint64_t resumes_at_ = 0;       // frames of the checkpoint
    bool was_interrupted_ = false;       // the next frame is the first after an interruption
    std::uint64_t position_ = 0;         // frames before the burst at hand
    Timestamp first_{};                  // clocks of the first and the last frame
    Timestamp last_{};
    Timestamp steady_from_ = Timestamp::max();  // no window begins, ends or closes while the clock is at or after this
    Timestamp steady_to_ = Timestamp::min();    // and before this
};

}  // namespace echotap
