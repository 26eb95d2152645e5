// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/eviction.hpp"

#include <gtest/gtest.h>

#include <array>

namespace echotap {
namespace {

constexpr HashKey key{5, 7};

StateQuery query_about(const char* originator) {
    const ReverseQuery query{.time = {},
                             .originator = *IpAddress::parse(originator),
                             .querier = *IpAddress::parse("192.0.2.1"),
                             .authority = {}};
    return StateQuery::of(key, query, query.time);
}

TEST(Eviction, passes_over_a_piece_whose_first_slot_found_no_memory_for_its_address) {
    BlockPool pool(BlockPool::block_octets);
    PartMemory memory(pool);
    for (int chunk = 0; chunk < 31; ++chunk) {
        ASSERT_NE(memory.allocate(10), 0U);
    }
    std::array<OriginatorTable, 1> tables{OriginatorTable{OriginatorKind::v6}};
    ASSERT_EQ(tables[0].add(memory, query_about("2001:db8::1")), nullptr);
    ASSERT_EQ(tables[0].piece_count(), 1U) << "the piece was the last memory there was";
    AddressNumbers numbers;
    const TableSurroundings around{
        .memory = memory, .table_key = key, .sample_key = key, .numbers = numbers, .sample_size = 65'536};
    Eviction eviction;
    const auto nobody = [](const OriginatorTable&, const OriginatorSlot&) { ADD_FAILURE() << "nobody is there"; };
    EXPECT_EQ(eviction.evict_some(around, tables, 100, true, nobody), 0U);
}

}  // namespace
}  // namespace echotap
