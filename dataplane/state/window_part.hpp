// SPDX-License-Identifier: Apache-2.0
// All state of one worker, one window, one view: counted queries go in, in batches; a window's part comes out.
//
// Queriers are owned by workers, so the parts of a window have no querier in common: footprints add up, and putting the
// parts together is a union of disjoint sets. Memory comes from a BlockPool in blocks that never move; handing a part
// over is handing over pointers, and nothing grows all at once.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/state/arena.hpp"
#include "dataplane/state/doorkeeper.hpp"
#include "dataplane/state/originator_table.hpp"
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
    IpAddress address;           // of a prefix: its marked value, see unmark_prefix()
    std::uint64_t queries = 0;   // that counted
    Timestamp first;             // of those that counted, and were admitted
    Timestamp last;
    std::span<const std::int32_t> periods;      // floor(time / 600 s), ascending, distinct
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
    std::uint64_t lost_pairs = 0;       // queriers of admitted originators for which there was no memory

    bool any_bound_reached() const { return refused + evicted_originators + evicted_prefixes + lost_pairs != 0; }
    PartCounts& operator+=(const PartCounts& other);
    bool operator==(const PartCounts&) const = default;
};

/// Not thread-safe while queries are added; afterwards any number of threads may read. Movable.
class WindowPart {
public:
    static constexpr std::size_t batch_max = 64;

    /// `pool` must outlive the part and gives the memory; when it has no more, queries are refused and counted.
    WindowPart(const PartConfig& config, BlockPool& pool);

    /// Fetches what add() touches first. To be called a pass ahead, for instance while the filter decides.
    void prefetch(const StateQuery& query) const;

    /// Applies up to batch_max queries that count, all of this part's window and view, in their order.
    void add(std::span<StateQuery> batch);

    const PartCounts& counts() const { return counts_; }
    std::size_t originator_count(OriginatorKind kind) const;
    std::size_t querier_count() const;
    /// Octets of memory that this part holds, slack included.
    std::size_t octets() const;

    // What gives way under a memory budget. Each call does a bounded piece of work, some 10 microseconds.

    /// From now on an originator gets state only at its second counted query (the first is refused); or no longer.
    void guard(bool is_on);
    /// Lets the smallest and oldest originators go: looks at up to `slots` slots. Returns how many went. An originator
    /// with 20 queriers or more goes only when `may_take_large`.
    std::size_t evict_some(std::size_t slots, bool may_take_large = false);
    /// k from now on (not larger than before). Large sets follow as they are touched or by thin_some().
    void limit_sample(std::uint32_t sample_size);
    /// Looks at up to `slots` slots and thins sets that hold more than k needs. True when all have been looked at.
    bool thin_some(std::size_t slots);
    std::uint32_t sample_size() const { return sample_size_; }

    // Reading. `shard` is below shard_count(kind): shards may be read by several threads side by side.

    std::size_t shard_count(OriginatorKind kind) const;
    template <class Visit>
    void for_each_originator(OriginatorKind kind, std::size_t shard, Visit&& visit) const;
    /// Calls `visit(const IpAddress& querier, std::uint64_t full, std::uint64_t minimised)` for every querier.
    template <class Visit>
    void for_each_querier(Visit&& visit) const;
    /// The address of a number in OriginatorView::queriers_v6.
    const IpAddress& querier_address(std::uint32_t number) const;

private:
    PartCounts counts_;
    std::uint32_t sample_size_;
};

}  // namespace echotap
