// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/querier_urn.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tests/reference/lookups_reference.hpp"
#include "tests/tools/simulator/made_up_networks.hpp"

namespace echotap {
namespace {

WorldConfig small_world() {
    WorldConfig world;
    world.population.queriers = 20'000;
    world.population.roles = {.3, .2, .2, 0, 0, 0, 0, 0, 0, 0, 0, .2, .05, .05};
    return world;
}

/// How often each querier was seen in so many trials.
using Seen = std::map<std::uint32_t, int>;

TEST(QuerierUrn, draws_what_lookups_through_caches_draw) {
    const WorldConfig world = small_world();
    const Population population(world, test::made_up_networks(), 1);
    constexpr int trials = 200;
    for (const double background : {0.0, 1e3}) {
        CacheConfig cache;
        cache.background = background;
        const QuerierUrn urn(population, cache);
        const reference::Lookups lookups(population, cache);
        const UrnPart& part = urn.part(QuerierRole::ns);
        for (const double intensity : {30.0, 1'000.0, 20'000.0}) {
            Random fast(1);
            Random slow(2);
            Seen seen_fast;
            Seen seen_slow;
            double sum_fast = 0;
            double sum_slow = 0;
            for (int trial = 0; trial < trials; ++trial) {
                std::vector<std::uint32_t> queriers;
                urn.draw(fast, part, intensity, {}, queriers);
                std::ranges::sort(queriers);
                queriers.erase(std::unique(queriers.begin(), queriers.end()), queriers.end());
                sum_fast += static_cast<double>(queriers.size());
                for (const std::uint32_t querier : queriers) {
                    EXPECT_EQ(population[querier].role, QuerierRole::ns);
                    ++seen_fast[querier];
                }
                for (const std::uint32_t querier : lookups.queriers(slow, intensity, QuerierRole::ns)) {
                    ++seen_slow[querier];
                    ++sum_slow;
                }
            }
            const double mean = sum_slow / trials;
            const double error = 5 * std::sqrt(mean / trials);
            EXPECT_NEAR(sum_fast / trials, mean, error + .01 * mean) << background << ' ' << intensity;
            EXPECT_NEAR(part.expected(intensity), mean, error + .02 * mean) << background << ' ' << intensity;
            // Not only as many: the same ones as often.
            for (std::uint32_t querier = 0; querier < 200; ++querier) {
                EXPECT_NEAR(seen_fast[querier], seen_slow[querier], 5 * std::sqrt(trials / 2.0)) << querier;
            }
        }
    }
}

TEST(QuerierUrn, an_intensity_is_the_inverse_of_what_it_makes_expected) {
    const Population population(small_world(), test::made_up_networks(), 1);
    QuerierUrn urn(population, CacheConfig{});
    urn.prepare(2);
    for (const UrnPart* part : {&urn.part(QuerierRole::home), &urn.part(QuerierRole::mail, 2)}) {
        for (const double queriers : {.001, .5, 3.0, 20.0, 100.0}) {
            EXPECT_NEAR(part->expected(part->intensity(queriers)), queriers, .02 * queriers);
        }
        EXPECT_EQ(part->intensity(0), 0);
        // More than there are: nearly all, and no endless search.
        EXPECT_NEAR(part->expected(part->intensity(1e9)), .98 * part->size(), .01 * part->size());
    }
    EXPECT_TRUE(urn.part(QuerierRole::ntp).empty());
    EXPECT_EQ(urn.part(QuerierRole::ntp).intensity(5), 0);
}

TEST(QuerierUrn, keeps_to_countries) {
    const Population population(small_world(), test::made_up_networks(), 1);
    QuerierUrn urn(population, CacheConfig{});
    urn.prepare(3);
    Random random(1);
    std::vector<std::uint32_t> queriers;
    urn.draw(random, urn.part(QuerierRole::home, 3), 1e5, {}, queriers);
    EXPECT_GT(queriers.size(), 50U);
    for (const std::uint32_t querier : queriers) {
        EXPECT_EQ(population[querier].country, 3);
    }
    std::vector<std::uint8_t> support(population.country_shares().size());
    support[0] = support[5] = 1;
    queriers.clear();
    urn.draw(random, urn.part(QuerierRole::home), 1e5, support, queriers);
    EXPECT_GT(queriers.size(), 100U);
    for (const std::uint32_t querier : queriers) {
        EXPECT_TRUE(population[querier].country == 0 || population[querier].country == 5);
    }
}

TEST(Population, has_distinct_addresses_and_zipfs_shares) {
    WorldConfig world = small_world();
    world.population.ipv6_share = .2;
    const Population population(world, test::made_up_networks(), 4);
    std::vector<IpAddress> addresses;
    double sum = 0;
    for (std::uint32_t querier = 0; querier < population.size(); ++querier) {
        addresses.push_back(population.address(querier));
        sum += population.share(querier);
    }
    EXPECT_NEAR(sum, 1, 1e-9);
    EXPECT_NEAR(population.share(9) / population.share(99), std::pow(10, 1.44), 1e-9);
    const auto v6 = std::ranges::count_if(addresses, [](const IpAddress& address) { return !address.is_v4(); });
    EXPECT_NEAR(static_cast<double>(v6), 4'000, 300);
    std::ranges::sort(addresses);
    EXPECT_EQ(std::ranges::adjacent_find(addresses), addresses.end());
}

}  // namespace
}  // namespace echotap
