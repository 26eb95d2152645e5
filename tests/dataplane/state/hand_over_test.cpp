// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/hand_over.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

namespace echotap {
namespace {

TEST(HandOver, keeps_what_finds_no_room_in_order_and_counts_it) {
    HandOver<int> queue(2);
    for (int i = 0; i < 5; ++i) {
        queue.give(std::make_unique<int>(i));
    }
    EXPECT_TRUE(queue.has_waiting());
    EXPECT_EQ(queue.times_full(), 3U);
    for (int i = 0; i < 5; ++i) {
        const std::unique_ptr<int> one = queue.take();
        ASSERT_NE(one, nullptr);
        EXPECT_EQ(*one, i);
        queue.retry();
    }
    EXPECT_EQ(queue.take(), nullptr);
    EXPECT_FALSE(queue.has_waiting());
}

TEST(HandOver, gives_back_what_nobody_took) {
    HandOver<std::vector<int>> queue(2);
    for (int i = 0; i < 5; ++i) {
        queue.give(std::make_unique<std::vector<int>>(1'000));
    }
}

TEST(HandOver, loses_nothing_between_two_threads) {
    constexpr int count = 20'000;
    HandOver<int> queue(4);
    std::thread giving([&] {
        for (int i = 0; i < count; ++i) {
            queue.give(std::make_unique<int>(i));
        }
        while (!queue.retry()) {
            std::this_thread::yield();
        }
    });
    for (int next = 0; next < count;) {
        if (const std::unique_ptr<int> one = queue.take()) {
            ASSERT_EQ(*one, next++);
        } else {
            std::this_thread::yield();
        }
    }
    giving.join();
    EXPECT_EQ(queue.take(), nullptr);
}

}  // namespace
}  // namespace echotap
