// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/part_copy.hpp"

#include <iterator>
#include <tuple>

namespace echotap {

void PartPiece::reserve() {
    constexpr std::size_t queriers = PartCopier::queriers_room;
    const OriginatorColumns::Sizes sizes{.rows = PartCopier::slots_max,
                                         .periods = 4 * PartCopier::slots_max,
                                         .queriers_v4 = queriers,
                                         .queriers_v6 = queriers};
    originators.reserve(sizes);
    prefixes.reserve(sizes);
    queriers_v4.reserve(queriers);
    queriers_v6.reserve(queriers);
}

void PartPiece::clear() {
    originators.clear();
    prefixes.clear();
    queriers_v4.clear();
    queriers_v6.clear();
}

PartCopier::PartCopier() {
    v4_.reserve(queriers_room);
    v6_.reserve(queriers_room);
}

void PartCopier::restart() {
    stage_ = Stage::originators;
    kind_ = piece_ = slot_ = 0;
    from_ = number_ = 0;
    is_inside_ = false;
}

bool PartCopier::copy_some(WindowPart& part, PartPiece& piece) {
    copied_ = 0;
    segments_ = 0;
    // The rows have numbers; what these stand for is copied last.
    part.queriers_.numbers().hold(true);
    if (stage_ == Stage::originators) {
        copy_originators(part, piece);
    }
    const QuerierTable& queriers = part.queriers_;
    while (stage_ == Stage::queriers_v4 && !is_full()) {
        ++segments_;
        from_ = queriers.for_v4_segment(part.memory_, part.config_.table_key, from_,
                                        [&](std::uint32_t querier, const QuerierCounts& counts) {
                                            piece.queriers_v4.push_back({querier, {counts.full(), counts.minimised()}});
                                            ++copied_;
                                        });
        stage_ = from_ == 0 ? Stage::queriers_v6 : stage_;
    }
    // Last, so that no row has a number that is not among them.
    while (stage_ == Stage::queriers_v6 && copied_ < queriers_max) {
        if (number_ == queriers.numbers().largest()) {
            stage_ = Stage::done;
            part.queriers_.numbers().hold(false);
            break;
        }
        ++number_;
        const QuerierCounts counts = queriers.v6_counts(part.memory_, number_);
        piece.queriers_v6.push_back(
            {queriers.numbers().address(part.memory_, number_), {counts.full(), counts.minimised()}});
        ++copied_;
    }
    return stage_ == Stage::done;
}

void PartCopier::copy_originators(const WindowPart& part, PartPiece& piece) {
    const TableSurroundings around = part.surroundings();
    for (std::size_t looked_at = 0; looked_at < slots_max && !is_full();) {
        if (kind_ == part.tables_.size()) {
            stage_ = Stage::queriers_v4;
            from_ = 0;
            return;
        }
        const OriginatorTable& table = part.tables_[kind_];
        if (piece_ == table.piece_count()) {
            ++kind_;
            piece_ = 0;
            continue;
        }
        const std::span<const OriginatorSlot> slots = table.piece(part.memory_, piece_);
        if (slot_ >= slots.size()) {
            ++piece_;
            slot_ = 0;
            continue;
        }
        ++looked_at;
        const bool is_prefix = kind_ == static_cast<std::size_t>(OriginatorKind::prefix);
        if (copy_slot(around, table, slots[slot_], is_prefix ? piece.prefixes : piece.originators)) {
            ++slot_;
        }
    }
}

/// Copies a slot, or on from where it was left; true where nothing of it is left to copy.
bool PartCopier::copy_slot(const TableSurroundings& around, const OriginatorTable& table, const OriginatorSlot& slot,
                           OriginatorColumns& rows) {
    const auto is_gone = [&] { return !slot.has_spilled() || table.address(around.memory, slot) != address_; };
    if (slot.is_live == 0 || (is_inside_ && is_gone())) {
        is_inside_ = false;  // it was evicted meanwhile
        return true;
    }
    v4_.clear();
    v6_.clear();
    const bool goes_on = is_inside_;
    if (!slot.has_spilled()) {
        OriginatorTable::for_each_querier(
            around, slot, [&](std::uint32_t key) { v4_.push_back(key); },
            [&](std::uint32_t key) { v6_.push_back(key); });
    } else {
        if (!goes_on) {
            std::tie(is_inside_, is_in_v6_, from_) = std::tuple(true, false, 0U);
            address_ = table.address(around.memory, slot);
        }
        while (is_inside_ && copied_ + v4_.size() + v6_.size() < queriers_max && segments_ < segments_max) {
            const auto keep = [&](std::uint32_t key) { (is_in_v6_ ? v6_ : v4_).push_back(key); };
            const std::uint32_t before = from_;
            from_ = is_in_v6_ ? slot.queriers.many.v6.for_segment(around.v6_set(), from_, keep)
                              : slot.queriers.many.v4.for_segment(around.v4_set(), from_, keep);
            // A set of one table or line is far smaller than a segment.
            segments_ += static_cast<std::size_t>(before != 0 || from_ != 0);
            if (from_ == 0) {
                is_inside_ = !is_in_v6_;
                is_in_v6_ = true;
            }
        }
    }
    copied_ += v4_.size() + v6_.size();
    rows.push_back(
        {.address = table.address(around.memory, slot),
         .queries = goes_on ? 0 : OriginatorTable::queries(slot),
         .first = Timestamp(std::chrono::nanoseconds(slot.first)),
         .last = Timestamp(std::chrono::nanoseconds(slot.last)),
         .bound = OriginatorTable::is_sampled(around.memory, slot) ? 0 : ~std::uint64_t{0},
         .periods = goes_on ? std::span<const std::int32_t>{} : OriginatorTable::periods(around.memory, slot),
         .queriers_v4 = v4_,
         .queriers_v6 = v6_});
    return !is_inside_;
}

void PartCopy::add(const PartPiece& piece) {
    originators_.push_back(piece.originators);
    prefixes_.push_back(piece.prefixes);
    queriers_v4_.insert(queriers_v4_.end(), piece.queriers_v4.begin(), piece.queriers_v4.end());
    queriers_v6_.insert(queriers_v6_.end(), piece.queriers_v6.begin(), piece.queriers_v6.end());
    column_octets_ += originators_.back().octets() + prefixes_.back().octets();
}

std::size_t PartCopy::octets() const {
    return column_octets_ + queriers_v4_.capacity() * sizeof(queriers_v4_[0]) +
           queriers_v6_.capacity() * sizeof(queriers_v6_[0]);
}

void PartCopy::finish(const PartCounts& counts, std::uint32_t sample_size, std::uint64_t querier_bound) {
    counts_ = counts;
    sample_size_ = sample_size;
    querier_bound_ = querier_bound;
}

}  // namespace echotap
