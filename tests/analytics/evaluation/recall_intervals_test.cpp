// SPDX-License-Identifier: Apache-2.0
#include "analytics/evaluation/recall_intervals.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "analytics/learning/dice.hpp"

namespace echotap {
namespace {

/// Rows that were asked once each, and what was said of them.
struct Asked {
    std::vector<std::uint16_t> classes;
    std::vector<std::uint32_t> groups;
    std::vector<std::vector<TestedRow>> tested{1};

    void add(std::uint16_t activity, std::uint32_t group, bool is_right, std::size_t split = 0) {
        tested.resize(std::max(tested.size(), split + 1));
        tested[split].push_back({static_cast<std::uint32_t>(classes.size()), 0, 0, is_right});
        classes.push_back(activity);
        groups.push_back(group);
    }

    std::vector<RecallInterval> intervals(std::size_t class_count, std::uint64_t seed = 1) const {
        return recall_intervals(tested, classes, groups, class_count, seed);
    }
};

/// The same draws, row by row: operators are drawn, their rows copied, recall counted split by split.
RecallInterval drawn_by_hand(const Asked& asked, std::uint16_t activity, std::uint64_t seed) {
    std::set<std::uint32_t> different;
    for (std::size_t row = 0; row < asked.classes.size(); ++row) {
        if (asked.classes[row] == activity) {
            different.insert(asked.groups[row]);
        }
    }
    const std::vector<std::uint32_t> groups(different.begin(), different.end());
    Dice dice(seed + activity);
    std::vector<double> recalls;
    for (int draw = 0; draw < 1000; ++draw) {
        std::vector<std::vector<bool>> answers(asked.tested.size());
        for (std::size_t i = 0; i < groups.size(); ++i) {
            const std::uint32_t group = groups[dice.below(groups.size())];
            for (std::size_t split = 0; split < asked.tested.size(); ++split) {
                for (const TestedRow& one : asked.tested[split]) {
                    if (asked.groups[one.row] == group && asked.classes[one.row] == activity) {
                        answers[split].push_back(one.is_right);
                    }
                }
            }
        }
        double sum = 0, splits = 0;
        for (const std::vector<bool>& split : answers) {
            if (!split.empty()) {
                sum += static_cast<double>(std::ranges::count(split, true)) / static_cast<double>(split.size());
                splits += 1;
            }
        }
        recalls.push_back(sum / splits);
    }
    std::ranges::sort(recalls);
    return {recalls[24], recalls[974], static_cast<std::uint32_t>(groups.size())};  // the 25th and the 975th
}

TEST(RecallIntervals, are_those_of_draws_made_by_hand) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        Dice dice(seed + 100);
        Asked asked;
        for (int i = 0; i < 150; ++i) {
            asked.add(static_cast<std::uint16_t>(dice.below(3)), static_cast<std::uint32_t>(dice.below(8)),
                      dice.share() < 0.7, dice.below(4));
        }
        const auto intervals = asked.intervals(3, seed);
        for (std::uint16_t activity = 0; activity < 3; ++activity) {
            const RecallInterval expected = drawn_by_hand(asked, activity, seed);
            EXPECT_NEAR(intervals[activity].low, expected.low, 1e-12);
            EXPECT_NEAR(intervals[activity].high, expected.high, 1e-12);
            EXPECT_EQ(intervals[activity].groups, expected.groups);
            EXPECT_LT(intervals[activity].low, intervals[activity].high);
        }
    }
}

TEST(RecallIntervals, count_operators_and_not_rows) {
    // Two operators with a hundred rows each, one always right: a quarter of all draws has either of them twice.
    Asked asked;
    for (int i = 0; i < 100; ++i) {
        asked.add(0, 7, true);
        asked.add(0, 9, false);
    }
    const auto intervals = asked.intervals(1);
    EXPECT_EQ(intervals[0].groups, 2U);
    EXPECT_EQ(intervals[0].low, 0);
    EXPECT_EQ(intervals[0].high, 1);
}

TEST(RecallIntervals, are_wilsons_where_draws_do_not_differ) {
    Asked asked;
    for (std::uint32_t group = 0; group < 10; ++group) {
        for (int i = 0; i < 5; ++i) {
            asked.add(0, group, true);
            asked.add(1, group, false);
        }
    }
    asked.add(2, 0, true);
    asked.add(2, 0, false);
    const auto intervals = asked.intervals(4);
    EXPECT_NEAR(intervals[0].low, 0.7225, 1e-4) << "ten of ten";
    EXPECT_EQ(intervals[0].high, 1);
    EXPECT_EQ(intervals[1].low, 0);
    EXPECT_NEAR(intervals[1].high, 0.2775, 1e-4) << "none of ten";
    EXPECT_TRUE(std::isnan(intervals[2].low) && std::isnan(intervals[2].high)) << "one operator tells of no other";
    EXPECT_EQ(intervals[2].groups, 1U);
    EXPECT_TRUE(std::isnan(intervals[3].low));
    EXPECT_EQ(intervals[3].groups, 0U);
}

TEST(RecallIntervals, hold_the_truth_nineteen_times_of_twenty) {
    // Operators are right in 40 or 100 % of their rows, so that the truth is 70 %; rows of one are all alike.
    int held = 0;
    constexpr int worlds = 200;
    for (std::uint64_t seed = 1; seed <= worlds; ++seed) {
        Dice dice(seed);
        Asked asked;
        for (std::uint32_t group = 0; group < 30; ++group) {
            const double share = dice.below(2) == 0 ? 0.4 : 1;
            for (int i = 0; i < 10; ++i) {
                asked.add(0, group, dice.share() < share);
            }
        }
        const RecallInterval interval = asked.intervals(1, seed)[0];
        held += interval.low <= 0.7 && 0.7 <= interval.high ? 1 : 0;
    }
    EXPECT_GE(held, worlds * 90 / 100);
    EXPECT_LE(held, worlds * 99 / 100);
}

}  // namespace
}  // namespace echotap
