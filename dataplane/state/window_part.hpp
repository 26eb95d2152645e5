// SPDX-License-Identifier: Apache-2.0
// All state of one worker, one window, one view: counted queries go in, in batches; a window's part comes out.
//
// Queriers are owned by workers, so the parts of a window have no querier in common: footprints add up, and putting the
// parts together is a union of disjoint sets. Memory comes from a BlockPool in blocks that never move; handing a part
// over is handing over pointers, and nothing grows all at once.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/state/doorkeeper.hpp"
#include "dataplane/state/eviction.hpp"
#include "dataplane/state/originator_table.hpp"
#include "dataplane/state/part_memory.hpp"
#include "dataplane/state/querier_table.hpp"
#include "dataplane/state/state_query.hpp"

namespace echotap {

struct PartConfig {
    HashKey table_key;                   // random per process: places in tables
    HashKey sample_key;                  // shared by sites that merge: which queriers a sample keeps
    std::uint32_t sample_size = 65'536;  // k: distinct queriers of an originator that are kept; at most 2^24
};

/// One originator or prefix as a part knows it. The spans live until the visitor returns.
struct OriginatorView {
    IpAddress address;          // of a prefix: its marked value, see unmark_prefix()
    std::uint64_t queries = 0;  // that counted
    Timestamp first;            // of those that counted, and were admitted
    Timestamp last;
    std::span<const std::int32_t> periods;       // floor(time / 600 s), ascending, distinct
    std::span<const std::uint32_t> queriers_v4;  // v4_number(), distinct, in no order
    std::span<const std::uint32_t> queriers_v6;  // WindowPart::querier_address(), distinct, in no order
    /// False: the queriers are all of them. True: there are more than k, and these hold at least the k with the
    /// smallest sample_hash() among all of this part.
    bool is_sampled = false;
};

/// What a part has counted. Every query given to add() is in exactly one of queries, minimised and refused.
struct PartCounts {
    std::uint64_t queries = 0;    // full ones, in the state of their originator
    std::uint64_t minimised = 0;  // in the state of their prefix
    std::uint64_t refused = 0;    // by the doorkeeper, or because memory had run out
    std::uint64_t evicted_originators = 0;
    std::uint64_t evicted_prefixes = 0;
    std::uint64_t evicted_queries = 0;  // that had been counted in what was evicted
    std::uint64_t incomplete = 0;       // of queries: there was no memory for the querier or the period, in some table

    bool any_bound_reached() const { return refused + evicted_originators + evicted_prefixes + incomplete != 0; }
    PartCounts& operator+=(const PartCounts& other);
    bool operator==(const PartCounts&) const = default;
};

/// Not thread-safe while queries are added; afterwards any number of threads may read. Movable.
class WindowPart {
public:
    static constexpr std::size_t batch_max = 64;
    /// Originators with so many queriers can be reported (requirements 1.4), and go last of all.
    static constexpr std::uint32_t large_footprint = Eviction::large_footprint;

    /// `pool` must outlive the part and gives the memory; when it has no more, queries are refused and counted.
    WindowPart(const PartConfig& config, BlockPool& pool);

    /// Fetches what add() touches first. To be called a pass ahead, for instance while the filter decides.
    void prefetch(const StateQuery& query) const {
        table(query.kind).prefetch_index(memory_, query);
        queriers_.prefetch(memory_, query);
    }

    /// Applies up to batch_max queries that count, all of this part's window and view, in their order.
    void add(std::span<StateQuery> batch);

    const PartCounts& counts() const { return counts_; }
    std::size_t originator_count(OriginatorKind kind) const { return table(kind).size(); }
    std::size_t querier_count() const { return queriers_.size(); }
    /// Of these the ones that halve_queriers() and thin_some() can take out.
    std::size_t thinnable_querier_count() const { return queriers_.thinnable(); }
    /// IPv6 queriers that have a number, and of these the ones whose number no originator refers to.
    std::size_t number_count() const { return queriers_.numbers().given(); }
    std::size_t idle_number_count() const { return queriers_.numbers().idle(); }
    /// Octets of memory that this part holds, and of these the ones that wait for new entries.
    std::size_t octets() const { return memory_.octets(); }
    std::size_t octets_free() const { return memory_.octets_free(); }

    // What gives way under a memory budget. Each call does a bounded piece of work, some 10 microseconds.

    /// From now on an originator gets state only at its second counted query (the first is refused), or no longer.
    /// False where there was no memory for the doorkeeper (6 MiB).
    bool guard(bool is_on);
    /// From now on what is left of the pool is kept for originators that have state, so that these stay whole: a new
    /// one gets only a slot that another gave back, unless its kind is rare.
    void keep_reserve(bool is_kept) { keeps_reserve_ = is_kept; }
    /// Whether a new originator was refused for want of a slot since evict_some() last gave some back.
    bool wants_slots() const { return wants_slots_; }
    /// Queries of originators with state that found no memory for their querier or period.
    std::uint64_t starved() const { return starved_; }
    /// Lets the smallest and oldest originators go: looks at up to `slots` slots. Returns how many went; their memory
    /// is used for new ones. An originator with large_footprint queriers or more goes only if `may_take_large`.
    std::size_t evict_some(std::size_t slots, bool may_take_large = false);
    /// k from now on, if smaller than before. Sets follow as they are touched, or by thin_some().
    void limit_sample(std::uint32_t sample_size) { sample_size_ = std::min(sample_size_, sample_size); }
    /// Keeps only half of the queriers in the table of all queriers: those with the smaller sample_hash(). Not in sets.
    void halve_queriers() { queriers_.halve(); }
    /// From now on, or no longer, the last free numbers are kept for originators with large_footprint queriers or more:
    /// a new IPv6 querier of a smaller one gets none and is incomplete.
    void reserve_numbers(bool is_on) { reserves_numbers_ = is_on; }
    /// Looks at some IPv6 queriers whether they may go. thin_some() does so for IPv4 ones.
    void thin_v6_queriers() { queriers_.thin_v6(memory_, config_.table_key, config_.sample_key); }
    /// Whether all queriers have been looked at since they were halved.
    bool has_thinned_queriers() const { return queriers_.is_thinned(); }
    /// Thins what holds more than its limits need: looks at up to `slots` slots, goes on where it stopped, and returns
    /// true when it has come to the end (the next call starts anew).
    bool thin_some(std::size_t slots);

    std::uint32_t sample_size() const { return sample_size_; }
    /// Queriers with a sample_hash() up to this one are in the table of all queriers; all ones: every querier is.
    std::uint64_t querier_bound() const { return queriers_.bound(); }

    // Reading. Shards, and kinds, may be read by several threads side by side.

    std::size_t shard_count(OriginatorKind kind) const { return table(kind).piece_count(); }
    /// Calls `visit(const OriginatorView&)` for every originator in a shard below shard_count(kind), in no order.
    template <class Visit>
    void for_each_originator(OriginatorKind kind, std::size_t shard, Visit&& visit) const;
    template <class Visit>
    void for_each_originator(OriginatorKind kind, Visit&& visit) const {
        for (std::size_t shard = 0; shard < shard_count(kind); ++shard) {
            for_each_originator(kind, shard, visit);
        }
    }
    /// Calls `visit(const IpAddress& querier, std::uint64_t full, std::uint64_t minimised)` for every querier, in no
    /// order.
    template <class Visit>
    void for_each_querier(Visit&& visit) const {
        queriers_.for_each(memory_, config_.table_key, config_.sample_key, visit);
    }
    /// The address of a number in OriginatorView::queriers_v6.
    const IpAddress& querier_address(std::uint32_t number) const {
        return queriers_.numbers().address(memory_, number);
    }

private:
    friend class PartCopier;

    /// What is kept is what large originators may ask for until others are taken back.
    static constexpr std::uint32_t numbers_reserved = 4096;

    const OriginatorTable& table(OriginatorKind kind) const { return tables_[static_cast<std::size_t>(kind)]; }
    OriginatorTable& table(OriginatorKind kind) { return tables_[static_cast<std::size_t>(kind)]; }
    /// Readers change nothing, although what they read with could.
    TableSurroundings surroundings() const {
        return {const_cast<PartMemory&>(memory_), config_.table_key, config_.sample_key,
                const_cast<AddressNumbers&>(queriers_.numbers()), sample_size_};
    }
    void apply(const TableSurroundings& around, const StateQuery& query, QuerierKey querier);
    OriginatorSlot* admit(const StateQuery& query);
    bool may_take_number(const OriginatorSlot& slot) const;
    /// So few that they may grow when others may not: a flood of one kind shall not shut the others out.
    bool is_rare(OriginatorKind kind) const;

    PartConfig config_;
    PartMemory memory_;
    std::array<OriginatorTable, originator_kind_count> tables_{OriginatorTable{OriginatorKind::v4},
                                                               OriginatorTable{OriginatorKind::v6},
                                                               OriginatorTable{OriginatorKind::prefix}};
    QuerierTable queriers_;
    Doorkeeper doorkeeper_;
    Eviction eviction_;
    SlotCursor thinned_;
    PartCounts counts_;
    std::uint32_t sample_size_;
    bool reserves_numbers_ = false;
    bool keeps_reserve_ = false;
    bool wants_slots_ = false;
    std::uint64_t starved_ = 0;
};

template <class Visit>
void WindowPart::for_each_originator(OriginatorKind kind, std::size_t shard, Visit&& visit) const {
    const TableSurroundings around = surroundings();
    std::vector<std::uint32_t> v4;
    std::vector<std::uint32_t> v6;
    for (const OriginatorSlot& slot : table(kind).piece(memory_, shard)) {
        if (slot.is_live == 0) {
            continue;
        }
        v4.clear();
        v6.clear();
        OriginatorTable::for_each_querier(
            around, slot, [&](std::uint32_t key) { v4.push_back(key); }, [&](std::uint32_t key) { v6.push_back(key); });
        visit(OriginatorView{.address = table(kind).address(memory_, slot),
                             .queries = OriginatorTable::queries(slot),
                             .first = Timestamp(std::chrono::nanoseconds(slot.first)),
                             .last = Timestamp(std::chrono::nanoseconds(slot.last)),
                             .periods = OriginatorTable::periods(memory_, slot),
                             .queriers_v4 = v4,
                             .queriers_v6 = v6,
                             .is_sampled = OriginatorTable::is_sampled(memory_, slot)});
    }
}

}  // namespace echotap
