// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/splits.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "analytics/learning/dice.hpp"
#include "benchmarks/learning_world.hpp"

namespace echotap {
namespace {

/// Every row on one side, ascending.
void expect_whole(const Split& split, std::size_t rows) {
    std::vector<std::uint32_t> all = split.train;
    all.insert(all.end(), split.test.begin(), split.test.end());
    EXPECT_TRUE(std::ranges::is_sorted(split.train));
    EXPECT_TRUE(std::ranges::is_sorted(split.test));
    std::ranges::sort(all);
    ASSERT_EQ(all.size(), rows);
    for (std::uint32_t row = 0; row < rows; ++row) {
        EXPECT_EQ(all[row], row);
    }
}

TEST(Splits, deal_sixty_of_a_hundred_rows_and_the_same_again_from_the_same_seed) {
    const auto splits = random_splits(240, 0.6, 50, 7);
    ASSERT_EQ(splits.size(), 50U);
    for (const Split& split : splits) {
        EXPECT_EQ(split.train.size(), 144U);
        expect_whole(split, 240);
    }
    EXPECT_EQ(splits, random_splits(240, 0.6, 50, 7));
    EXPECT_NE(splits, random_splits(240, 0.6, 50, 8));
    EXPECT_NE(splits[0], splits[1]);
}

TEST(Splits, are_the_ones_that_were_published) {
    // A change here changes every figure of docs/accuracy.md, on whatever machine.
    Dice dice(1);
    EXPECT_EQ(dice.below(1000), 528U);
    const auto splits = random_splits(10, 0.6, 1, 1);
    EXPECT_EQ(splits[0].test.size(), 4U);
}

TEST(Splits, never_have_an_operator_on_both_sides) {
    const LearningSet set = LearningWorld({.class_count = 12, .operators = 3, .addresses = 5}).set();
    for (const Split& split : grouped_splits(set.classes, set.groups, 12, 0.6, 20, 1)) {
        expect_whole(split, set.classes.size());
        std::set<std::uint32_t> learnt;
        std::set<std::uint16_t> classes_learnt, classes_asked;
        for (const std::uint32_t row : split.train) {
            learnt.insert(set.groups[row]);
            classes_learnt.insert(set.classes[row]);
        }
        for (const std::uint32_t row : split.test) {
            EXPECT_FALSE(learnt.contains(set.groups[row]));
            classes_asked.insert(set.classes[row]);
        }
        EXPECT_EQ(classes_learnt.size(), 12U);
        EXPECT_EQ(classes_asked.size(), 12U);
    }
}

TEST(Splits, learn_from_a_class_with_one_operator) {
    const std::vector<std::uint16_t> classes{0, 0, 0, 1, 1};
    const std::vector<std::uint32_t> groups{0, 0, 0, 1, 2};
    for (const Split& split : grouped_splits(classes, groups, 2, 0.6, 10, 3)) {
        EXPECT_EQ(split.train.size(), 4U);
        EXPECT_EQ(split.test.size(), 1U);
        EXPECT_GE(split.test[0], 3U);
    }
}

TEST(Splits, fold_every_class_evenly_and_keep_groups_whole) {
    const LearningSet set = LearningWorld({.class_count = 4, .operators = 10, .addresses = 3}).set();
    const auto by_row = stratified_folds(set.classes, 4, 5, 1);
    for (std::uint16_t activity = 0; activity < 4; ++activity) {
        for (std::uint32_t fold = 0; fold < 5; ++fold) {
            int rows = 0;
            for (std::size_t row = 0; row < by_row.size(); ++row) {
                rows += set.classes[row] == activity && by_row[row] == fold ? 1 : 0;
            }
            EXPECT_EQ(rows, 6);
        }
    }
    const auto by_group = grouped_folds(set.classes, set.groups, 4, 5, 1);
    for (std::size_t row = 1; row < by_group.size(); ++row) {
        if (set.groups[row] == set.groups[row - 1]) {
            EXPECT_EQ(by_group[row], by_group[row - 1]);
        }
    }
    const Split left_out = leave_out(by_group, 2);
    expect_whole(left_out, set.classes.size());
    EXPECT_EQ(left_out.test.size(), set.classes.size() / 5);
}

}  // namespace
}  // namespace echotap
