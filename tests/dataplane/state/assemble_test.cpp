// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/assemble.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "tests/dataplane/state/window_maker.hpp"
#include "tests/reference/window_reference.hpp"

namespace echotap {
namespace {

using test::make_window;
using test::random_queries;
using test::sample_key;

WindowPartReference reference(std::span<const StateQuery> queries) {
    WindowPartReference all;
    for (const StateQuery& query : queries) {
        all.add(query);
    }
    return all;
}

TEST(Assemble, gives_every_number_of_the_definition) {
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        const std::vector<StateQuery> queries = random_queries(seed, 6'000, seed % 2 == 0 ? 50'000 : 300);
        const ClosedWindow window = make_window(queries, {}, {.workers = 1 + seed % 4});
        EXPECT_EQ(WindowPartReference::difference(reference_of(window), reference(queries)), "") << "seed " << seed;
        EXPECT_EQ(window.header.counts.parts.queries + window.header.counts.parts.minimised, queries.size());
        EXPECT_FALSE(window.header.is_bound_reached());
    }
}

TEST(Assemble, gives_the_same_window_whatever_the_workers_and_the_keys_of_the_process) {
    const std::vector<StateQuery> queries = random_queries(3, 20'000);
    for (const std::uint32_t sample_size : {65'536U, 20U}) {
        const ClosedWindow one = make_window(queries, {}, {.sample_size = sample_size});
        for (std::size_t workers = 1; workers <= 4; ++workers) {
            const ClosedWindow several =
                make_window(queries, {}, {.workers = workers, .sample_size = sample_size, .process = 40 + workers});
            EXPECT_EQ(several, one) << workers << " workers, k = " << sample_size;
        }
    }
}

TEST(Assemble, sorts_addresses_periods_and_queriers) {
    const ClosedWindow window = make_window(random_queries(4, 10'000), {}, {.workers = 3});
    const auto ascends = [](const auto& list) {
        return std::adjacent_find(list.begin(), list.end(), std::greater_equal<>()) == list.end();
    };
    EXPECT_TRUE(ascends(window.originators.addresses()));
    EXPECT_TRUE(ascends(window.prefixes.addresses()));
    EXPECT_TRUE(ascends(window.queriers.v4));
    EXPECT_TRUE(ascends(window.queriers.v6));
    for (std::size_t i = 0; i < window.originators.size(); ++i) {
        const OriginatorRow row = window.originators[i];
        EXPECT_TRUE(ascends(row.periods) && ascends(row.queriers_v4) && ascends(row.queriers_v6));
        EXPECT_EQ(window.originators.find(row.address), i);
    }
    EXPECT_EQ(window.originators.find(test::address_v6(~std::uint64_t{0})), window.originators.size());
}

TEST(Assemble, keeps_the_k_queriers_with_the_smallest_hashes_over_all_workers) {
    constexpr std::uint32_t k = 10;
    const std::vector<StateQuery> queries = random_queries(5, 20'000);
    const WindowPartReference all = reference(queries);
    const ClosedWindow window = make_window(queries, {}, {.workers = 3, .sample_size = k});
    EXPECT_EQ(WindowPartReference::difference(reference_of(window), all.sampled(sample_key, k)), "");
    for (std::size_t i = 0; i < window.originators.size(); ++i) {
        const OriginatorRow row = window.originators[i];
        const OriginatorKind kind = row.address.is_v4() ? OriginatorKind::v4 : OriginatorKind::v6;
        EXPECT_EQ(row.is_sampled(), all.originators.at({kind, row.address}).queriers.size() > k);
    }
}

TEST(Assemble, estimates_footprints_beyond_k_within_their_error) {
    constexpr std::uint32_t k = 256;
    constexpr std::uint32_t truth = 4'000;
    constexpr std::size_t keys = 200;
    // Of each key another sample; two workers have half of the queriers each.
    std::vector<double> errors;
    BlockPool pool(std::size_t{64} << 20U);
    for (std::uint64_t key = 1; key <= keys; ++key) {
        const HashKey sampled_by{.first = key * 0x9e37'79b9'7f4a'7c15U, .second = key};
        const PartConfig config{
            .table_key = {0x0123'4567'89ab'cdefU, 0xfedc'ba98'7654'3211U}, .sample_key = sampled_by, .sample_size = k};
        std::array<WindowPart, 2> parts{WindowPart(config, pool), WindowPart(config, pool)};
        for (std::uint32_t i = 0; i < truth; ++i) {
            const ReverseQuery query{
                .time = test::stream_start, .originator = v4_address(1), .querier = v4_address(i), .authority = {}};
            StateQuery one = StateQuery::of(config.table_key, query, query.time);
            parts[i % 2].add({&one, 1});
        }
        const std::array<const WindowPart*, 2> both{&parts[0], &parts[1]};
        WindowHeader header;
        header.sample_size = k;
        const ClosedWindow window = assemble(header, both, sampled_by);
        const OriginatorRow row = window.originators[0];
        ASSERT_EQ(row.queriers_kept(), k);
        ASSERT_EQ(window.queriers.size(), truth);
        errors.push_back(row.footprint() / truth - 1.0);
    }
    EXPECT_NEAR(std::accumulate(errors.begin(), errors.end(), 0.0) / keys, 0.0, 3.0 / std::sqrt(k * keys));
    std::ranges::sort(errors, {}, [](double error) { return std::abs(error); });
    EXPECT_LT(std::abs(errors[keys / 100 * 99 - 1]), 3.0 / std::sqrt(k)) << "99 of 100";
    EXPECT_GT(std::abs(errors[keys / 2]), 0.3 / std::sqrt(k)) << "the keys differ";
}

TEST(Assemble, keeps_the_queriers_up_to_the_lowest_bound_of_all_workers) {
    const std::vector<StateQuery> queries = random_queries(6, 20'000, 8'000);
    const ClosedWindow window = make_window(queries, {}, {.workers = 2, .halvings = 2});
    const WindowPartReference all = reference(queries);
    WindowPartReference thinned = all;
    std::erase_if(thinned.queriers,
                  [&](const auto& one) { return sample_hash(sample_key, one.first) > window.header.querier_bound; });
    EXPECT_EQ(WindowPartReference::difference(reference_of(window), thinned), "");
    EXPECT_TRUE(window.header.is_bound_reached());
    EXPECT_NEAR(window.querier_count() / static_cast<double>(all.queriers.size()), 1.0, 0.1);
}

TEST(Assemble, makes_an_empty_window_of_no_queries) {
    const ClosedWindow window = make_window({}, {}, {.workers = 2});
    EXPECT_EQ(window.originators.size() + window.prefixes.size() + window.queriers.size(), 0U);
    EXPECT_EQ(window.header.sample_key_fingerprint, fingerprint(sample_key));
}

TEST(Assemble, says_that_k_was_lowered) {
    BlockPool pool(std::size_t{64} << 20U);
    WindowPart part({.table_key = {1, 2}, .sample_key = sample_key, .sample_size = 100}, pool);
    part.limit_sample(50);
    const std::array<const WindowPart*, 1> parts{&part};
    WindowHeader header;
    header.sample_size = 100;
    const ClosedWindow window = assemble(header, parts, sample_key);
    EXPECT_EQ(window.header.sample_size, 50U);
    EXPECT_TRUE(window.header.is_sample_reduced);
}

}  // namespace
}  // namespace echotap
