// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/repeat_filter.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/reference/repeat_filter_reference.hpp"

namespace echotap {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp start{std::chrono::seconds(1'700'000'000)};
constexpr std::size_t partition_octets = 4096;

std::uint64_t spread(std::uint64_t value) {
    return fold_multiply(value + 0x1234'5678'9abc'def1U, 0x9e37'79b9'7f4a'7c15U);
}

TEST(RepeatFilter, counts_what_lies_an_interval_or_more_away_from_the_last_that_counted) {
    struct Row {
        std::string description;
        std::chrono::nanoseconds interval;
        std::vector<std::pair<std::chrono::nanoseconds, bool>> questions;  // when, and whether it counts
    };
    const std::vector<Row> rows{
        {"the first counts", 30s, {{0s, true}}},
        {"29.999 s: a repeat", 30s, {{0s, true}, {29'999ms, false}}},
        {"29.999999 s: a repeat", 30s, {{0s, true}, {29'999'999us, false}}},
        {"30.000 s: counts", 30s, {{0s, true}, {30s, true}}},
        {"a repeat does not prolong the interval",
         30s,
         {{0s, true}, {20s, false}, {30s, true}, {59s, false}, {60s, true}}},
        {"whole microseconds, rounded down", 30s, {{900ns, true}, {30s, true}}},
        {"the interval is an option", 1s, {{0s, true}, {999ms, false}, {1s, true}}},
        {"0 lets everything count", 0s, {{0s, true}, {0s, true}, {1ns, true}}},
        {"a little back is a repeat", 30s, {{10s, true}, {9s, false}, {39s, false}, {40s, true}}},
        {"an interval back counts, and the next is measured from there",
         30s,
         {{60s, true}, {30s, true}, {59s, false}, {60s, true}}},
        {"an hour of silence", 30s, {{0s, true}, {3600s, true}, {3629s, false}}},
        {"71 minutes 35 s, where 32 bits of microseconds begin anew",
         30s,
         {{0s, true}, {4'295s, true}, {4'300s, false}}},
        {"a year", 30s, {{0s, true}, {31'536'000s, true}}},
    };
    for (const Row& row : rows) {
        SCOPED_TRACE(row.description);
        RepeatFilter filter(partition_octets, row.interval);
        for (const auto& [when, counts] : row.questions) {
            EXPECT_EQ(filter.counts(spread(1), start + when, start + when), counts) << when.count() << " ns";
        }
    }
}

TEST(RepeatFilter, does_not_remember_what_lies_more_than_an_hour_behind_the_clock) {
    RepeatFilter filter(partition_octets, 30s);
    EXPECT_TRUE(filter.counts(spread(1), start, start + 3601s));
    EXPECT_TRUE(filter.counts(spread(1), start, start + 3601s));
    EXPECT_TRUE(filter.counts(spread(1), start + 2s, start + 3602s));
    EXPECT_FALSE(filter.counts(spread(1), start + 2s, start + 3602s));
}

TEST(RepeatFilter, goes_on_when_the_clock_went_back_by_days) {
    RepeatFilter filter(partition_octets, 30s);
    EXPECT_TRUE(filter.counts(spread(1), start, start));
    const Timestamp before = start - 100h;
    EXPECT_TRUE(filter.counts(spread(1), before, before));
    EXPECT_FALSE(filter.counts(spread(1), before + 29s, before + 29s));
    EXPECT_TRUE(filter.counts(spread(1), before + 30s, before + 30s));
}

TEST(RepeatFilter, forgets_the_oldest_of_a_full_bucket_and_counts_that) {
    RepeatFilter filter(64, 30s, 0, 1);  // one bucket
    for (unsigned i = 0; i < RepeatFilter::bucket_entries; ++i) {
        EXPECT_TRUE(filter.counts(i + 1, start + std::chrono::seconds(i), start + std::chrono::seconds(i)));
    }
    EXPECT_EQ(filter.overflows(), 0U);
    EXPECT_TRUE(filter.counts(100, start + 7s, start + 7s));
    EXPECT_EQ(filter.overflows(), 1U);
    EXPECT_FALSE(filter.counts(2, start + 8s, start + 8s)) << "the second oldest is there";
    EXPECT_TRUE(filter.counts(1, start + 8s, start + 8s)) << "the oldest went";
    EXPECT_EQ(filter.overflows(), 2U);
    EXPECT_TRUE(filter.counts(200, start + 60s, start + 60s));
    EXPECT_EQ(filter.overflows(), 2U) << "what has passed its interval goes without being missed";
}

TEST(RepeatFilter, decides_the_same_whoever_owns_the_partitions) {
    const std::size_t octets = 64 * 4;  // so small that it overflows
    RepeatFilter whole(octets, 30s);
    std::vector<RepeatFilter> parts;
    parts.emplace_back(octets, 30s, 0, 13);
    parts.emplace_back(octets, 30s, 13, 40);
    parts.emplace_back(octets, 30s, 40, partition_count);
    std::mt19937_64 random(7);
    for (int i = 0; i < 50'000; ++i) {
        const std::uint64_t hash = spread(random() % 8'000);
        const auto partition = static_cast<unsigned>(hash >> (64 - partition_bits));
        RepeatFilter& part = parts[partition < 13 ? 0 : partition < 40 ? 1 : 2];
        const Timestamp time = start + std::chrono::milliseconds(i);
        ASSERT_EQ(whole.counts(hash, time, time), part.counts(hash, time, time)) << i;
    }
    EXPECT_GT(whole.overflows(), 0U);
    EXPECT_EQ(whole.overflows(), parts[0].overflows() + parts[1].overflows() + parts[2].overflows());
}

TEST(RepeatFilter, agrees_with_its_definition_on_random_streams) {
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U}) {
        std::mt19937_64 random(seed);
        const std::chrono::nanoseconds interval =
            seed % 2 == 0 ? 30s : std::chrono::nanoseconds(random() % 600'000'000'000);
        RepeatFilter filter(65'536, interval);
        RepeatFilterReference<std::uint64_t> reference(interval);
        Timestamp clock = start;
        for (int i = 0; i < 40'000; ++i) {
            const auto chance = random() % 1000;
            clock += chance == 0  ? std::chrono::nanoseconds(random() % 20'000'000'000'000)
                     : chance < 9 ? std::chrono::nanoseconds(random() % 40'000'000'000)
                                  : std::chrono::nanoseconds(random() % 40'000'000);
            const bool is_late = random() % 8 == 0;
            const Timestamp time = clock - std::chrono::nanoseconds(is_late ? random() % 3'600'000'000'000 : 0);
            const std::uint64_t question = random() % 3'000;
            ASSERT_EQ(filter.counts(spread(question), time, clock), reference.counts(question, time))
                << "seed " << seed << ", question " << i;
        }
        ASSERT_EQ(filter.overflows(), 0U) << "the table is large enough for a fair comparison";
    }
}

TEST(RepeatFilter, goes_on_from_an_image) {
    RepeatFilter filter(partition_octets, 30s);
    EXPECT_TRUE(filter.counts(spread(1), start, start));
    RepeatFilter other(partition_octets, 30s);
    ASSERT_TRUE(other.load(filter.image()));
    EXPECT_FALSE(other.counts(spread(1), start + 1s, start + 1s));
    EXPECT_FALSE(other.load(filter.image().first(64)));
}

TEST(RepeatFilter, refuses_what_it_cannot_do) {
    EXPECT_THROW(RepeatFilter(partition_octets, 601s), std::runtime_error);
    EXPECT_THROW(RepeatFilter(partition_octets, -1s), std::runtime_error);
    EXPECT_THROW(RepeatFilter(partition_octets, 30s, 5, 5), std::runtime_error);
    EXPECT_THROW(RepeatFilter(partition_octets, 30s, 0, 65), std::runtime_error);
}

}  // namespace
}  // namespace echotap
