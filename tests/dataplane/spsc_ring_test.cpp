// SPDX-License-Identifier: Apache-2.0
#include "dataplane/spsc_ring.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <deque>
#include <random>
#include <thread>
#include <vector>

namespace echotap {
namespace {

TEST(SpscRing, rounds_its_capacity_up_and_refuses_what_does_not_fit) {
    SpscRing<int> ring(3);
    EXPECT_EQ(ring.capacity(), 4U);
    for (int i = 0; i < 4; ++i) {
        EXPECT_TRUE(ring.push(i));
    }
    EXPECT_FALSE(ring.push(4));
    std::array<int, 8> out{};
    EXPECT_EQ(ring.pop(out), 4U);
    EXPECT_EQ(out, (std::array<int, 8>{0, 1, 2, 3}));
    EXPECT_EQ(ring.pop(out), 0U);
}

TEST(SpscRing, takes_the_first_of_a_burst_that_does_not_fit) {
    SpscRing<int> ring(4);
    const std::array burst{1, 2, 3, 4, 5, 6};
    EXPECT_EQ(ring.push(burst), 4U);
    EXPECT_EQ(ring.push(burst), 0U);
    std::array<int, 3> out{};
    EXPECT_EQ(ring.pop(out), 3U);
    EXPECT_EQ(ring.push(std::span(burst).subspan(4)), 2U);
    EXPECT_EQ(ring.pop(out), 3U);
    EXPECT_EQ(out, (std::array{4, 5, 6}));
}

TEST(SpscRing, agrees_with_a_deque_on_random_turns) {
    std::mt19937 random(7);
    SpscRing<unsigned> ring(64);
    std::deque<unsigned> reference;
    unsigned next = 0;
    for (int turn = 0; turn < 100000; ++turn) {
        std::vector<unsigned> burst(random() % 80);
        if (random() % 2 == 0) {
            for (unsigned& element : burst) {
                element = next++;
            }
            const std::size_t pushed = ring.push(burst);
            ASSERT_EQ(pushed, std::min(burst.size(), 64 - reference.size()));
            reference.insert(reference.end(), burst.begin(), burst.begin() + static_cast<std::ptrdiff_t>(pushed));
        } else {
            const std::size_t popped = ring.pop(burst);
            ASSERT_EQ(popped, std::min(burst.size(), reference.size()));
            for (std::size_t i = 0; i < popped; ++i) {
                ASSERT_EQ(burst[i], reference.front());
                reference.pop_front();
            }
        }
    }
}

TEST(SpscRing, keeps_order_and_loses_nothing_between_two_threads) {
    constexpr std::uint64_t count = 200000;
    SpscRing<std::uint64_t> ring(256);
    std::thread producer([&ring] {
        for (std::uint64_t i = 0; i < count;) {
            if (ring.push(i)) {
                ++i;
            } else {
                std::this_thread::yield();
            }
        }
    });
    std::uint64_t expected = 0;
    while (expected < count) {
        std::array<std::uint64_t, 32> out{};
        const std::size_t popped = ring.pop(out);
        for (std::size_t i = 0; i < popped; ++i) {
            ASSERT_EQ(out[i], expected++);
        }
        if (popped == 0) {
            std::this_thread::yield();
        }
    }
    producer.join();
}

}  // namespace
}  // namespace echotap
