// SPDX-License-Identifier: Apache-2.0
// One live worker: bursts of its frames go in; its shares of windows come out as they close.
//
//     burst -> line -> queries -> their owners (own ones at once, others through the exchange)
//     own and others' queries -> WindowWorker -> shares -> the assembling thread
//
// A worker waits for nobody. A window closes when the clocks of all workers have passed its end and grace, and all
// queries up to there have been taken out of the rings; then its share is handed over by pointer.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "config/line_config.hpp"
#include "dataplane/line.hpp"
#include "dataplane/state/hand_over.hpp"
#include "dataplane/state/query_exchange.hpp"
#include "dataplane/state/query_timing.hpp"
#include "dataplane/state/snapshot.hpp"
#include "dataplane/state/window_books.hpp"
#include "dataplane/state/window_worker.hpp"
#include "dataplane/state/worker_picture.hpp"

namespace echotap {

/// What one worker has of a window that closed: its frames, and its queriers in every view that it had some of.
struct LiveShare {
    WindowPlace place;
    Ledger ledger;
    std::vector<std::unique_ptr<OpenWindow>> windows;  // ascending by view
};

/// The worker that owns the queriers of each partition.
using PartitionOwners = std::array<std::uint8_t, partition_count>;

/// All of one worker. Calls belong to the worker's thread, but for those of the assembling thread at the end.
class LiveWorker {
public:
    /// Owns partitions `first_partition` up to, not including, `end_partition`. What is given by reference must outlive
    /// the worker.
    LiveWorker(unsigned number, const LineConfig& line, const StateConfig& config, BlockPool& pool,
               QueryExchange& exchange, const PartitionOwners& owners, unsigned first_partition, unsigned end_partition,
               std::size_t shares_waiting);

    /// Makes resident what would otherwise be while frames wait. Before the first burst; some milliseconds.
    void warm_up() const { worker_.filter().populate(); }

    // Before the first burst: what another process had come to.

    /// The part of its repeat filter that is this worker's. False where the size differs.
    std::size_t filter_octets() const { return worker_.filter().octets(); }
    bool load_filter(std::span<const std::byte> image) { return worker_.load_filter(image); }
    /// A query of one of its queriers that had waited.
    void take_up(const StateQuery& query, Timestamp clock) { worker_.add(query, clock); }

    /// The frames and their octets live until the call returns. Clocks are those of the worker's own frames.
    void feed(Burst burst);

    /// There is nothing to feed at the moment: takes what others have left, and goes on to `clock` where that is later
    /// than the last. To be called often, since other workers' queries wait for it.
    void idle(Timestamp clock);

    /// No frame will come any more; idle() goes on taking what others leave.
    void finish();

    /// Nobody will leave anything any more: hands over all that is open.
    void end();

    // The assembling thread.

    HandOver<LiveShare>& shares() { return shares_; }
    /// Every share of windows that close by this time is in shares(), and none of them will follow.
    Timestamp closed_to() const { return closed_to_.load(std::memory_order_acquire); }

    SnapshotTaker& snapshot() { return snapshot_; }
    PictureDesk& pictures() { return pictures_; }

    /// After end(), and once its thread is known to be done.
    Ledger ledger() const;

private:
    /// Queries that go to one other worker with the next push.
    struct Staged {
        std::array<TravellingQuery, 32> queries;
        std::size_t count = 0;
    };

    void take_steady(Burst burst);
    void give(const StateQuery& query, Timestamp clock);
    void send(unsigned owner);
    void send_all();
    void reach(Timestamp clock);
    void serve();
    WorkerPicture draw();
    void close(Timestamp earliest);
    void hand_over(Timestamp clock);
    void set_closed(Timestamp clock);

    const unsigned number_;
    QueryExchange& exchange_;
    const PartitionOwners& owners_;
    Line line_;
    QueryTiming timing_;
    WindowWorker worker_;
    WindowBooks books_;
    std::vector<Staged> staged_;  // by owner
    std::uint64_t dropped_ = 0;   // queries that found the ring to their owner full
    std::uint64_t dropped_minimised_ = 0;
    HandOver<LiveShare> shares_;
    SnapshotTaker snapshot_;
    PictureDesk pictures_;
    std::atomic<Timestamp> closed_to_ = Timestamp::min();
    Timestamp closed_ = Timestamp::min();    // what closed_to_ will be once all shares are in the queue
    Timestamp earliest_ = Timestamp::min();  // clock of all workers, at the last look
    Timestamp next_close_ = Timestamp::min();
    Timestamp clock_ = Timestamp::min();
    bool is_finished_ = false;
};

}  // namespace echotap
