// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/window_part.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "tests/reference/window_part_reference.hpp"

namespace echotap {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp start{std::chrono::seconds(1'700'000'000)};

IpAddress address_v6(std::uint64_t number) {
    std::array<std::uint8_t, 16> octets{0x20, 0x01, 0x0d, 0xb8};
    for (unsigned i = 0; i < 8; ++i) {
        octets[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    return IpAddress::from_v6(octets.data());
}

StateQuery full_query(const HashKey& key, const IpAddress& originator, const IpAddress& querier, Timestamp time) {
    return StateQuery::of(
        key, ReverseQuery{.time = time, .originator = originator, .querier = querier, .authority = {}}, time);
}

class WindowParts : public testing::Test {
protected:
    PartConfig config(std::uint32_t sample_size = 65'536) const {
        return {.table_key = {0x0123'4567'89ab'cdefU, 0xfedc'ba98'7654'3211U},
                .sample_key = {17, 19},
                .sample_size = sample_size};
    }
    StateQuery query(std::uint32_t originator, std::uint32_t querier, Timestamp time = start) const {
        return full_query(config().table_key, v4_address(originator), v4_address(querier), time);
    }
    static void add(WindowPart& part, std::vector<StateQuery> queries) {
        for (std::size_t i = 0; i < queries.size(); i += WindowPart::batch_max) {
            const std::span batch = std::span(queries).subspan(i, std::min(WindowPart::batch_max, queries.size() - i));
            for (const StateQuery& one : batch) {
                part.prefetch(one);
            }
            part.add(batch);
        }
    }

    BlockPool pool_{std::size_t{512} << 20U};
};

/// A stream in which a few originators have many queriers, most one, of all kinds, over some hours, partly backwards.
std::vector<StateQuery> random_stream(std::uint64_t seed, const HashKey& key, std::size_t size) {
    std::mt19937_64 random(seed);
    const auto skewed = [&](std::uint64_t range) { return random() % (random() % range + 1); };
    std::vector<StateQuery> queries;
    for (std::size_t i = 0; i < size; ++i) {
        const auto back = std::chrono::seconds(random() % 4 == 0 ? random() % 4000 : 0);
        const Timestamp time = start + std::chrono::milliseconds(i * 4'000'000 / size * 10) - back;
        const std::uint64_t from = skewed(seed % 3 == 0 ? 100'000 : 500);
        const IpAddress querier =
            random() % 4 == 0 ? address_v6(from) : v4_address(static_cast<std::uint32_t>(from * 2'654'435'761U));
        const std::uint64_t about = skewed(2'000);
        switch (random() % 5) {
            case 0:
                queries.push_back(
                    StateQuery::of(key,
                                   MinimisedQuery{.time = time,
                                                  .prefix = Prefix(v4_address(static_cast<std::uint32_t>(about) << 24U),
                                                                   104 + 8 * static_cast<unsigned>(random() % 3)),
                                                  .querier = querier,
                                                  .authority = {}},
                                   time));
                break;
            case 1:
                queries.push_back(full_query(key, address_v6(about << 32U), querier, time));
                break;
            default:
                queries.push_back(full_query(key, v4_address(static_cast<std::uint32_t>(about)), querier, time));
        }
    }
    return queries;
}

TEST_F(WindowParts, agree_with_their_definition_on_random_streams) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        WindowPart part(config(), pool_);
        const std::vector<StateQuery> queries = random_stream(seed, config().table_key, 40'000);
        WindowPartReference expected;
        std::for_each(queries.begin(), queries.end(), [&](const StateQuery& one) { expected.add(one); });
        add(part, queries);
        const WindowPartReference read = WindowPartReference::of(part);
        ASSERT_EQ(WindowPartReference::difference(read, expected), "") << "seed " << seed;
        EXPECT_EQ(part.counts().queries + part.counts().minimised, queries.size());
        EXPECT_EQ(part.originator_count(OriginatorKind::v4) + part.originator_count(OriginatorKind::v6) +
                      part.originator_count(OriginatorKind::prefix),
                  expected.originators.size());
        EXPECT_EQ(part.querier_count(), expected.queriers.size());
        EXPECT_FALSE(part.counts().any_bound_reached());
    }
}

TEST_F(WindowParts, hold_the_bottom_k_of_every_originator) {
    constexpr std::uint32_t k = 40;
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        WindowPart part(config(k), pool_);
        const std::vector<StateQuery> queries = random_stream(seed, config().table_key, 30'000);
        WindowPartReference expected;
        std::for_each(queries.begin(), queries.end(), [&](const StateQuery& one) { expected.add(one); });
        add(part, queries);
        // Both families of an originator have a set each; the bottom k of the two together is in them.
        EXPECT_EQ(WindowPartReference::difference_of_originators(
                      WindowPartReference::of(part).sampled(config().sample_key, k),
                      expected.sampled(config().sample_key, k)),
                  "")
            << "seed " << seed;
    }
}

TEST_F(WindowParts, find_nobody_in_a_free_place_of_an_index_whatever_the_hash) {
    // Free places are zeros. Under this key the hashes that indices take are zeros as well.
    PartConfig zeros = config();
    zeros.table_key = {0, 0};
    const auto v6 = [](std::uint8_t number) {
        const std::array<std::uint8_t, 16> octets{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, number};
        return IpAddress::from_v6(octets.data());
    };
    WindowPart part(zeros, pool_);
    std::vector<StateQuery> queries;
    WindowPartReference expected;
    for (std::uint8_t i = 0; i < 30; ++i) {
        for (const IpAddress& address : {v4_address(i), v6(i)}) {
            queries.push_back(full_query(zeros.table_key, address, v6(i / 2), start));
            ASSERT_EQ(short_hash(queries.back().originator_hash), 0U);
            ASSERT_EQ(short_hash(queries.back().querier_hash), 0U);
            expected.add(queries.back());
        }
    }
    add(part, queries);
    EXPECT_EQ(WindowPartReference::difference(WindowPartReference::of(part), expected), "");
}

TEST_F(WindowParts, say_the_same_whatever_the_batches_and_the_process_key) {
    const std::vector<StateQuery> queries = random_stream(3, config().table_key, 5'000);
    WindowPart whole(config(), pool_);
    add(whole, queries);

    PartConfig other = config();
    other.table_key = {0xabcd'0000'1234'ffffU, 0x5555'3333'1234'5677U};
    WindowPart single(other, pool_);
    for (StateQuery one : random_stream(3, other.table_key, 5'000)) {
        single.add({&one, 1});
    }
    EXPECT_EQ(WindowPartReference::difference(WindowPartReference::of(whole), WindowPartReference::of(single)), "");
}

TEST_F(WindowParts, are_a_union_when_queriers_are_split) {
    const std::vector<StateQuery> queries = random_stream(4, config().table_key, 20'000);
    WindowPart left(config(), pool_);
    WindowPart right(config(), pool_);
    WindowPart whole(config(), pool_);
    std::vector<StateQuery> left_queries;
    std::vector<StateQuery> right_queries;
    for (const StateQuery& one : queries) {
        (partition_of(one) < 20 ? left_queries : right_queries).push_back(one);
    }
    add(whole, queries);
    add(left, left_queries);
    add(right, right_queries);
    WindowPartReference sum = WindowPartReference::of(left);
    for (auto& [name, originator] : WindowPartReference::of(right).originators) {
        OriginatorReference& into = sum.originators[name];
        into.queries += originator.queries;
        into.first = std::min(into.first, originator.first);
        into.last = std::max(into.last, originator.last);
        into.periods.insert(originator.periods.begin(), originator.periods.end());
        for (const IpAddress& querier : originator.queriers) {
            ASSERT_TRUE(into.queriers.insert(querier).second) << "a querier belongs to one worker";
        }
    }
    EXPECT_EQ(WindowPartReference::difference_of_originators(sum, WindowPartReference::of(whole)), "");
}

TEST_F(WindowParts, keep_periods_sorted_however_many) {
    WindowPart part(config(), pool_);
    std::vector<StateQuery> queries;
    std::mt19937 random(8);
    for (int i = 0; i < 3'000; ++i) {
        queries.push_back(query(1, 1, start + std::chrono::minutes(random() % 50'000)));
    }
    queries.push_back(query(1, 1, Timestamp(-1ns)));
    WindowPartReference expected;
    std::for_each(queries.begin(), queries.end(), [&](const StateQuery& one) { expected.add(one); });
    add(part, queries);
    EXPECT_EQ(WindowPartReference::difference(WindowPartReference::of(part), expected), "");
    part.for_each_originator(OriginatorKind::v4, [](const OriginatorView& view) {
        EXPECT_TRUE(std::is_sorted(view.periods.begin(), view.periods.end()));
        EXPECT_EQ(view.periods.front(), -1);
    });
}

TEST_F(WindowParts, take_at_most_110_octets_for_an_originator_with_one_querier) {
    // Measured over a factor of two, since the index is 30 to 60 % full.
    std::size_t worst = 0;
    WindowPart part(config(), pool_);
    std::vector<StateQuery> queries;
    std::uint32_t originator = 0;
    const std::size_t queriers = 1000;
    for (std::size_t step = 0; step < 16; ++step) {
        queries.clear();
        for (int i = 0; i < 40'000; ++i) {
            ++originator;
            queries.push_back(query(originator, static_cast<std::uint32_t>(originator % queriers)));
        }
        add(part, queries);
        if (step >= 4) {
            worst = std::max(worst, part.octets() / originator);
        }
    }
    EXPECT_LE(worst, 110U);
    EXPECT_EQ(part.originator_count(OriginatorKind::v4), originator);
}

TEST_F(WindowParts, refuse_and_count_when_memory_ends) {
    BlockPool small(4 * BlockPool::block_octets);
    WindowPart part(config(), small);
    std::vector<StateQuery> queries;
    for (std::uint32_t i = 1; i <= 200'000; ++i) {
        queries.push_back(query(i, i));
    }
    add(part, queries);
    const PartCounts& counts = part.counts();
    EXPECT_EQ(counts.queries + counts.refused, queries.size());
    EXPECT_GT(counts.refused, 0U);
    EXPECT_TRUE(counts.any_bound_reached());
    EXPECT_LE(part.octets(), small.octets_max());
    std::uint64_t kept = 0;
    part.for_each_originator(OriginatorKind::v4, [&](const OriginatorView& view) { kept += view.queries; });
    EXPECT_EQ(kept, counts.queries);
}

TEST_F(WindowParts, leave_out_an_ipv6_querier_that_no_memory_can_hold) {
    BlockPool small(4 * BlockPool::block_octets);
    WindowPart part(config(4), small);
    std::vector<StateQuery> queries;
    for (std::uint32_t i = 1; i <= 400'000; ++i) {
        std::array<std::uint8_t, 16> querier{0x20, 0x01, 0x0d, 0xb8};
        std::memcpy(querier.data() + 8, &i, sizeof i);
        queries.push_back(
            full_query(config().table_key, v4_address(i % 100), IpAddress::from_v6(querier.data()), start));
    }
    add(part, queries);
    EXPECT_EQ(part.counts().queries, queries.size());
    EXPECT_GT(part.counts().incomplete, 0U);
    std::uint64_t kept = 0;
    part.for_each_originator(OriginatorKind::v4, [&](const OriginatorView& view) {
        kept += view.queries;
        EXPECT_EQ(std::ranges::count(view.queriers_v6, 0U), 0);
    });
    EXPECT_EQ(kept, queries.size());
}

TEST_F(WindowParts, admit_at_the_second_query_while_guarded) {
    WindowPart part(config(), pool_);
    add(part, {query(1, 1)});
    ASSERT_TRUE(part.guard(true));
    std::vector<StateQuery> warm_up;
    for (std::uint32_t i = 0; i < 2'000; ++i) {
        warm_up.push_back(query(1'000'000 + i, 1));
    }
    add(part, warm_up);  // the doorkeeper clears its memory meanwhile
    EXPECT_EQ(part.counts().refused, warm_up.size());
    add(part, {query(1, 2), query(2, 1), query(3, 1), query(2, 2)});
    EXPECT_EQ(part.originator_count(OriginatorKind::v4), 2U) << "1 was there, 2 asked twice, 3 once";
    EXPECT_EQ(part.counts().refused, warm_up.size() + 2);
    ASSERT_TRUE(part.guard(false));
    add(part, {query(4, 1)});
    EXPECT_EQ(part.originator_count(OriginatorKind::v4), 3U);
}

TEST_F(WindowParts, let_the_smallest_and_oldest_go_first) {
    WindowPart part(config(), pool_);
    std::vector<StateQuery> queries;
    for (std::uint32_t originator = 1; originator <= 20'000; ++originator) {
        const std::uint32_t footprint = originator % 100 == 0 ? 25 : originator % 10 == 0 ? 5 : 1;
        for (std::uint32_t querier = 1; querier <= footprint; ++querier) {
            queries.push_back(query(originator, querier, start + std::chrono::seconds(originator)));
        }
    }
    add(part, queries);
    std::size_t gone = 0;
    std::uint64_t gone_queries = 0;
    for (int calls = 0; calls < 2'000 && gone < 10'000; ++calls) {
        gone += part.evict_some(100);
    }
    EXPECT_GE(gone, 10'000U);
    EXPECT_EQ(part.counts().evicted_originators, gone);
    EXPECT_EQ(part.originator_count(OriginatorKind::v4), 20'000 - gone);
    std::size_t large = 0;
    std::size_t medium = 0;
    std::uint64_t kept_queries = 0;
    part.for_each_originator(OriginatorKind::v4, [&](const OriginatorView& view) {
        large += static_cast<std::size_t>(view.queriers_v4.size() == 25);
        medium += static_cast<std::size_t>(view.queriers_v4.size() == 5);
        kept_queries += view.queries;
    });
    gone_queries = queries.size() - kept_queries;
    EXPECT_EQ(large, 200U);
    EXPECT_EQ(medium, 1'800U) << "those with one querier suffice";
    EXPECT_EQ(part.counts().evicted_queries, gone_queries);

    for (int calls = 0; calls < 20'000; ++calls) {
        gone += part.evict_some(100);
    }
    EXPECT_EQ(part.originator_count(OriginatorKind::v4), 200U) << "the large ones stay";
    for (int calls = 0; calls < 20'000; ++calls) {
        gone += part.evict_some(100, true);
    }
    EXPECT_EQ(part.originator_count(OriginatorKind::v4), 0U) << "unless they may go";

    // What went can come again, in the same memory.
    const std::size_t octets = part.octets();
    add(part, queries);
    EXPECT_EQ(part.originator_count(OriginatorKind::v4), 20'000U);
    EXPECT_LE(part.octets(), octets + BlockPool::block_octets);
    WindowPartReference expected;
    std::for_each(queries.begin(), queries.end(), [&](const StateQuery& one) { expected.add(one); });
    EXPECT_EQ(WindowPartReference::difference_of_originators(WindowPartReference::of(part), expected), "");
}

TEST_F(WindowParts, stay_right_under_eviction_of_all_kinds) {
    WindowPart part(config(), pool_);
    std::mt19937 random(12);
    std::uint64_t given = 0;
    for (std::uint64_t seed = 20; seed < 30; ++seed) {
        const std::vector<StateQuery> queries = random_stream(seed, config().table_key, 5'000);
        given += queries.size();
        add(part, queries);
        for (int i = 0; i < 30; ++i) {
            part.evict_some(50, i % 2 == 0);
        }
    }
    std::uint64_t kept = 0;
    for (const OriginatorKind kind : {OriginatorKind::v4, OriginatorKind::v6, OriginatorKind::prefix}) {
        std::set<IpAddress> seen;
        part.for_each_originator(kind, [&](const OriginatorView& view) {
            kept += view.queries;
            EXPECT_TRUE(seen.insert(view.address).second);
            EXPECT_GE(view.queries, view.queriers_v4.size() + view.queriers_v6.size());
        });
        EXPECT_EQ(seen.size(), part.originator_count(kind));
    }
    EXPECT_EQ(kept + part.counts().evicted_queries, given);
    EXPECT_GT(part.counts().evicted_prefixes, 0U);
}

TEST_F(WindowParts, follow_a_smaller_k_and_halve_the_table_of_queriers) {
    WindowPart part(config(), pool_);
    std::vector<StateQuery> queries;
    for (std::uint32_t querier = 1; querier <= 20'000; ++querier) {
        queries.push_back(query(1, querier * 7919));
        queries.push_back(full_query(config().table_key, v4_address(2), address_v6(querier), start));
    }
    add(part, queries);
    WindowPartReference expected;
    std::for_each(queries.begin(), queries.end(), [&](const StateQuery& one) { expected.add(one); });
    part.limit_sample(500);
    part.halve_queriers();
    for (int calls = 0; calls < 2'000; ++calls) {
        part.thin_some(64);
        part.thin_v6_queriers();
    }
    EXPECT_TRUE(part.has_thinned_queriers());
    const WindowPartReference read = WindowPartReference::of(part);
    EXPECT_EQ(WindowPartReference::difference_of_originators(read.sampled(config().sample_key, 500),
                                                             expected.sampled(config().sample_key, 500)),
              "");
    for (const auto& [name, originator] : read.originators) {
        EXPECT_LE(originator.queriers.size(), 1'500U);
    }
    std::erase_if(expected.queriers, [&](const auto& querier) {
        return sample_hash(config().sample_key, querier.first) > part.querier_bound();
    });
    EXPECT_EQ(WindowPartReference::difference_of_queriers(read, expected), "");
    EXPECT_NEAR(static_cast<double>(read.queriers.size()), 20'000, 600);
}

TEST_F(WindowParts, can_be_handed_over) {
    WindowPart part(config(), pool_);
    add(part, {query(1, 1), query(1, 2), query(2, 1)});
    const WindowPartReference before = WindowPartReference::of(part);
    {
        const WindowPart handed = std::move(part);
        EXPECT_EQ(WindowPartReference::difference(WindowPartReference::of(handed), before), "");
        EXPECT_GT(pool_.octets_taken(), 0U);
    }
    EXPECT_EQ(pool_.octets_taken(), 0U) << "its memory went back";
}

TEST(StateQuery, spreads_addresses_evenly_however_regular_they_are) {
    std::mt19937_64 random(77);
    constexpr std::size_t bins = 1024;
    constexpr std::size_t keys = bins * 256;
    for (int round = 0; round < 8; ++round) {
        const HashKey key = round == 0 ? HashKey{0x0123'4567'89ab'cdefU, 0xfedc'ba98'7654'3211U}
                                       : HashKey{.first = random(), .second = random()};
        for (const std::uint32_t stride : {1U, 2U, 256U, 65'536U, 16'777'216U + 1U}) {
            std::array<std::size_t, bins> high{};
            std::array<std::size_t, bins> low{};
            for (std::uint32_t i = 0; i < keys; ++i) {
                const std::uint32_t hash = short_hash(table_hash(key, i * stride));
                ++high[hash >> 22U];
                ++low[hash % bins];
            }
            // As many as by chance, with eight standard deviations to either side; keys that come twice count twice.
            const std::size_t copies = stride == 65'536U ? 4 : 1;
            const double spread = 8 * 16 * std::sqrt(static_cast<double>(copies));
            for (std::size_t i = 0; i < bins; ++i) {
                ASSERT_NEAR(static_cast<double>(high[i]), 256, spread) << "stride " << stride;
                ASSERT_NEAR(static_cast<double>(low[i]), 256, spread) << "stride " << stride;
            }
        }
    }
}

TEST(StateQuery, marks_prefixes_so_that_each_has_its_own_value) {
    std::set<IpAddress> marks;
    for (unsigned length = 0; length <= 127; ++length) {
        for (const IpAddress& address : {v4_address(0x0a00'0001), address_v6(0), address_v6(~0ULL), IpAddress()}) {
            const Prefix prefix(address, length);
            const IpAddress marked = mark_prefix(prefix);
            EXPECT_EQ(unmark_prefix(marked), prefix) << prefix.to_string();
            marks.insert(marked);
        }
    }
    EXPECT_GT(marks.size(), 128U);
}

}  // namespace
}  // namespace echotap
