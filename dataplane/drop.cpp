// SPDX-License-Identifier: Apache-2.0
#include "dataplane/drop.hpp"

namespace echotap {

namespace {

constexpr bool table_is_in_order() {
    for (std::size_t i = 0; i < drop_count; ++i) {
        if (drop_table[i].drop != static_cast<Drop>(i)) {
            return false;
        }
    }
    return drop_table.back().drop == Drop::output_ring_full;
}

static_assert(table_is_in_order(), "a Drop without its row in drop_table, or rows out of order");

}  // namespace

std::uint64_t Ledger::dropped(Stage stage) const {
    std::uint64_t sum = 0;
    for (std::size_t i = 1; i < drop_count; ++i) {
        if (drop_table[i].stage == stage) {
            sum += drops[i];
        }
    }
    return sum;
}

std::int64_t Ledger::held(Stage stage) const {
    const auto i = static_cast<std::size_t>(stage);
    return static_cast<std::int64_t>(in[i] - out[i] - dropped(stage));
}

Ledger& Ledger::operator+=(const Ledger& other) {
    for (std::size_t i = 0; i < stage_count; ++i) {
        in[i] += other.in[i];
        out[i] += other.out[i];
    }
    for (std::size_t i = 0; i < drop_count; ++i) {
        drops[i] += other.drops[i];
    }
    minimised += other.minimised;
    return *this;
}

}  // namespace echotap
