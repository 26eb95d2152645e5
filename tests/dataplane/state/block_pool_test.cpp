// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/block_pool.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "dataplane/state/part_memory.hpp"

namespace echotap {
namespace {

TEST(BlockPool, gives_blocks_up_to_its_limit_and_takes_them_back) {
    BlockPool pool(3 * BlockPool::block_octets + 100);
    std::vector<HugeBuffer> blocks;
    for (int i = 0; i < 3; ++i) {
        blocks.push_back(pool.take());
        ASSERT_EQ(blocks.back().octets(), BlockPool::block_octets);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(blocks.back().span().data()) % BlockPool::block_octets, 0U);
        std::memset(blocks.back().span().data(), 1, BlockPool::block_octets);
    }
    EXPECT_EQ(pool.take().octets(), 0U);
    EXPECT_EQ(pool.octets_taken(), 3 * BlockPool::block_octets);
    pool.give(std::move(blocks));
    EXPECT_EQ(pool.octets_taken(), 0U);
    EXPECT_EQ(pool.take().octets(), BlockPool::block_octets);
}

TEST(BlockPool, keeps_blocks_ready_beside_several_takers) {
    BlockPool pool(40 * BlockPool::block_octets, 4);
    std::vector<std::thread> takers;
    for (int taker = 0; taker < 2; ++taker) {
        takers.emplace_back([&pool, taker] {
            for (int round = 0; round < 10; ++round) {
                std::vector<HugeBuffer> blocks;
                for (int i = 0; i < 8; ++i) {
                    blocks.push_back(pool.take());
                    ASSERT_NE(blocks.back().octets(), 0U);
                    std::memset(blocks.back().span().data(), taker, 4096);
                }
                pool.give(std::move(blocks));
            }
        });
    }
    for (std::thread& taker : takers) {
        taker.join();
    }
    EXPECT_EQ(pool.octets_taken(), 0U);
}

TEST(PartMemory, cuts_up_what_was_given_back_when_the_pool_is_empty) {
    BlockPool pool(BlockPool::block_octets);
    PartMemory memory(pool);
    constexpr unsigned large = 8;
    std::vector<LineNumber> pieces;
    while (const LineNumber line = memory.allocate(large)) {
        pieces.push_back(line);
    }
    ASSERT_EQ(pieces.size(), std::size_t{1} << (PartMemory::block_line_bits - large));
    ASSERT_EQ(memory.allocate(0), 0U);
    memory.free(pieces[5], large);
    std::set<LineNumber> lines;
    while (const LineNumber line = memory.allocate(lines.size() % 3 == 0 ? 1 : 0)) {
        const bool is_pair = lines.size() % 3 == 0;
        EXPECT_TRUE(lines.insert(line).second);
        EXPECT_TRUE(!is_pair || lines.insert(line + 1).second);
    }
    EXPECT_GE(lines.size(), 255U);
    EXPECT_GE(*lines.begin(), pieces[5]);
    EXPECT_LT(*lines.rbegin(), pieces[5] + (1U << large));
}

TEST(PartMemory, gives_lines_of_every_size_that_do_not_overlap) {
    BlockPool pool(64U << 20U);
    PartMemory memory(pool);
    std::vector<std::pair<LineNumber, unsigned>> given;
    for (int round = 0; round < 3; ++round) {
        for (unsigned size_class = 0; size_class <= PartMemory::size_class_max; ++size_class) {
            const LineNumber line = memory.allocate(size_class);
            ASSERT_NE(line, 0U);
            const std::size_t octets = PartMemory::line_octets << size_class;
            std::memset(memory.at<std::byte>(line), static_cast<int>(given.size() + 1), octets);
            given.emplace_back(line, size_class);
        }
    }
    for (std::size_t i = 0; i < given.size(); ++i) {
        const auto [line, size_class] = given[i];
        const std::size_t octets = PartMemory::line_octets << size_class;
        for (std::size_t j = 0; j < octets; ++j) {
            ASSERT_EQ(memory.at<std::uint8_t>(line)[j], i + 1);
        }
        memory.free(line, size_class);
    }
    EXPECT_EQ(memory.octets_free(), memory.octets());
    const std::size_t before = memory.octets();
    for (const auto& [line, size_class] : given) {
        EXPECT_NE(memory.allocate(size_class), 0U);
    }
    EXPECT_EQ(memory.octets(), before) << "what was given back serves again";
}

}  // namespace
}  // namespace echotap
