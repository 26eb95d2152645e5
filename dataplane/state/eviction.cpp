// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/eviction.hpp"

#include <algorithm>
#include <array>

namespace echotap {

bool Eviction::choose(const PartMemory& memory, std::span<OriginatorTable> tables, bool may_take_large) {
    constexpr std::size_t samples = 256;
    std::array<Measure, samples> measures;
    std::size_t count = 0;
    std::size_t pieces = 0;
    for (const OriginatorTable& table : tables) {
        pieces += table.piece_count();
    }
    for (std::size_t i = 0; i < samples && pieces != 0; ++i) {
        random_ ^= random_ << 13U;
        random_ ^= random_ >> 7U;
        random_ ^= random_ << 17U;
        std::size_t piece = (random_ >> 32U) % pieces;
        std::size_t table = 0;
        for (; piece >= tables[table].piece_count(); ++table) {
            piece -= tables[table].piece_count();
        }
        const std::span<OriginatorSlot> slots = tables[table].piece(memory, piece);
        if (slots.empty()) {  // there was memory for the piece, and none for what its first slot needs besides
            continue;
        }
        const OriginatorSlot& slot = slots[(random_ & 0xffff'ffffU) % slots.size()];
        if (slot.is_live != 0 && (may_take_large || OriginatorTable::footprint(slot) < large_footprint)) {
            measures[count++] = measure(slot);
        }
    }
    if (count == 0) {
        return false;
    }
    const auto chosen = measures.begin() + static_cast<std::ptrdiff_t>(count / 8);
    std::nth_element(measures.begin(), chosen, measures.begin() + static_cast<std::ptrdiff_t>(count));
    goes_up_to_ = *chosen;
    return true;
}

}  // namespace echotap
