// SPDX-License-Identifier: Apache-2.0
// A flood of queries from random IPv6 queriers, with true originators among them: the numbers and counts of queriers
// that nobody refers to any more make room for others, and the true ones keep their footprints.
#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <set>

#include "dataplane/state/window_worker.hpp"
#include "tests/dataplane/state/window_maker.hpp"

namespace echotap {
namespace {

using namespace std::chrono_literals;

TEST(Flood, of_ipv6_queriers_leaves_true_originators_with_their_footprints) {
    constexpr std::uint64_t queries = 3'000'000;
    constexpr std::size_t budget = std::size_t{96} << 20U;
    constexpr std::uint32_t planted = 500;
    constexpr HashKey table_key{0x0123'4567'89ab'cdefU, 0xfedc'ba98'7654'3211U};

    const StateConfig config{.windows = {}, .table_key = table_key, .filter_octets = budget / 16 / partition_count};
    BlockPool pool(budget - config.filter_octets * partition_count);
    WindowWorker worker(config, pool);
    std::mt19937_64 random(1);
    Timestamp now = test::stream_start;
    // Every fourth query is a true one; the originator of rank r has 40 * (1 + r % 20) queriers, of either family.
    std::vector<std::set<IpAddress>> asked(planted);
    for (std::uint64_t i = 0; i < queries; ++i) {
        now += 2us;
        ReverseQuery query;
        query.time = now;
        if (i % 4 == 0) {
            const auto originator = static_cast<std::uint32_t>(random() % planted);
            const auto querier = static_cast<std::uint32_t>(random() % (40U * (1 + originator % 20)));
            query.originator = v4_address(0xcb00'0000U + originator);
            query.querier = originator % 2 == 0 ? v4_address(0x0a00'0000U + originator * 1'000 + querier)
                                                : test::address_v6(originator * 1'000 + querier);
            asked[originator].insert(query.querier);
        } else {
            // Half of them about originators that come again, so that the doorkeeper alone is not enough.
            const auto number = static_cast<std::uint32_t>(i % 4 == 1 ? random() : random() % 300'000);
            query.originator = v4_address(number | 0xe000'0000U);
            query.querier = test::address_v6(random() | 1ULL << 63U);
        }
        worker.add(StateQuery::of(table_key, query, query.time), now);
    }
    const auto closed = worker.close_due(Timestamp::max());
    ASSERT_EQ(closed.size(), 1U);
    const WindowPart& part = closed.front()->part();
    EXPECT_GT(part.counts().evicted_originators, 0U);

    std::uint32_t found = 0;
    std::uint32_t wrong = 0;
    part.for_each_originator(OriginatorKind::v4, [&](const OriginatorView& view) {
        const std::uint32_t number = v4_number(view.address) - 0xcb00'0000U;
        if (number >= planted) {
            return;
        }
        ++found;
        const auto expected = static_cast<double>(asked[number].size());
        const auto kept = static_cast<double>(view.queriers_v4.size() + view.queriers_v6.size());
        wrong += std::abs(kept - expected) > expected * 0.05 ? 1U : 0U;
        for (const std::uint32_t querier : view.queriers_v6) {
            ASSERT_TRUE(asked[number].contains(part.querier_address(querier))) << "a number is another's now";
        }
    });
    EXPECT_EQ(found, planted);
    EXPECT_EQ(wrong, 0U);
    std::printf("%u footprints wrong; %llu refused, %llu evicted, %llu incomplete; %zu queriers within %.4f\n", wrong,
                static_cast<unsigned long long>(part.counts().refused),
                static_cast<unsigned long long>(part.counts().evicted_originators),
                static_cast<unsigned long long>(part.counts().incomplete), part.querier_count(),
                static_cast<double>(part.querier_bound()) / 18'446'744'073'709'551'616.0);
}

}  // namespace
}  // namespace echotap
