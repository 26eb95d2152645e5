// SPDX-License-Identifier: Apache-2.0
// Originators of one kind in one part of a window: counted queries go in; who asked, how often and when stays here.
//
// Most originators have one querier, so the small case is one slot of 64 octets, the size of a cache line, with up to
// five queriers and four 10-minute periods inside. What has more keeps them beside the slot: two sets of queriers (IPv4
// and IPv6, since any 32 bits can be an IPv4 address) and a sorted list of periods. Slots never move; an index of 8
// octets per entry finds them, and only the index grows, a segment at a time.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/state/address_numbers.hpp"
#include "dataplane/state/part_memory.hpp"
#include "dataplane/state/querier_set.hpp"
#include "dataplane/state/segmented_table.hpp"
#include "dataplane/state/state_query.hpp"

namespace echotap {

/// One originator. All of it is read and written by OriginatorTable.
struct OriginatorSlot {
    static constexpr std::uint8_t periods_inline_max = 4;
    static constexpr std::uint8_t queriers_inline_max = 5;
    static constexpr std::uint8_t spilled = 255;  // as a count: they are beside the slot

    struct Periods {
        LineNumber line;
        std::uint32_t count;
        std::uint32_t size_class;
    };
    struct Queriers {
        QuerierSet v4;
        QuerierSet v6;
        std::uint32_t queries_high;
    };

    std::uint32_t key;      // v4_number() of the originator, or the place of its address in a column
    std::uint32_t queries;  // the lower half
    std::int64_t first;     // nanoseconds since 1970
    std::int64_t last;
    std::uint8_t is_live;
    std::uint8_t period_count;
    std::uint8_t v4_count;  // spilled: both families are
    std::uint8_t v6_count;
    union {
        std::array<std::int32_t, periods_inline_max> few;  // ascending
        Periods many;
    } periods;
    union {
        std::array<std::uint32_t, queriers_inline_max> few;  // IPv4 from the front, IPv6 from the back
        Queriers many;
    } queriers;

    bool has_spilled() const { return v4_count == spilled; }
};
static_assert(sizeof(OriginatorSlot) == PartMemory::line_octets, "an originator with one querier has one cache line");

/// The querier of a query, as the sets know it.
struct QuerierKey {
    std::uint64_t hash;  // table_hash() of the key
    std::uint32_t key;   // v4_number(), or the number of the IPv6 address
    bool is_v4;
};

/// What the sets of a part have in common.
struct TableSurroundings {
    PartMemory& memory;
    const HashKey& table_key;
    const HashKey& sample_key;
    AddressNumbers& numbers;  // of IPv6 queriers
    std::uint32_t sample_size;

    SetSurroundings v4_set() const { return {memory, table_key, sample_key, nullptr, sample_size}; }
    SetSurroundings v6_set() const { return {memory, table_key, sample_key, &numbers, sample_size}; }
};

/// Not thread-safe while queries are added.
class OriginatorTable {
public:
    /// Seconds of a period of requirements: "number of 10-minute-long periods that include the originator".
    static constexpr std::int64_t period_seconds = 600;

    explicit OriginatorTable(OriginatorKind kind) : kind_(kind) {}

    // A query goes through four passes, so that each finds in the cache what the one before has fetched.

    /// 1. Fetches the place in the index.
    void prefetch_index(const PartMemory& memory, const StateQuery& query) const {
        index_.prefetch(memory, short_hash(query.originator_hash));
    }
    /// 2. Looks into the index, fetches the slot and keeps its line in query.place; 0 where there is none.
    void locate(const PartMemory& memory, StateQuery& query) const;
    /// 3. Fetches what lies beside the slot.
    void prefetch_set(const PartMemory& memory, const StateQuery& query, std::uint64_t querier_hash) const;
    /// 4. The slot of the query's originator, or null where it has none.
    OriginatorSlot* find(const PartMemory& memory, const StateQuery& query) const;

    /// Whether add() has a slot that somebody gave back, and so needs no new piece.
    bool has_free_slot() const { return free_ != 0; }
    /// A new slot for an originator that has none; null where there is no memory.
    OriginatorSlot* add(PartMemory& memory, const StateQuery& query);

    /// Counts a query in its slot. False where there was no memory for its querier or period.
    bool count(const TableSurroundings& around, OriginatorSlot& slot, Timestamp time, const QuerierKey& querier) {
        const bool has_period = count_time(around, slot, time);
        return add_querier(around, slot, querier) && has_period;
    }
    /// The same without the querier, where there was no memory to give it a number.
    bool count_time(const TableSurroundings& around, OriginatorSlot& slot, Timestamp time);

    /// Originators that have a slot.
    std::size_t size() const { return index_.size(); }

    /// Takes out an originator and gives back its memory.
    void erase(const TableSurroundings& around, OriginatorSlot& slot);

    // Walking: slots lie in pieces of piece_slots; is_live says which are in use.

    static constexpr std::size_t piece_slots = 1024;
    std::size_t piece_count() const { return pieces_.size(); }
    std::span<OriginatorSlot> piece(const PartMemory& memory, std::size_t index) const {
        const std::size_t in_use = index + 1 == pieces_.size() ? last_piece_used_ : piece_slots;
        return {memory.at<OriginatorSlot>(pieces_[index]), in_use};
    }

    IpAddress address(const PartMemory& memory, const OriginatorSlot& slot) const {
        return kind_ == OriginatorKind::v4 ? v4_address(slot.key) : addresses_.at(memory, slot.key);
    }

    static std::uint64_t queries(const OriginatorSlot& slot) {
        return slot.queries +
               (slot.has_spilled() ? std::uint64_t{slot.queriers.many.queries_high} << 32U : std::uint64_t{0});
    }

    /// Distinct queriers that the slot holds.
    static std::uint32_t footprint(const OriginatorSlot& slot) {
        return slot.has_spilled() ? slot.queriers.many.v4.size() + slot.queriers.many.v6.size()
                                  : std::uint32_t{slot.v4_count} + slot.v6_count;
    }

    /// Whether queriers of the slot have been left out, since there are more than k.
    static bool is_sampled(const PartMemory& memory, const OriginatorSlot& slot) {
        return slot.has_spilled() &&
               (slot.queriers.many.v4.is_sampled(memory) || slot.queriers.many.v6.is_sampled(memory));
    }

    /// Calls `visit_v4(std::uint32_t)` and `visit_v6(std::uint32_t)` for every querier that the slot holds.
    template <class VisitV4, class VisitV6>
    static void for_each_querier(const TableSurroundings& around, const OriginatorSlot& slot, VisitV4&& visit_v4,
                                 VisitV6&& visit_v6) {
        if (slot.has_spilled()) {
            slot.queriers.many.v4.for_each(around.v4_set(), visit_v4);
            slot.queriers.many.v6.for_each(around.v6_set(), visit_v6);
            return;
        }
        const std::span<const std::uint32_t> few = slot.queriers.few;
        std::for_each_n(few.begin(), slot.v4_count, visit_v4);
        std::for_each_n(few.rbegin(), slot.v6_count, visit_v6);
    }

    static std::span<const std::int32_t> periods(const PartMemory& memory, const OriginatorSlot& slot) {
        if (slot.period_count == OriginatorSlot::spilled) {
            return {memory.at<std::int32_t>(slot.periods.many.line), slot.periods.many.count};
        }
        return {slot.periods.few.data(), slot.period_count};
    }

private:
    bool is_of(const PartMemory& memory, const OriginatorSlot& slot, const StateQuery& query) const {
        if (kind_ == OriginatorKind::v4) {
            return slot.key == v4_number(query.originator);
        }
        return addresses_.at(memory, slot.key) == query.originator;
    }
    OriginatorSlot* allocate_slot(PartMemory& memory, LineNumber& line);
    void free_slot(OriginatorSlot& slot, LineNumber line);
    static bool add_period(PartMemory& memory, OriginatorSlot& slot, std::int32_t period);
    static bool add_period_beside(PartMemory& memory, OriginatorSlot& slot, std::int32_t period);
    static bool add_querier(const TableSurroundings& around, OriginatorSlot& slot, const QuerierKey& querier);
    static bool spill_queriers(const TableSurroundings& around, OriginatorSlot& slot);

    OriginatorKind kind_;
    SegmentedTable<IndexTraits> index_;  // targets are lines
    std::vector<LineNumber> pieces_;
    std::size_t last_piece_used_ = piece_slots;
    LineNumber free_ = 0;          // slots given back, linked through their queries
    Column<IpAddress> addresses_;  // of IPv6 originators and prefixes
};

inline void OriginatorTable::locate(const PartMemory& memory, StateQuery& query) const {
    const std::uint32_t hash = short_hash(query.originator_hash);
    const IndexEntry* const entry =
        index_.find(memory, IndexTraits{}, hash, [&](const IndexEntry& candidate) { return candidate.hash == hash; });
    query.place = entry == nullptr ? 0 : entry->target;
    if (entry != nullptr) {
        fetch_line(memory.at<OriginatorSlot>(entry->target));
    }
}

inline void OriginatorTable::prefetch_set(const PartMemory& memory, const StateQuery& query,
                                          std::uint64_t querier_hash) const {
    if (query.place == 0) {
        return;
    }
    const OriginatorSlot& slot = *memory.at<OriginatorSlot>(query.place);
    if (kind_ != OriginatorKind::v4) {
        fetch_line(&addresses_.at(memory, slot.key));
    }
    if (slot.has_spilled()) {
        (query.querier_is_v4 ? slot.queriers.many.v4 : slot.queriers.many.v6).prefetch(memory, querier_hash);
    }
}

inline OriginatorSlot* OriginatorTable::find(const PartMemory& memory, const StateQuery& query) const {
    if (query.place != 0) {
        OriginatorSlot* const slot = memory.at<OriginatorSlot>(query.place);
        if (slot->is_live != 0 && is_of(memory, *slot, query)) {
            return slot;
        }
    }
    const std::uint32_t hash = short_hash(query.originator_hash);
    const IndexEntry* const entry = index_.find(memory, IndexTraits{}, hash, [&](const IndexEntry& candidate) {
        // A free place has the hash 0, and an originator may have it, too.
        return candidate.hash == hash && candidate.target != 0 &&
               is_of(memory, *memory.at<OriginatorSlot>(candidate.target), query);
    });
    return entry == nullptr ? nullptr : memory.at<OriginatorSlot>(entry->target);
}

inline bool OriginatorTable::add_period(PartMemory& memory, OriginatorSlot& slot, std::int32_t period) {
    if (slot.period_count == OriginatorSlot::spilled) {
        return add_period_beside(memory, slot, period);
    }
    std::array<std::int32_t, OriginatorSlot::periods_inline_max>& few = slot.periods.few;
    unsigned place = slot.period_count;
    for (; place != 0 && few[place - 1] >= period; --place) {
        if (few[place - 1] == period) {
            return true;
        }
    }
    if (slot.period_count == OriginatorSlot::periods_inline_max) {
        return add_period_beside(memory, slot, period);
    }
    for (unsigned i = slot.period_count; i > place; --i) {
        few[i] = few[i - 1];
    }
    few[place] = period;
    ++slot.period_count;
    return true;
}

inline bool OriginatorTable::add_querier(const TableSurroundings& around, OriginatorSlot& slot,
                                         const QuerierKey& querier) {
    if (!slot.has_spilled()) {
        std::array<std::uint32_t, OriginatorSlot::queriers_inline_max>& few = slot.queriers.few;
        // All five are compared, since which one it is cannot be foretold; then those of the family are looked at.
        unsigned equal = 0;
        for (unsigned i = 0; i < OriginatorSlot::queriers_inline_max; ++i) {
            equal |= static_cast<unsigned>(few[i] == querier.key) << i;
        }
        const unsigned v4_places = (1U << slot.v4_count) - 1;
        const unsigned v6_places = (~0U << (OriginatorSlot::queriers_inline_max - slot.v6_count));
        if ((equal & (querier.is_v4 ? v4_places : v6_places)) != 0) {
            return true;
        }
        if (slot.v4_count + slot.v6_count < OriginatorSlot::queriers_inline_max) {
            if (querier.is_v4) {
                few[slot.v4_count++] = querier.key;
            } else {
                few[OriginatorSlot::queriers_inline_max - ++slot.v6_count] = querier.key;
                around.numbers.refer(around.memory, querier.key);
            }
            return true;
        }
        if (!spill_queriers(around, slot)) {
            return false;
        }
    }
    const QuerierSet::Added added = querier.is_v4
                                        ? slot.queriers.many.v4.add(around.v4_set(), querier.hash, querier.key)
                                        : slot.queriers.many.v6.add(around.v6_set(), querier.hash, querier.key);
    if (!querier.is_v4 && added == QuerierSet::Added::is_new) {
        around.numbers.refer(around.memory, querier.key);
    }
    return added != QuerierSet::Added::no_memory;
}

inline bool OriginatorTable::count_time(const TableSurroundings& around, OriginatorSlot& slot, Timestamp time) {
    const std::int64_t nanoseconds = time.time_since_epoch().count();
    slot.first = std::min(slot.first, nanoseconds);
    slot.last = std::max(slot.last, nanoseconds);
    if (++slot.queries == 0) {
        // The upper half is beside the slot.
        if (slot.has_spilled() || spill_queriers(around, slot)) {
            ++slot.queriers.many.queries_high;
        } else {
            --slot.queries;
        }
    }
    constexpr std::int64_t period_nanoseconds = period_seconds * 1'000'000'000;
    const std::int64_t period =
        nanoseconds >= 0 ? nanoseconds / period_nanoseconds : -1 - (-1 - nanoseconds) / period_nanoseconds;
    return add_period(around.memory, slot, static_cast<std::int32_t>(period));
}

}  // namespace echotap
