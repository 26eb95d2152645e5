// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/querier_set.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "tests/reference/window_part_reference.hpp"

namespace echotap {
namespace {

class QuerierSets : public testing::Test {
protected:
    SetSurroundings around(std::uint32_t sample_size = 65'536) {
        return {memory_, table_key_, sample_key_, nullptr, sample_size};
    }
    QuerierSet::Added add(QuerierSet& set, const SetSurroundings& surroundings, std::uint32_t key) {
        return set.add(surroundings, table_hash(table_key_, key), key);
    }
    std::set<IpAddress> contents(const QuerierSet& set) {
        std::set<IpAddress> keys;
        std::size_t count = 0;
        set.for_each(around(), [&](std::uint32_t key) {
            keys.insert(v4_address(key));
            ++count;
        });
        EXPECT_EQ(keys.size(), count) << "a key is there twice";
        EXPECT_EQ(set.size(), count);
        return keys;
    }

    BlockPool pool_{64U << 20U};
    PartMemory memory_{pool_};
    HashKey table_key_{0x0123'4567'89ab'cdefU, 0xfedc'ba98'7654'3211U};
    HashKey sample_key_{1, 2};
};

TEST_F(QuerierSets, take_each_key_once) {
    QuerierSet set;
    EXPECT_EQ(set.size(), 0U);
    EXPECT_EQ(add(set, around(), 7), QuerierSet::Added::is_new);
    EXPECT_EQ(add(set, around(), 7), QuerierSet::Added::was_there);
    EXPECT_EQ(add(set, around(), 0), QuerierSet::Added::is_new) << "0.0.0.0 is an address";
    EXPECT_EQ(add(set, around(), 0), QuerierSet::Added::was_there);
    EXPECT_EQ(set.size(), 2U);
}

TEST_F(QuerierSets, are_exact_at_every_size_up_to_k) {
    std::mt19937 random(3);
    for (const std::size_t size : {1U, 15U, 16U, 17U, 24U, 25U, 100U, 767U, 768U, 769U, 5'000U, 65'536U}) {
        QuerierSet set;
        std::set<IpAddress> expected;
        while (expected.size() < size) {
            const auto key = static_cast<std::uint32_t>(expected.size() == size / 2 ? 0 : random());
            const bool is_new = expected.insert(v4_address(key)).second;
            ASSERT_EQ(add(set, around(), key) == QuerierSet::Added::is_new, is_new);
        }
        ASSERT_EQ(contents(set), expected) << size;
        EXPECT_FALSE(set.is_sampled(memory_));
        set.release(memory_);
    }
}

TEST_F(QuerierSets, hold_the_bottom_k_beyond_k_whatever_the_order) {
    std::mt19937 random(4);
    for (const std::uint32_t k : {1U, 2U, 5U, 16U, 100U, 1'000U, 4'096U}) {
        for (const std::size_t distinct : {std::size_t{k} + 1, std::size_t{k} * 3 / 2 + 1, std::size_t{k} * 20}) {
            std::vector<std::uint32_t> keys(distinct);
            std::generate(keys.begin(), keys.end(), [&] { return static_cast<std::uint32_t>(random()); });
            keys.front() = 0;
            std::set<IpAddress> all;
            std::for_each(keys.begin(), keys.end(), [&](std::uint32_t key) { all.insert(v4_address(key)); });
            const std::set<IpAddress> expected = bottom_k(all, sample_key_, k);
            for (int order = 0; order < 2; ++order) {
                QuerierSet set;
                std::uint32_t size_max = 0;
                for (const std::uint32_t key : keys) {
                    add(set, around(k), key);
                    add(set, around(k), keys[random() % keys.size()]);
                    size_max = std::max(size_max, set.size());
                }
                const std::set<IpAddress> held = contents(set);
                EXPECT_EQ(bottom_k(held, sample_key_, k), expected) << k << " of " << distinct;
                EXPECT_LE(size_max, 2 * k + 64) << "it keeps not much more than it must";
                if (held.size() < all.size()) {
                    EXPECT_TRUE(set.is_sampled(memory_));
                }
                set.release(memory_);
                std::reverse(keys.begin(), keys.end());
            }
        }
    }
}

TEST_F(QuerierSets, follow_a_smaller_k) {
    std::mt19937 random(5);
    QuerierSet set;
    std::set<IpAddress> all;
    for (int i = 0; i < 10'000; ++i) {
        const auto key = static_cast<std::uint32_t>(random());
        all.insert(v4_address(key));
        add(set, around(65'536), key);
    }
    for (const std::uint32_t k : {4'000U, 2'000U, 100U, 7U}) {
        int calls = 0;
        while (!set.thin(around(k))) {
            ASSERT_LT(++calls, 1'000) << "thinning comes to an end";
        }
        EXPECT_EQ(bottom_k(contents(set), sample_key_, k), bottom_k(all, sample_key_, k));
        EXPECT_LE(set.size(), 3 * k);
        EXPECT_TRUE(set.is_sampled(memory_));
    }
}

TEST_F(QuerierSets, take_about_8_octets_per_key_when_large) {
    std::mt19937 random(6);
    double octets = 0;
    int measured = 0;
    for (std::uint32_t size = 1'000; size <= 60'000; size += 1'000) {
        QuerierSet set;
        const std::size_t before = memory_.octets() - memory_.octets_free();
        for (std::uint32_t i = 0; i < size; ++i) {
            add(set, around(), static_cast<std::uint32_t>(random()) | 1U);
        }
        octets += static_cast<double>(memory_.octets() - memory_.octets_free() - before) / set.size();
        ++measured;
        set.release(memory_);
        EXPECT_EQ(memory_.octets() - memory_.octets_free(), before) << "release gives everything back";
    }
    EXPECT_LT(octets / measured, 8.5);
}

TEST_F(QuerierSets, say_when_there_is_no_memory) {
    BlockPool small(BlockPool::block_octets);
    PartMemory memory(small);
    const SetSurroundings surroundings{memory, table_key_, sample_key_, nullptr, 1U << 24U};
    QuerierSet set;
    std::uint32_t key = 0;
    while (add(set, surroundings, ++key) == QuerierSet::Added::is_new) {
        ASSERT_LT(key, 1'000'000U);
    }
    EXPECT_EQ(set.size(), key - 1);
    EXPECT_GT(set.size(), 100'000U);
    EXPECT_EQ(add(set, surroundings, 1), QuerierSet::Added::was_there);
}

}  // namespace
}  // namespace echotap
