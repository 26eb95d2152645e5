// SPDX-License-Identifier: Apache-2.0
// Windows that are still open, read while they are counted in: a request goes to every worker; pieces come back, and
// are gathered to copies that assemble() puts together.
//
// A worker copies one bounded piece between two bursts, and none while its queue is full, so a snapshot of any size
// stalls nobody. A window that closes meanwhile drops out of the snapshot: it comes as a closed one.
//
// For a checkpoint the repeat filter is copied as well, after the windows: it then knows of all that these have
// counted, and a process that goes on from there counts no question twice.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "dataplane/state/hand_over.hpp"
#include "dataplane/state/part_copy.hpp"
#include "dataplane/state/query_timing.hpp"
#include "dataplane/state/window_books.hpp"
#include "dataplane/state/window_worker.hpp"

namespace echotap {

struct SnapshotPiece {
    enum class Kind : std::uint8_t { some_of_window, last_of_window, some_of_filter, last_of_worker };

    /// Of the filter, in a piece: 32 KiB are copied in some microseconds.
    static constexpr std::size_t filter_octets_max = std::size_t{32} << 10U;

    Kind kind = Kind::some_of_window;
    WindowKey key;   // some_of_window, last_of_window
    PartPiece part;  // some_of_window, last_of_window
    // last_of_window
    WindowCounts counts;
    PartCounts part_counts;
    std::uint32_t sample_size = 0;
    std::uint64_t querier_bound = 0;
    // some_of_filter
    std::uint64_t filter_offset = 0;  // in the worker's image
    std::vector<std::byte> filter;
    // last_of_worker
    std::map<WindowPlace, Ledger> ledgers;
    Ledger running;                     // of all that the worker has had
    std::vector<WaitingQuery> waiting;  // that wait for their time
    std::set<WindowPlace> closed;       // while the snapshot was taken
};

/// A worker's side.
class SnapshotTaker {
public:
    /// So many pieces, of some 60 KiB each, go to and fro between the two threads.
    static constexpr std::size_t pieces_max = 16;

    /// The gathering thread wants a snapshot; the one before must be complete. It makes the pieces with the first
    /// request: memory that the worker would have to ask for cost it half a millisecond now and then.
    /// The filter comes along where the snapshot is for a checkpoint.
    void request(bool with_filter);
    /// The gathering thread: the next piece that is filled, or null. It must be given back.
    std::unique_ptr<SnapshotPiece> take() { return filled_.take(); }
    void give_back(std::unique_ptr<SnapshotPiece> piece);

    /// The worker: is there anything to do?
    bool is_due() const { return is_taking_ || wanted_.load(std::memory_order_relaxed) != begun_; }
    /// The worker: copies a piece. `ledger` is its running one, which `books` knows.
    void take_some(WindowWorker& worker, const WindowBooks& books, const QueryTiming& timing, const Ledger& ledger);
    /// The worker: a window has closed.
    void forget(const WindowPlace& place) {
        if (is_taking_) {
            closed_.insert(place);
        }
    }

private:
    void begin(WindowWorker& worker);
    void copy_filter(const RepeatFilter& filter, SnapshotPiece& piece);

    std::atomic<std::uint64_t> wanted_ = 0;
    bool wants_filter_ = false;  // written before wanted_
    std::uint64_t begun_ = 0;
    bool is_taking_ = false;
    std::vector<WindowKey> keys_;    // of the windows to copy, the next one last
    PartCopier copier_;              // of the next one
    std::uint64_t filter_left_ = 0;  // octets that are to be copied
    std::set<WindowPlace> closed_;
    HandOver<SnapshotPiece> filled_{pieces_max};
    HandOver<SnapshotPiece> empty_{pieces_max};
    bool has_pieces_ = false;  // the gathering thread's
};

/// The gathering side: all pieces of one snapshot, of all workers.
class SnapshotGatherer {
public:
    explicit SnapshotGatherer(unsigned workers) : copies_(workers), filters_(workers), workers_left_(workers) {}

    /// A piece of a worker's filter, with what is not zero.
    struct FilterPiece {
        std::uint64_t offset = 0;
        std::vector<std::byte> octets;
    };

    void add(unsigned worker, const SnapshotPiece& piece);
    bool is_complete() const { return workers_left_ == 0; }
    /// Octets of memory in what has come so far.
    std::size_t octets() const;

    // REQUIRES, of the following: is_complete().

    /// Windows that some worker has frames or queries of, and none has closed.
    std::set<WindowPlace> places() const;
    const Ledger& ledger(const WindowPlace& place) { return ledgers_[place]; }
    const WindowCounts& counts(const WindowKey& key) { return counts_[key]; }
    std::vector<PartCopy*> copies(const WindowKey& key);
    /// Windows that some worker has queries of.
    std::vector<WindowKey> keys() const;
    /// Whether some window was closed by some worker meanwhile.
    bool has_closed() const { return !closed_.empty(); }
    /// In ascending order of their offsets.
    const std::vector<FilterPiece>& filter(unsigned worker) const { return filters_[worker]; }
    /// All that the workers have had.
    const Ledger& running() const { return running_; }
    const std::vector<WaitingQuery>& waiting() const { return waiting_; }

private:
    std::vector<std::map<WindowKey, PartCopy>> copies_;  // by worker
    std::map<WindowKey, WindowCounts> counts_;
    std::map<WindowPlace, Ledger> ledgers_;
    std::set<WindowPlace> closed_;
    std::vector<std::vector<FilterPiece>> filters_;  // by worker
    std::size_t filter_octets_ = 0;
    Ledger running_;
    std::vector<WaitingQuery> waiting_;
    unsigned workers_left_;
};

}  // namespace echotap
