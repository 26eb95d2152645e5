// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/heartbeats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace echotap {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const Heartbeats::Time start{};

/// Two threads, of which the first is looked at.
std::vector<Heartbeat> beats(std::uint64_t first, bool is_expected = true) {
    return {{.name = "worker 0", .beats = first, .is_expected = is_expected, .limit = 1000ms},
            {.name = "main", .beats = 7, .is_expected = true, .limit = 0ms}};
}

TEST(Heartbeats, name_a_thread_that_stands_still_for_its_limit_and_none_that_moves) {
    Heartbeats watch;
    EXPECT_THAT(watch.look(beats(1), start), IsEmpty());
    EXPECT_THAT(watch.look(beats(1), start + 500ms), IsEmpty());
    EXPECT_THAT(watch.look(beats(2), start + 900ms), IsEmpty());
    EXPECT_THAT(watch.look(beats(2), start + 1800ms), IsEmpty());
    EXPECT_THAT(watch.look(beats(2), start + 1900ms), ElementsAre("worker 0"));
}

TEST(Heartbeats, leave_alone_who_rests) {
    Heartbeats watch;
    for (int i = 0; i < 20; ++i) {
        EXPECT_THAT(watch.look(beats(1, false), start + i * 500ms), IsEmpty());
    }
    // The time of rest does not count afterwards; the last look at it was at 9.5 s.
    EXPECT_THAT(watch.look(beats(1), start + 10s), IsEmpty());
    EXPECT_THAT(watch.look(beats(1), start + 10s + 499ms), IsEmpty());
    EXPECT_THAT(watch.look(beats(1), start + 10s + 500ms), ElementsAre("worker 0"));
}

TEST(Heartbeats, blame_nobody_for_a_time_in_which_nobody_ran) {
    Heartbeats watch;
    EXPECT_THAT(watch.look(beats(1), start), IsEmpty());
    EXPECT_THAT(watch.look(beats(1), start + 1h), IsEmpty());
    EXPECT_THAT(watch.look(beats(1), start + 1h + 500ms), IsEmpty());
    EXPECT_THAT(watch.look(beats(1), start + 1h + 1000ms), ElementsAre("worker 0"));
}

}  // namespace
}  // namespace echotap
