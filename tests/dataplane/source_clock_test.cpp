// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source_clock.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace echotap {
namespace {

using namespace std::chrono_literals;

/// A time so long after the noon at which these stories begin.
Timestamp at(std::chrono::nanoseconds after) {
    return Timestamp(1'700'000'000s) + after;
}

struct StartRow {
    const char* story;
    std::vector<std::chrono::nanoseconds> times;
    std::chrono::nanoseconds start;
};

TEST(SourceClock, starts_at_the_first_time_that_is_not_wild) {
    const std::vector<std::chrono::nanoseconds> gap = [] {
        std::vector<std::chrono::nanoseconds> times(30, 0s);
        times.insert(times.end(), 70, 14h);
        return times;
    }();
    const StartRow rows[] = {
        {"one frame", {5s}, 5s},
        {"frames in order", {1s, 2s, 3s}, 1s},
        {"frames a little out of order", {3s, 1s, 2s}, 3s},
        {"first far ahead", {1000h, 1s, 2s}, 1s},
        {"first far back", {-1000h, 1s, 2s}, 1s},
        {"three ahead, then most agree", {1000h, 1000h, 1000h, 1s, 2s, 3s, 4s}, 1s},
        {"two frames, the first far ahead", {1000h, 1s}, 1s},
        {"two frames, the second far ahead", {1s, 1000h}, 1s},
        {"frames hours apart", {2h, 4h, 6h, 8h}, 2h},
        {"frames hours apart behind one far ahead", {1000h, 2h, 4h, 6h}, 2h},
        {"a gap after thirty frames", gap, 0s},
        {"exactly an hour", {1h, 0s, 1s}, 1h},
    };
    for (const StartRow& row : rows) {
        std::vector<Timestamp> times;
        for (const auto& time : row.times) {
            times.push_back(at(time));
        }
        // A time far back asks the clock for its state without moving it.
        EXPECT_EQ(SourceClock(times).advance(at(-5000h)), at(row.start)) << row.story;
    }
}

TEST(SourceClock, of_a_live_source_believes_its_first_time) {
    SourceClock clock;
    EXPECT_EQ(clock.advance(at(0s)), at(0s));
    EXPECT_EQ(clock.advance(at(1s)), at(1s));
    SourceClock empty{std::span<const Timestamp>{}};
    EXPECT_EQ(empty.advance(at(7s)), at(7s));
}

TEST(SourceClock, never_goes_back_for_a_late_frame) {
    SourceClock clock;
    clock.advance(at(10s));
    EXPECT_EQ(clock.advance(at(9s)), at(10s));
    EXPECT_EQ(clock.advance(at(10s - 1h)), at(10s));
    EXPECT_EQ(clock.advance(at(11s)), at(11s));
}

TEST(SourceClock, is_not_upset_by_wild_frames_among_good_ones) {
    SourceClock clock;
    Timestamp now = clock.advance(at(0s));
    for (int i = 1; i <= 1000; ++i) {
        clock.advance(i % 3 == 0 ? Timestamp::min() : i % 3 == 1 ? Timestamp::max() : at(90h));
        now = clock.advance(at(std::chrono::seconds(i)));
        ASSERT_EQ(now, at(std::chrono::seconds(i)));
    }
}

TEST(SourceClock, believes_a_jump_of_over_an_hour_at_the_hundredth_frame) {
    for (const auto jump : {std::chrono::nanoseconds(1h + 1ns), std::chrono::nanoseconds(-1h - 1ns)}) {
        SourceClock clock;
        clock.advance(at(0s));
        for (int i = 1; i < SourceClock::agreeing_frames_min; ++i) {
            ASSERT_EQ(clock.advance(at(jump)), at(0s)) << i;
        }
        EXPECT_EQ(clock.advance(at(jump)), at(jump));
    }
}

TEST(SourceClock, does_not_believe_a_jump_that_a_frame_contradicts) {
    SourceClock clock;
    clock.advance(at(0s));
    for (int i = 1; i < 1000; ++i) {
        ASSERT_EQ(clock.advance(i % 99 == 0 ? at(0s) : at(20h)), at(0s));
    }
}

TEST(SourceClock, follows_a_jump_to_where_all_frames_agree_and_not_to_a_wilder_one) {
    SourceClock clock;
    clock.advance(at(0s));
    for (int i = 0; i < 50; ++i) {
        clock.advance(at(20h));
    }
    clock.advance(Timestamp::max());
    Timestamp now;
    for (int i = 0; i < 49; ++i) {
        now = clock.advance(at(20h + 1s));
    }
    EXPECT_EQ(now, at(20h));
    EXPECT_EQ(clock.advance(at(20h + 2s)), at(20h + 2s));
}

struct AheadRow {
    const char* story;
    std::chrono::nanoseconds time;
    std::vector<std::chrono::nanoseconds> upcoming;
    bool is_last;
    std::chrono::nanoseconds clock;
};

TEST(SourceClock, of_a_capture_knows_by_the_frames_behind_whether_a_jump_is_true) {
    const std::vector<std::chrono::nanoseconds> back_again = [] {
        std::vector<std::chrono::nanoseconds> times(98, 20h);
        times.push_back(1s);
        return times;
    }();
    const AheadRow rows[] = {
        {"no jump", 1s, {}, false, 1s},
        {"a late frame", -1s, {}, false, 0s},
        {"a hundred agree", 20h, std::vector<std::chrono::nanoseconds>(99, 20h + 1s), false, 20h},
        {"one of a hundred is earlier", 20h, {99, 19h}, false, 19h},
        {"one of a hundred comes back", 20h, back_again, false, 0s},
        {"one of a hundred goes far back", 20h, {-1000h}, true, 0s},
        {"fewer, and more to come", 20h, {20h}, false, 0s},
        {"fewer at the end", 20h, {22h, 24h}, true, 20h},
        {"the very last", 20h, {}, true, 20h},
        {"the very last, too far ahead", 5 * 168h + 1ns, {}, true, 0s},
        {"a hundred back", -20h, std::vector<std::chrono::nanoseconds>(99, -20h + 1s), false, -20h + 1s},
        {"fewer back at the end", -20h, {-20h}, true, 0s},
    };
    for (const AheadRow& row : rows) {
        SourceClock clock;
        clock.advance(at(0s));
        std::vector<Timestamp> upcoming;
        for (const auto& time : row.upcoming) {
            upcoming.push_back(at(time));
        }
        EXPECT_EQ(clock.advance(at(row.time), upcoming, row.is_last), at(row.clock)) << row.story;
    }
    constexpr Timestamp first = Timestamp::min();
    SourceClock clock(std::span(&first, 1));
    EXPECT_EQ(clock.advance(Timestamp::max(), {}, true), Timestamp::min()) << "as far apart as can be";
}

TEST(SourceClock, moves_on_where_frames_are_hours_apart) {
    SourceClock clock;
    Timestamp now;
    for (int i = 0; i < 1000; ++i) {
        now = clock.advance(at(2h * i));
    }
    EXPECT_GT(now, at(1500h));
    EXPECT_LT(now, at(2000h));
}

}  // namespace
}  // namespace echotap
