// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/ranking.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/analytics/window_by_hand.hpp"

namespace echotap {
namespace {

using test::address;
using test::WindowByHand;

std::vector<std::string> texts(const Ranking& ranking) {
    std::vector<std::string> all;
    for (const RankedOriginator& originator : ranking.originators) {
        all.push_back(originator.prefix.to_string() + " " + std::to_string(std::lround(originator.footprint)));
    }
    return all;
}

IpAddress querier(std::uint32_t number) {
    return v4_address(0x0a00'0000 + number);
}

void ask_many(WindowByHand& window, const std::string& originator, std::uint32_t from, std::uint32_t to) {
    for (std::uint32_t i = from; i < to; ++i) {
        window.ask(address(originator), querier(i));
    }
}

TEST(Ranking, begins_at_20_queriers_and_at_5_of_an_ipv6_originator) {
    WindowByHand window;
    ask_many(window, "192.0.2.1", 0, 19);
    ask_many(window, "192.0.2.2", 0, 20);
    ask_many(window, "2001:db8::1", 0, 4);
    ask_many(window, "2001:db8:1::1", 0, 5);
    EXPECT_THAT(texts(rank_originators(window.close(), {})),
                testing::ElementsAre("192.0.2.2/32 20", "2001:db8:1::1/128 5"));
}

TEST(Ranking, goes_by_footprint_and_then_by_address_and_stops_at_the_top) {
    WindowByHand window;
    ask_many(window, "192.0.2.9", 0, 30);
    ask_many(window, "192.0.2.3", 0, 25);
    ask_many(window, "192.0.2.2", 10, 35);
    const Ranking ranking = rank_originators(window.close(), {.top = 2});
    EXPECT_THAT(texts(ranking), testing::ElementsAre("192.0.2.9/32 30", "192.0.2.2/32 25"));
    EXPECT_EQ(ranking.eligible, 3U);
}

TEST(Ranking, takes_ipv6_originators_of_a_64_and_a_48_together) {
    WindowByHand window;
    ask_many(window, "2001:db8:1:1::1", 0, 3);
    ask_many(window, "2001:db8:1:1::2", 2, 6);
    ask_many(window, "2001:db8:1:2::1", 5, 7);
    ask_many(window, "2001:db8:2:1::1", 0, 6);  // alone in its /64 and /48
    const ClosedWindow closed = window.close();
    const Ranking ranking = rank_originators(closed, {});
    EXPECT_THAT(texts(ranking),
                testing::ElementsAre("2001:db8:1::/48 7", "2001:db8:1:1::/64 6", "2001:db8:2:1::1/128 6"));
    const OriginatorRow row = ranking.row(closed, ranking.originators[1]);
    EXPECT_EQ(row.queries, 7U);
    EXPECT_EQ(row.queriers_v4.size(), 6U);
}

TEST(Ranking, leaves_out_a_48_that_would_say_what_its_only_64_says) {
    WindowByHand window;
    ask_many(window, "2001:db8:1:1::1", 0, 4);
    ask_many(window, "2001:db8:1:1::2", 4, 8);
    EXPECT_THAT(texts(rank_originators(window.close(), {})), testing::ElementsAre("2001:db8:1:1::/64 8"));
}

TEST(Ranking, does_not_take_ipv4_originators_together) {
    WindowByHand window;
    ask_many(window, "192.0.2.1", 0, 10);
    ask_many(window, "192.0.2.2", 10, 20);
    ask_many(window, "::1", 0, 3);
    ask_many(window, "::1:0:0:1", 3, 6);
    EXPECT_TRUE(rank_originators(window.close(), {}).originators.empty());
}

TEST(Ranking, unites_samples_to_a_sample_of_the_union) {
    WindowByHand window;
    ask_many(window, "2001:db8:1:1::1", 0, 4'000);
    ask_many(window, "2001:db8:1:1::2", 2'000, 6'000);
    const ClosedWindow closed = window.close(1'000);
    const Ranking ranking = rank_originators(closed, {.sample_key = test::hand_key});
    const auto united = std::ranges::find_if(ranking.originators, &RankedOriginator::is_united);
    ASSERT_NE(united, ranking.originators.end());
    EXPECT_NEAR(united->footprint, 6'000, 6'000 * 0.1);
    // Up to the bound everyone is there.
    const OriginatorRow row = ranking.row(closed, *united);
    std::size_t expected = 0;
    for (std::uint32_t i = 0; i < 6'000; ++i) {
        expected += sample_hash(test::hand_key, querier(i)) <= row.bound ? 1U : 0U;
    }
    EXPECT_EQ(row.queriers_kept(), expected);
    EXPECT_THROW(rank_originators(closed, {}), std::runtime_error);
}

TEST(Ranking, of_a_hundred_thousand_addresses_in_one_prefix_is_a_matter_of_a_moment) {
    WindowByHand window;
    for (std::uint32_t i = 0; i < 100'000; ++i) {
        std::array<std::uint8_t, 16> octets{0x20, 0x01, 0x0d, 0xb8, 0, 1};
        octets[13] = static_cast<std::uint8_t>(i >> 16U);
        octets[14] = static_cast<std::uint8_t>(i >> 8U);
        octets[15] = static_cast<std::uint8_t>(i);
        window.ask(IpAddress::from_v6(octets.data()), querier(i));
    }
    const auto before = std::chrono::steady_clock::now();
    EXPECT_THAT(texts(rank_originators(window.close(), {})), testing::ElementsAre("2001:db8:1::/64 100000"));
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10));
}

}  // namespace
}  // namespace echotap
