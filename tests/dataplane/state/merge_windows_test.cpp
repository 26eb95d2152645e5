// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/merge_windows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>
#include <set>

#include "dataplane/state/window_file.hpp"
#include "tests/dataplane/state/window_maker.hpp"
#include "tests/reference/window_reference.hpp"

namespace echotap {
namespace {

using test::make_window;
using test::MakerSettings;
using test::random_queries;
using test::sample_key;

/// A header as a site makes it for the `number`th of its captures.
WindowHeader header(std::uint8_t number) {
    WindowHeader header;
    header.sites = {"site-" + std::to_string(number % 2)};
    header.sources = {SourceDigest::of(Octets(&number, 1))};
    header.start = test::stream_start + std::chrono::seconds(number);
    header.end = test::stream_start + std::chrono::hours(12 + number);
    header.ledger.enter(Stage::frame, 100U + number);
    header.ledger.drop(Drop::icmp, number);
    header.counts.reverse = 50U * number;
    header.add_gap(static_cast<Gap>(number % gap_count));
    header.completeness = static_cast<Completeness>(number % 3);
    return header;
}

std::vector<StateQuery> those(std::span<const StateQuery> queries, const std::function<bool(const StateQuery&)>& take) {
    std::vector<StateQuery> taken;
    std::copy_if(queries.begin(), queries.end(), std::back_inserter(taken), take);
    return taken;
}

WindowPartReference reference(std::span<const StateQuery> queries) {
    WindowPartReference all;
    for (const StateQuery& query : queries) {
        all.add(query);
    }
    return all;
}

TEST(MergeWindows, of_a_split_by_querier_gives_exactly_the_window_of_the_whole) {
    for (const std::uint32_t sample_size : {65'536U, 12U}) {
        const std::vector<StateQuery> queries = random_queries(1, 20'000);
        const MakerSettings settings{.sample_size = sample_size};
        const auto part = [&](unsigned of) {
            return make_window(those(queries, [&](const auto& query) { return query.querier.octets()[15] % 3 == of; }),
                               header(static_cast<std::uint8_t>(of)), settings);
        };
        const ClosedWindow merged = merge(merge(part(0), part(1), sample_key), part(2), sample_key);
        const ClosedWindow whole = make_window(queries, merged.header, settings);
        EXPECT_FALSE(merged.header.is_estimated);
        EXPECT_TRUE(merged.originators == whole.originators);
        EXPECT_TRUE(merged.prefixes == whole.prefixes);
        EXPECT_TRUE(merged.queriers == whole.queriers);
    }
}

TEST(MergeWindows, of_a_split_by_time_has_exact_queriers_and_says_that_the_rest_is_estimated) {
    constexpr std::uint32_t k = 12;
    const std::vector<StateQuery> queries = random_queries(2, 20'000);
    const Timestamp middle = test::stream_start + std::chrono::hours(5);
    const auto before = make_window(those(queries, [&](const auto& query) { return query.time < middle; }), header(1),
                                    {.sample_size = k});
    const auto after = make_window(those(queries, [&](const auto& query) { return query.time >= middle; }), header(2),
                                   {.sample_size = k});
    const ClosedWindow merged = merge(before, after, sample_key);
    EXPECT_TRUE(merged.header.is_estimated);
    EXPECT_EQ(WindowPartReference::difference(reference_of(merged), reference(queries).sampled(sample_key, k)), "");
}

TEST(MergeWindows, is_associative_and_commutative) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        std::vector<ClosedWindow> windows;
        for (std::uint8_t i = 0; i < 3; ++i) {
            // Sites whose memory was short in different ways, with queriers in common.
            windows.push_back(make_window(
                random_queries(100 * seed + i, 3'000), header(i),
                {.sample_size = seed % 2 == 0 ? 1000U : 5U + i, .halvings = seed % 3 == 0 && i == 1 ? 2U : 0U}));
        }
        const ClosedWindow all = merge(merge(windows[0], windows[1], sample_key), windows[2], sample_key);
        EXPECT_EQ(merge(windows[0], merge(windows[1], windows[2], sample_key), sample_key), all) << "seed " << seed;
        EXPECT_EQ(merge(merge(windows[2], windows[0], sample_key), windows[1], sample_key), all) << "seed " << seed;
        EXPECT_EQ(merge(windows[1], merge(windows[2], windows[0], sample_key), sample_key), all) << "seed " << seed;
    }
}

TEST(MergeWindows, is_idempotent_for_sets) {
    const std::vector<StateQuery> queries = random_queries(7, 10'000);
    const ClosedWindow one = make_window(queries, header(1), {.sample_size = 12});
    ClosedWindow again = one;
    again.header.sources = {SourceDigest::of({})};
    const WindowPartReference merged = reference_of(merge(one, again, sample_key));
    for (const auto& [name, originator] : reference_of(one).originators) {
        const OriginatorReference& twice = merged.originators.at(name);
        EXPECT_EQ(twice.queriers, originator.queriers);
        EXPECT_EQ(twice.periods, originator.periods);
        EXPECT_EQ(twice.first, originator.first);
        EXPECT_EQ(twice.last, originator.last);
        EXPECT_EQ(twice.queries, 2 * originator.queries);
    }
}

TEST(MergeWindows, with_an_empty_one_changes_nothing_but_the_sources) {
    const ClosedWindow one = make_window(random_queries(8, 5'000), header(1));
    WindowHeader nothing;
    nothing.completeness = Completeness::yes;
    nothing.sources = {SourceDigest::of({})};
    ClosedWindow merged = merge(one, make_window({}, nothing), sample_key);
    EXPECT_EQ(merged.header.sources.size(), 2U);
    merged.header.sources = one.header.sources;
    EXPECT_EQ(merged, one);
}

TEST(MergeWindows, adds_what_headers_count_and_keeps_the_worst_of_the_rest) {
    const ClosedWindow merged = merge(make_window({}, header(1)), make_window({}, header(2)), sample_key);
    EXPECT_EQ(merged.header.frames(), 203U);
    EXPECT_EQ(merged.header.ledger.drops[static_cast<std::size_t>(Drop::icmp)], 3U);
    EXPECT_EQ(merged.header.counts.reverse, 150U);
    EXPECT_EQ(merged.header.completeness, Completeness::no);
    EXPECT_TRUE(merged.header.has_gap(Gap::frames_lost) && merged.header.has_gap(Gap::began_late));
    EXPECT_EQ(merged.header.start, header(1).start);
    EXPECT_EQ(merged.header.end, header(2).end);
    EXPECT_THAT(merged.header.sites, testing::ElementsAre("site-0", "site-1"));
}

TEST(MergeWindows, refuses_windows_that_count_different_things) {
    struct Row {
        const char* what;
        std::function<void(WindowHeader&)> change;
    };
    const std::vector<Row> table = {
        {"views", [](WindowHeader& of) { of.view = "192.0.2.0/24"; }},
        {"lengths", [](WindowHeader& of) { of.length = std::chrono::hours(24); }},
        {"families of originators", [](WindowHeader& of) { of.families = OriginatorFamilies::v4; }},
        {"anchors", [](WindowHeader& of) { of.anchor += std::chrono::seconds(1); }},
        {"sampling", [](WindowHeader& of) { of.sampling = 10; }},
        {"repeat intervals", [](WindowHeader& of) { of.repeat_interval = std::chrono::seconds(0); }},
        {"sample keys", [](WindowHeader& of) { of.sample_key_fingerprint ^= 1U; }},
    };
    const ClosedWindow one = make_window({}, header(1));
    for (const Row& row : table) {
        ClosedWindow other = make_window({}, header(2));
        row.change(other.header);
        try {
            merge(one, other, sample_key);
            ADD_FAILURE() << "merged windows of different " << row.what;
        } catch (const WindowMismatch& mismatch) {
            EXPECT_THAT(mismatch.what(), testing::HasSubstr(row.what));
        }
    }
    EXPECT_THROW(merge(one, make_window({}, header(2)), HashKey{1, 2}), WindowMismatch);
}

TEST(MergeWindows, refuses_sources_that_both_have_and_tells_a_known_window_from_an_overlapping_one) {
    const ClosedWindow one = make_window({}, header(1));
    const ClosedWindow two = make_window({}, header(2));
    const ClosedWindow both = merge(one, two, sample_key);
    const ClosedWindow two_and_three = merge(two, make_window({}, header(3)), sample_key);
    EXPECT_THROW(merge(both, two, sample_key), WindowMismatch);
    EXPECT_THROW(merge(both, two_and_three, sample_key), WindowMismatch);
    EXPECT_EQ(overlap(one.header, two.header), SourceOverlap::none);
    EXPECT_EQ(overlap(both.header, two.header), SourceOverlap::all);
    EXPECT_EQ(overlap(both.header, two_and_three.header), SourceOverlap::some);
    // Originators of IPv6 are not known because those of IPv4 are, though both come of one capture.
    WindowHeader other_family = two.header;
    other_family.families = OriginatorFamilies::v6;
    EXPECT_EQ(overlap(both.header, other_family), SourceOverlap::none);
}

TEST(MergeWindows, puts_the_days_of_one_capture_together_and_the_same_day_not_twice) {
    const auto day = [](int number) {
        WindowHeader of_day = header(1);
        of_day.length = std::chrono::hours(24);
        of_day.start = Timestamp(std::chrono::hours(24 * number));
        of_day.end = of_day.start + std::chrono::hours(24);
        return make_window({}, of_day);
    };
    const ClosedWindow one = day(1);
    EXPECT_EQ(overlap(one.header, day(2).header), SourceOverlap::none);
    const ClosedWindow both = merge(one, day(2), sample_key);
    EXPECT_EQ(both.header.start, one.header.start);
    EXPECT_EQ(both.header.end, day(2).header.end);
    EXPECT_EQ(both.header.sources, one.header.sources);
    EXPECT_EQ(overlap(both.header, day(3).header), SourceOverlap::none);
    EXPECT_EQ(overlap(both.header, day(2).header), SourceOverlap::all);
    EXPECT_THROW(merge(both, day(1), sample_key), WindowMismatch);
    const ClosedWindow ends = merge(one, day(3), sample_key);
    EXPECT_EQ(overlap(ends.header, day(2).header), SourceOverlap::none) << "between them";
    EXPECT_EQ(overlap(ends.header, both.header), SourceOverlap::some) << "its first day is known, its second is not";
    EXPECT_EQ(merge(ends, day(2), sample_key), merge(both, day(3), sample_key));
}

/// What is in a window, as pairs of source and day.
using Days = std::set<std::pair<int, int>>;

TEST(MergeWindows, knows_which_source_lies_where_as_a_list_of_all_days_does) {
    std::mt19937_64 random(3);
    const auto source = [](int number) {
        const auto octet = static_cast<std::uint8_t>(number);
        return SourceDigest::of(Octets(&octet, 1));
    };
    int merged = 0;
    int refused = 0;
    std::map<Days, WindowHeader> by_days;
    for (int round = 0; round < 300; ++round) {
        std::vector<std::pair<ClosedWindow, Days>> windows;
        for (int i = 0; i < 6; ++i) {
            const int day = static_cast<int>(random() % 5);
            const int number = static_cast<int>(random() % 3);
            WindowHeader header;
            header.length = std::chrono::hours(24);
            header.sources = {source(number)};
            header.start = test::stream_start + std::chrono::hours(24 * day);
            header.end = header.start + std::chrono::hours(24);
            windows.emplace_back(make_window({}, header), Days{{number, day}});
        }
        while (windows.size() > 1) {
            const auto [other, other_days] = windows.back();
            windows.pop_back();
            auto& [one, days] = windows[random() % windows.size()];
            Days both = days;
            both.insert(other_days.begin(), other_days.end());
            const bool has_common = both.size() != days.size() + other_days.size();
            // A source is known where all of its days are; known, where all sources are.
            const SourceOverlap expected = !has_common                  ? SourceOverlap::none
                                           : both.size() == days.size() ? SourceOverlap::all
                                                                        : SourceOverlap::some;
            ASSERT_EQ(overlap(one.header, other.header), expected) << "round " << round;
            if (has_common) {
                EXPECT_THROW(merge(one, other, sample_key), WindowMismatch);
                ++refused;
                continue;
            }
            one = merge(one, other, sample_key);
            days = both;
            ++merged;
            // The same days give the same header, whatever the way to it.
            const auto [place, is_new] = by_days.emplace(days, one.header);
            ASSERT_EQ(place->second, one.header) << "round " << round;
            ASSERT_EQ(decode_window(encode_window(one), ""), one) << "round " << round;
        }
    }
    EXPECT_GT(merged, 300);
    EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace echotap
