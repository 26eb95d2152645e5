// SPDX-License-Identifier: Apache-2.0
// Who goes when memory is short: tables of originators go in, fewer originators come out, the smallest and oldest gone.
//
// To sort millions of originators would stall a worker. So a sweep first looks at a few hundred slots at random, takes
// the eighth part of these that is smallest (by footprint, then by last time) as its measure, and then walks all slots,
// some at each call, and takes out what is no larger than that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <tuple>
#include <utility>

#include "dataplane/state/originator_table.hpp"

namespace echotap {

/// A place in a walk over all slots of several tables.
struct SlotCursor {
    std::size_t table = 0;
    std::size_t piece = 0;
    std::size_t slot = 0;

    /// Visits up to `slots` slots from here on, live or not, with `visit(OriginatorTable&, OriginatorSlot&)`; where
    /// that returns false the walk stays at the slot and ends. True when the end of the last table was reached; the
    /// cursor then stands at the beginning again.
    template <class Visit>
    bool walk(const PartMemory& memory, std::span<OriginatorTable> tables, std::size_t slots, Visit&& visit) {
        while (table < tables.size()) {
            if (piece == tables[table].piece_count()) {
                ++table;
                piece = 0;
                continue;
            }
            const std::span<OriginatorSlot> all = tables[table].piece(memory, piece);
            for (; slot < all.size(); ++slot, --slots) {
                if (slots == 0 || (all[slot].is_live != 0 && !visit(tables[table], all[slot]))) {
                    return false;
                }
            }
            slot = 0;
            ++piece;
        }
        *this = {};
        return true;
    }
};

/// Not thread-safe.
class Eviction {
public:
    static constexpr std::uint32_t large_footprint = 20;

    struct Evicted {
        std::size_t originators = 0;
        std::uint64_t queries = 0;  // that had been counted in them
    };

    /// To take one out touches some cache lines that nobody has fetched, so a call takes no more than these: with all
    /// that a sweep finds it took a batch of queries 250 microseconds.
    static constexpr std::size_t taken_out_max = 32;

    /// Looks at up to `slots` slots of `tables`; takes out what is small and old, up to taken_out_max of them. What has
    /// large_footprint queriers or more goes only if `may_take_large`.
    template <class OnEvict>
    std::size_t evict_some(const TableSurroundings& around, std::span<OriginatorTable> tables, std::size_t slots,
                           bool may_take_large, OnEvict&& on_evict);

private:
    using Measure = std::tuple<std::uint32_t, std::int64_t>;  // footprint, last time

    static Measure measure(const OriginatorSlot& slot) { return {OriginatorTable::footprint(slot), slot.last}; }
    /// Sets goes_up_to_; false where the samples had nobody who may go.
    bool choose(const PartMemory& memory, std::span<OriginatorTable> tables, bool may_take_large);

    SlotCursor cursor_;
    Measure goes_up_to_{};
    bool is_sweeping_ = false;
    std::uint64_t random_ = 0x2545'f491'4f6c'dd1d;
};

template <class OnEvict>
std::size_t Eviction::evict_some(const TableSurroundings& around, std::span<OriginatorTable> tables, std::size_t slots,
                                 bool may_take_large, OnEvict&& on_evict) {
    if (!is_sweeping_ && !choose(around.memory, tables, may_take_large)) {
        return 0;
    }
    std::size_t gone = 0;
    is_sweeping_ = !cursor_.walk(around.memory, tables, slots, [&](OriginatorTable& table, OriginatorSlot& slot) {
        if (measure(slot) <= goes_up_to_) {
            if (gone == taken_out_max) {
                return false;
            }
            on_evict(table, std::as_const(slot));
            table.erase(around, slot);
            ++gone;
        }
        return true;
    });
    return gone;
}

}  // namespace echotap
