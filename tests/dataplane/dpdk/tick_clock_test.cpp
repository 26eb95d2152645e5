// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/tick_clock.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace echotap {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp begin{1700000000s};

TEST(TickClock, knows_the_rate_after_a_tenth_of_a_second) {
    TickClock clock;
    EXPECT_TRUE(clock.due(begin));
    clock.mark(5000, begin);
    EXPECT_FALSE(clock.ready());
    EXPECT_FALSE(clock.due(begin + 99ms));
    EXPECT_TRUE(clock.due(begin + 100ms));
    clock.mark(5000 + 15625000, begin + 100ms);  // 156.25 MHz, a usual one
    ASSERT_TRUE(clock.ready());
    EXPECT_EQ(clock.time_of(5000 + 15625000 + 156250), begin + 101ms);
    EXPECT_EQ(clock.time_of(5000), begin) << "frames stamped before the mark lie behind it";
}

TEST(TickClock, follows_a_drifting_counter_to_a_dozen_microseconds) {
    // 1 GHz and 50 parts per million fast; each reading of the system's time is up to a microsecond late.
    TickClock clock;
    std::uint64_t worst = 0;
    for (std::int64_t at = 0; at < 60'000'000'000; at += 10'000'000) {
        const auto ticks = static_cast<std::uint64_t>(1'000'000 + at + at / 20000);
        const Timestamp now = begin + std::chrono::nanoseconds(at + at % 7 * 150);
        if (clock.due(now)) {
            clock.mark(ticks, now);
        }
        if (at > 2'000'000'000) {
            const auto error = (clock.time_of(ticks) - (begin + std::chrono::nanoseconds(at))).count();
            worst = std::max(worst, static_cast<std::uint64_t>(std::abs(error)));
        }
    }
    EXPECT_LT(worst, 12000U);
}

TEST(TickClock, starts_anew_where_the_systems_time_is_set_back) {
    TickClock clock;
    clock.mark(0, begin);
    clock.mark(1'000'000'000, begin + 1s);
    EXPECT_TRUE(clock.due(begin - 1h));
    clock.mark(2'000'000'000, begin - 1h);
    EXPECT_FALSE(clock.ready());
    clock.mark(3'000'000'000, begin - 1h + 1s);
    EXPECT_EQ(clock.time_of(3'500'000'000), begin - 1h + 1500ms);
}

}  // namespace
}  // namespace echotap
