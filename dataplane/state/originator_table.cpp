// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/originator_table.hpp"

#include <algorithm>
#include <limits>

namespace echotap {

namespace {

constexpr unsigned piece_class = 10;
static_assert(std::size_t{1} << piece_class == OriginatorTable::piece_slots);

constexpr std::uint32_t periods_in(unsigned size_class) {
    return static_cast<std::uint32_t>(PartMemory::line_octets / sizeof(std::int32_t)) << size_class;
}

}  // namespace

OriginatorSlot* OriginatorTable::allocate_slot(PartMemory& memory, LineNumber& line) {
    if (free_ != 0) {
        line = free_;
        OriginatorSlot* const slot = memory.at<OriginatorSlot>(line);
        free_ = slot->queries;
        return slot;
    }
    if (last_piece_used_ == piece_slots) {
        const LineNumber piece = memory.allocate(piece_class);
        if (piece == 0) {
            return nullptr;
        }
        pieces_.push_back(piece);
        last_piece_used_ = 0;
    }
    line = pieces_.back() + static_cast<LineNumber>(last_piece_used_);
    OriginatorSlot* const slot = memory.at<OriginatorSlot>(line);
    if (kind_ != OriginatorKind::v4) {
        // The place in the column stays with the slot, whoever has it.
        slot->key = static_cast<std::uint32_t>(addresses_.size());
        if (!addresses_.push_back(memory, IpAddress{})) {
            return nullptr;
        }
    }
    ++last_piece_used_;
    return slot;
}

void OriginatorTable::free_slot(OriginatorSlot& slot, LineNumber line) {
    slot.is_live = 0;
    slot.queries = free_;
    free_ = line;
}

OriginatorSlot* OriginatorTable::add(PartMemory& memory, const StateQuery& query) {
    LineNumber line = 0;
    OriginatorSlot* const slot = allocate_slot(memory, line);
    if (slot == nullptr) {
        return nullptr;
    }
    if (kind_ == OriginatorKind::v4) {
        slot->key = v4_number(query.originator);
    } else {
        addresses_.at(memory, slot->key) = query.originator;
    }
    slot->queries = 0;
    slot->first = std::numeric_limits<std::int64_t>::max();
    slot->last = std::numeric_limits<std::int64_t>::min();
    slot->is_live = 1;
    slot->period_count = 0;
    slot->v4_count = 0;
    slot->v6_count = 0;
    if (index_.insert(memory, IndexTraits{}, {.hash = short_hash(query.originator_hash), .target = line}) == nullptr) {
        free_slot(*slot, line);
        return nullptr;
    }
    return slot;
}

bool OriginatorTable::add_period_beside(PartMemory& memory, OriginatorSlot& slot, std::int32_t period) {
    const std::span<const std::int32_t> now = periods(memory, slot);
    const auto place = static_cast<std::size_t>(std::lower_bound(now.begin(), now.end(), period) - now.begin());
    if (place < now.size() && now[place] == period) {
        return true;
    }
    const bool is_beside = slot.period_count == OriginatorSlot::spilled;
    const unsigned old_class = is_beside ? slot.periods.many.size_class : 0;
    if (!is_beside || now.size() == periods_in(old_class)) {
        const unsigned size_class = is_beside ? old_class + 1 : 0;
        const LineNumber line = size_class <= PartMemory::size_class_max ? memory.allocate(size_class) : 0;
        if (line == 0) {
            return false;
        }
        std::copy(now.begin(), now.end(), memory.at<std::int32_t>(line));
        const auto count = static_cast<std::uint32_t>(now.size());
        if (is_beside) {
            memory.free(slot.periods.many.line, old_class);
        }
        slot.period_count = OriginatorSlot::spilled;
        slot.periods.many = {.line = line, .count = count, .size_class = size_class};
    }
    std::int32_t* const begin = memory.at<std::int32_t>(slot.periods.many.line);
    std::int32_t* const end = begin + slot.periods.many.count;
    std::copy_backward(begin + place, end, end + 1);
    begin[place] = period;
    ++slot.periods.many.count;
    return true;
}

bool OriginatorTable::spill_queriers(const TableSurroundings& around, OriginatorSlot& slot) {
    OriginatorSlot::Queriers many{};
    const SetSurroundings v4 = around.v4_set();
    // The slot has referred to these numbers, so the set must not leave one of them out before it is the slot's.
    SetSurroundings v6 = around.v6_set();
    v6.sample_size = std::max<std::uint32_t>(v6.sample_size, OriginatorSlot::queriers_inline_max);
    bool has_memory = true;
    for (unsigned i = 0; i < slot.v4_count; ++i) {
        const std::uint32_t key = slot.queriers.few[i];
        has_memory &= many.v4.add(v4, table_hash(around.table_key, key), key) != QuerierSet::Added::no_memory;
    }
    for (unsigned i = 0; i < slot.v6_count; ++i) {
        const std::uint32_t key = slot.queriers.few[OriginatorSlot::queriers_inline_max - 1 - i];
        has_memory &= many.v6.add(v6, table_hash(around.table_key, key), key) != QuerierSet::Added::no_memory;
    }
    if (!has_memory) {
        many.v4.release(around.memory);
        many.v6.release(around.memory);
        return false;
    }
    slot.queriers.many = many;
    slot.v4_count = OriginatorSlot::spilled;
    slot.v6_count = OriginatorSlot::spilled;
    return true;
}

void OriginatorTable::erase(const TableSurroundings& around, OriginatorSlot& slot) {
    const std::uint64_t full_hash = kind_ == OriginatorKind::v4
                                        ? table_hash(around.table_key, slot.key)
                                        : table_hash(around.table_key, addresses_.at(around.memory, slot.key));
    const std::uint32_t hash = short_hash(full_hash);
    IndexEntry* const entry = index_.find(around.memory, IndexTraits{}, hash, [&](const IndexEntry& candidate) {
        return candidate.hash == hash && around.memory.at<OriginatorSlot>(candidate.target) == &slot;
    });
    const LineNumber line = entry->target;
    index_.erase(around.memory, IndexTraits{}, entry);
    const auto let_go = [&](std::uint32_t number) { around.numbers.let_go(around.memory, number); };
    if (slot.has_spilled()) {
        slot.queriers.many.v6.for_each(around.v6_set(), let_go);
        slot.queriers.many.v4.release(around.memory);
        slot.queriers.many.v6.release(around.memory);
    } else {
        std::for_each_n(slot.queriers.few.rbegin(), slot.v6_count, let_go);
    }
    if (slot.period_count == OriginatorSlot::spilled) {
        around.memory.free(slot.periods.many.line, slot.periods.many.size_class);
    }
    free_slot(slot, line);
}

}  // namespace echotap
