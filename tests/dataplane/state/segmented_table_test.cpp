// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/segmented_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "dataplane/state/address_numbers.hpp"
#include "dataplane/state/state_query.hpp"

namespace echotap {
namespace {

struct SmallTraits {
    using Entry = IndexEntry;
    static constexpr std::uint32_t segment_entries = 16;  // small, so that it splits often
    static constexpr std::uint32_t split_count = 12;
    static bool is_free(const IndexEntry& entry) { return entry.target == 0; }
    static std::uint32_t hash(const IndexEntry& entry) { return entry.hash; }
};

using Table = SegmentedTable<SmallTraits>;

IndexEntry* find(const Table& table, const PartMemory& memory, std::uint32_t hash) {
    return table.find(memory, SmallTraits{}, hash, [&](const IndexEntry& entry) { return entry.hash == hash; });
}

TEST(SegmentedTable, agrees_with_a_map_while_entries_come_and_go) {
    BlockPool pool(64U << 20U);
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
        PartMemory memory(pool);
        Table table;
        std::map<std::uint32_t, std::uint32_t> reference;
        std::mt19937 random(static_cast<unsigned>(seed));
        for (int i = 0; i < 60'000; ++i) {
            // Hashes from a small range of low bits crowd the places; shifted up, they crowd the directory.
            const std::uint32_t hash = static_cast<std::uint32_t>(random() % 20'000) * (seed % 2 == 0 ? 1 : 214'748);
            IndexEntry* const entry = find(table, memory, hash);
            const auto there = reference.find(hash);
            ASSERT_EQ(entry != nullptr, there != reference.end());
            if (entry != nullptr) {
                ASSERT_EQ(entry->target, there->second);
                if (random() % 2 == 0) {
                    table.erase(memory, SmallTraits{}, entry);
                    reference.erase(there);
                }
            } else if (IndexEntry fresh{.hash = hash, .target = static_cast<std::uint32_t>(i) + 1};
                       table.insert(memory, SmallTraits{}, fresh) != nullptr) {
                reference[hash] = fresh.target;
            }
            ASSERT_EQ(table.size(), reference.size());
        }
        std::map<std::uint32_t, std::uint32_t> walked;
        table.for_each(memory, SmallTraits{}, [&](const IndexEntry& entry) { walked[entry.hash] = entry.target; });
        EXPECT_EQ(walked, reference);
        for (std::uint32_t position = 0; position < table.directory_size();) {
            position = table.filter_segment(memory, SmallTraits{}, position,
                                            [](const IndexEntry& entry) { return entry.target % 2 == 0; });
        }
        std::erase_if(reference, [](const auto& entry) { return entry.second % 2 != 0; });
        EXPECT_EQ(table.size(), reference.size());
        for (const auto& [hash, target] : reference) {
            const IndexEntry* const entry = find(table, memory, hash);
            ASSERT_NE(entry, nullptr);
            EXPECT_EQ(entry->target, target);
        }
        const std::size_t before = memory.octets_free();
        table.release(memory);
        EXPECT_GT(memory.octets_free(), before);
        EXPECT_EQ(memory.octets_free(), memory.octets()) << "everything was given back";
    }
}

TEST(SegmentedTable, gives_back_the_memory_of_what_is_thinned) {
    BlockPool pool(64U << 20U);
    PartMemory memory(pool);
    Table table;
    std::mt19937 random(3);
    std::map<std::uint32_t, std::uint32_t> reference;
    while (reference.size() < 50'000) {
        const IndexEntry fresh{.hash = static_cast<std::uint32_t>(random()),
                               .target = 1 + static_cast<std::uint32_t>(random() % 1'000)};
        if (reference.emplace(fresh.hash, fresh.target).second) {
            ASSERT_NE(table.insert(memory, SmallTraits{}, fresh), nullptr);
        }
    }
    const std::size_t free_before = memory.octets_free();
    const std::size_t taken_before = memory.octets() - free_before;
    for (std::uint32_t limit = 500; limit >= 15; limit /= 2) {
        // Somebody walks the table meanwhile: what is there before and after is met once.
        std::map<std::uint32_t, unsigned> met;
        std::uint32_t from = 0;
        const auto walk = [&] {
            from = table.visit_from(memory, SmallTraits{}, from, [&](const IndexEntry& entry) { ++met[entry.hash]; });
        };
        bool is_walking = true;
        for (std::uint32_t position = 0; position < table.directory_size();) {
            position = table.filter_segment(memory, SmallTraits{}, position,
                                            [&](const IndexEntry& entry) { return entry.target <= limit; });
            if (is_walking && random() % 2 == 0) {
                walk();
                is_walking = from != 0;
            }
        }
        while (is_walking) {
            walk();
            is_walking = from != 0;
        }
        std::erase_if(reference, [&](const auto& entry) { return entry.second > limit; });
        ASSERT_EQ(table.size(), reference.size());
        for (const auto& [hash, target] : reference) {
            const IndexEntry* const entry = find(table, memory, hash);
            ASSERT_NE(entry, nullptr);
            EXPECT_EQ(entry->target, target);
            EXPECT_EQ(met[hash], 1U);
        }
        EXPECT_TRUE(std::ranges::all_of(met, [](const auto& entry) { return entry.second == 1; }));
    }
    EXPECT_LT(memory.octets() - memory.octets_free(), taken_before / 4) << "only the directory stays";
    // And grows again.
    for (std::uint32_t hash = 1; hash < 4'000'000'000U; hash += 100'003) {
        if (find(table, memory, hash) == nullptr) {
            ASSERT_NE(table.insert(memory, SmallTraits{}, {.hash = hash, .target = 7}), nullptr);
            reference[hash] = 7;
        }
    }
    std::map<std::uint32_t, std::uint32_t> walked;
    table.for_each(memory, SmallTraits{}, [&](const IndexEntry& entry) { walked[entry.hash] = entry.target; });
    EXPECT_EQ(walked, reference);
}

TEST(AddressNumbers, has_no_number_for_an_address_whose_hash_is_that_of_a_free_place) {
    BlockPool pool(64U << 20U);
    PartMemory memory(pool);
    AddressNumbers numbers;
    const IpAddress one = *IpAddress::parse("2001:db8::1");
    ASSERT_EQ(numbers.add(memory, std::uint64_t{77} << 32U, one), 1U);
    EXPECT_EQ(numbers.find(memory, 0xdead'beefU, *IpAddress::parse("2001:db8::2")), 0U);
    EXPECT_EQ(numbers.find(memory, std::uint64_t{77} << 32U, one), 1U);
}

TEST(AddressNumbers, agree_with_a_map_while_they_are_given_and_taken_back) {
    BlockPool pool(64U << 20U);
    PartMemory memory(pool);
    AddressNumbers numbers;
    std::map<std::uint32_t, std::uint32_t> given;       // by the last octets of the address
    std::map<std::uint32_t, std::uint32_t> references;  // by number
    std::mt19937 random(5);
    const auto hash_of = [](std::uint32_t value) { return table_hash(HashKey{5, 7}, v4_address(value)); };
    for (int i = 0; i < 60'000; ++i) {
        const auto value = static_cast<std::uint32_t>(random() % 5'000);
        const IpAddress address = v4_address(value);
        const std::uint32_t number = numbers.find(memory, hash_of(value), address);
        const auto there = given.find(value);
        ASSERT_EQ(number, there == given.end() ? 0U : there->second);
        if (number == 0) {
            const std::uint32_t fresh = numbers.add(memory, hash_of(value), address);
            ASSERT_TRUE(references.emplace(fresh, 0).second) << "it is another's";
            given[value] = fresh;
        } else if (numbers.is_idle(memory, number) && random() % 2 == 0) {
            ASSERT_EQ(references[number], 0U);
            numbers.take_back(memory, hash_of(value), number);
            references.erase(number);
            given.erase(there);
        } else if (references[number] != 0 && random() % 2 == 0) {
            numbers.let_go(memory, number);
            --references[number];
        } else {
            numbers.refer(memory, number);
            ++references[number];
        }
        ASSERT_EQ(numbers.given(), given.size());
    }
    const auto idle = std::ranges::count_if(references, [](const auto& entry) { return entry.second == 0; });
    EXPECT_EQ(numbers.idle(), static_cast<std::uint32_t>(idle));
    EXPECT_LE(numbers.largest(), 5'000U) << "what was taken back is given again";
    for (const auto& [value, number] : given) {
        EXPECT_EQ(numbers.address(memory, number), v4_address(value));
    }
}

TEST(SegmentedTable, refuses_when_many_hashes_are_the_same) {
    BlockPool pool(64U << 20U);
    PartMemory memory(pool);
    Table table;
    std::uint32_t taken = 0;
    while (table.insert(memory, SmallTraits{}, {.hash = 77, .target = taken + 1}) != nullptr) {
        ASSERT_LT(++taken, 100U);
    }
    EXPECT_EQ(table.size(), taken);
    EXPECT_GE(taken, 15U);
}

TEST(SegmentedTable, refuses_when_memory_ends_and_keeps_what_it_has) {
    BlockPool pool(BlockPool::block_octets);
    PartMemory memory(pool);
    Table table;
    std::mt19937 random(9);
    std::vector<std::uint32_t> taken;
    for (;;) {
        const auto hash = static_cast<std::uint32_t>(random());
        if (table.insert(memory, SmallTraits{}, {.hash = hash, .target = 1}) == nullptr) {
            break;
        }
        taken.push_back(hash);
    }
    EXPECT_GT(taken.size(), 50'000U);
    for (const std::uint32_t hash : taken) {
        ASSERT_NE(find(table, memory, hash), nullptr);
    }
}

}  // namespace
}  // namespace echotap
