// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/querier_directory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "analytics/features/querier_reach.hpp"
#include "tests/analytics/window_by_hand.hpp"

namespace echotap {
namespace {

using test::WindowByHand;

TEST(QuerierDirectory, finds_the_place_of_every_querier_and_of_no_other_address) {
    for (const std::uint32_t spread : {1U, 7U, 65'536U, 40'000'000U}) {
        std::mt19937_64 random(spread);
        ClosedWindow window;
        for (int i = 0; i < 5'000; ++i) {
            window.queriers.v4.push_back(static_cast<std::uint32_t>(random() % 6'000) * spread);
        }
        window.queriers.v4.push_back(~0U);
        std::ranges::sort(window.queriers.v4);
        window.queriers.v4.erase(std::unique(window.queriers.v4.begin(), window.queriers.v4.end()),
                                 window.queriers.v4.end());
        window.queriers.v4_counts.resize(window.queriers.v4.size(), {1, 0});
        const QuerierDirectory directory(window);
        ASSERT_EQ(directory.size(), window.queriers.v4.size());
        for (int i = 0; i < 20'000; ++i) {
            const auto number =
                static_cast<std::uint32_t>(random() % 6'001) * spread + static_cast<std::uint32_t>(random() % 2);
            const auto found = std::ranges::find(window.queriers.v4, number);
            ASSERT_EQ(directory.place_of_v4(number), found - window.queriers.v4.begin()) << number;
        }
        EXPECT_EQ(directory.place_of_v4(~0U), directory.size() - 1);
    }
}

TEST(QuerierDirectory, of_an_empty_window_is_empty) {
    const QuerierDirectory directory(ClosedWindow{});
    EXPECT_EQ(directory.size(), 0U);
    EXPECT_EQ(directory.place_of_v4(5), 0U);
}

TEST(QuerierDirectory, has_the_ipv6_queriers_behind_the_ipv4_ones) {
    const QuerierDirectory directory(
        WindowByHand().ask("192.0.2.1", "2001:db8::1").ask("192.0.2.1", "10.0.0.1").close());
    EXPECT_EQ(directory.address(0).to_string(), "10.0.0.1");
    EXPECT_EQ(directory.address(directory.place_of_v6(0)).to_string(), "2001:db8::1");
}

TEST(QuerierReach, tells_who_is_seen_elsewhere) {
    const ClosedWindow window = WindowByHand()
                                    .ask("192.0.2.1", "10.0.0.1")
                                    .ask("192.0.2.2", "10.0.0.1")
                                    .ask("192.0.2.2", "10.0.0.2")
                                    .ask("192.0.2.3", "10.0.0.3")
                                    .minimise("10.0.0.4")
                                    .close();
    const QuerierDirectory directory(window);
    const QuerierReach reach(window, directory);
    EXPECT_TRUE(reach.is_outside(0, 0, 1));
    EXPECT_TRUE(reach.is_outside(0, 1, 2));
    EXPECT_FALSE(reach.is_outside(0, 0, 2));  // both of its originators are in these rows
    EXPECT_FALSE(reach.is_outside(1, 1, 2));
    EXPECT_FALSE(reach.is_outside(2, 2, 3));
    EXPECT_TRUE(reach.is_anywhere(2));
    EXPECT_FALSE(reach.is_anywhere(3));
}

}  // namespace
}  // namespace echotap
