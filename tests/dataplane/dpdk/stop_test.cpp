// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/stop.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace echotap {
namespace {

using namespace std::chrono_literals;

TEST(Stop, comes_after_a_while_counted_from_the_first_question) {
    Stop stop(30ms);
    std::this_thread::sleep_for(40ms);
    EXPECT_FALSE(stop());
    std::this_thread::sleep_for(40ms);
    EXPECT_TRUE(stop());
    EXPECT_FALSE(Stop::signalled());
}

TEST(Stop, comes_with_either_signal) {
    for (const int signal : {SIGINT, SIGTERM}) {
        Stop stop;
        EXPECT_FALSE(stop());
        std::raise(signal);
        EXPECT_TRUE(stop());
        EXPECT_TRUE(Stop::signalled());
    }
    const Stop fresh;
    EXPECT_FALSE(Stop::signalled()) << "of an earlier tap";
}

TEST(StopDeathTest, lets_the_second_signal_end_the_process) {
    EXPECT_EXIT(
        {
            const Stop stop;
            std::raise(SIGTERM);
            std::raise(SIGTERM);
        },
        testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace echotap
