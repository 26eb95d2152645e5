// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/scores.hpp"

#include <gtest/gtest.h>

#include "analytics/learning/dice.hpp"
#include "tests/reference/scores_reference.hpp"

namespace echotap {
namespace {

TEST(Scores, are_those_of_an_example_done_by_hand) {
    // Two of class 0 right; one of class 1 taken for 0, one right; class 2 is never asked.
    const std::vector<std::uint16_t> truth{0, 0, 1, 1};
    const std::vector<float> probabilities{.8F, .1F, .1F, .6F, .2F, .2F, .5F, .4F, .1F, .1F, .9F, .0F};
    const Scores scores = score(truth, probabilities, 3);
    EXPECT_DOUBLE_EQ(scores.accuracy, 0.75);
    EXPECT_DOUBLE_EQ(scores.recall, (1 + 0.5) / 2);
    EXPECT_DOUBLE_EQ(scores.precision, (2.0 / 3 + 1) / 2);
    EXPECT_DOUBLE_EQ(scores.f1, 2 * scores.precision * scores.recall / (scores.precision + scores.recall));
    EXPECT_TRUE(std::isnan(scores.class_recall[2]));
    EXPECT_NEAR(scores.brier, (0.06 + 0.24 + 0.62 + 0.02) / 4, 1e-6);
    EXPECT_NEAR(scores.precision_at_60, 1, 1e-9) << "the two most confident of four are right";
}

TEST(Scores, agree_with_the_definitions_on_random_answers) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        Dice dice(seed);
        const std::size_t class_count = 2 + dice.below(6);
        const std::size_t rows = 1 + dice.below(60);
        std::vector<std::uint16_t> truth;
        std::vector<float> probabilities;
        for (std::size_t row = 0; row < rows; ++row) {
            truth.push_back(static_cast<std::uint16_t>(dice.below(class_count)));
            float sum = 0;
            for (std::size_t i = 0; i < class_count; ++i) {
                probabilities.push_back(static_cast<float>(dice.share()) + 1e-3F);
                sum += probabilities.back();
            }
            for (std::size_t i = 0; i < class_count; ++i) {
                probabilities[row * class_count + i] /= sum;
            }
        }
        const Scores scores = score(truth, probabilities, class_count);
        const auto answers = most_probable(probabilities, class_count);
        double precision = 0, recall = 0, present = 0;
        for (std::uint16_t i = 0; i < class_count; ++i) {
            const auto expected = reference::class_scores(truth, answers, i);
            precision += expected.is_there ? expected.precision : 0;
            recall += expected.recall;
            present += expected.is_there ? 1 : 0;
        }
        EXPECT_NEAR(scores.precision, precision / present, 1e-12) << "seed " << seed;
        EXPECT_NEAR(scores.recall, recall / present, 1e-12) << "seed " << seed;
        std::vector<float> confidences;
        std::vector<bool> is_right;
        for (std::size_t row = 0; row < rows; ++row) {
            confidences.push_back(probabilities[row * class_count + answers[row]]);
            is_right.push_back(answers[row] == truth[row]);
        }
        EXPECT_NEAR(scores.calibration_error, reference::calibration_error(confidences, is_right), 1e-9);
        std::vector<double> known, strange;
        for (int i = 0; i < 30; ++i) {
            known.push_back(static_cast<double>(dice.below(10)));
            strange.push_back(static_cast<double>(dice.below(12)));
        }
        EXPECT_NEAR(area_under_roc(known, strange), reference::area_under_roc(known, strange), 1e-12);
    }
}

TEST(Scores, draw_the_open_set_curve_of_an_example_done_by_hand) {
    // By strangeness: right, stranger, wrong, right, stranger, right, stranger, stranger.
    const std::vector<KnownAnswer> known{{.6, true}, {.1, true}, {.3, false}, {.4, true}};
    const std::vector<double> strange{.2, .5, .8, .7};
    // The curve: up to 1/4 at no stranger, 2/4 at the first, 3/4 from the second on.
    EXPECT_DOUBLE_EQ(open_set_area(known, strange), (.25 + .5 + .75 + .75) / 4);
    EXPECT_DOUBLE_EQ(right_at_passed(known, strange, 0), .25);
    EXPECT_DOUBLE_EQ(right_at_passed(known, strange, .2499), .25);
    EXPECT_DOUBLE_EQ(right_at_passed(known, strange, .25), .5);
    EXPECT_DOUBLE_EQ(right_at_passed(known, strange, .5), .75);
    EXPECT_DOUBLE_EQ(right_at_passed(known, strange, 1), .75) << "one of four is wrong whatever is believed";
    const std::vector<double> same{.1};
    EXPECT_DOUBLE_EQ(open_set_area(std::vector<KnownAnswer>{{.1, true}}, same), .5);
    EXPECT_DOUBLE_EQ(right_at_passed(std::vector<KnownAnswer>{{.1, true}}, same, .99), 0);
    EXPECT_DOUBLE_EQ(open_set_area(known, {}), 0);
}

TEST(Scores, agree_with_an_open_set_curve_drawn_bound_by_bound) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        Dice dice(seed);
        std::vector<KnownAnswer> known;
        std::vector<double> values, strange;
        std::vector<bool> is_right;
        const std::uint64_t grain = 2 + dice.below(60);  // few values: many are equal
        const std::size_t known_count = 1 + dice.below(40), strange_count = 1 + dice.below(40);
        for (std::size_t i = 0; i < known_count; ++i) {
            known.push_back({static_cast<double>(dice.below(grain)), dice.below(4) > 0});
            values.push_back(known.back().strangeness);
            is_right.push_back(known.back().is_right);
        }
        for (std::size_t i = 0; i < strange_count; ++i) {
            strange.push_back(static_cast<double>(dice.below(grain + 5)));
        }
        const auto curve = reference::open_set_curve(values, is_right, strange);
        ASSERT_NEAR(open_set_area(known, strange), reference::open_set_area(curve), 1e-12) << "seed " << seed;
        for (const double passed : {0.0, 0.05, 0.1, 0.2, 0.5, 1.0}) {
            ASSERT_NEAR(right_at_passed(known, strange, passed), reference::right_at_passed(curve, passed), 1e-12)
                << "seed " << seed << ", at " << passed;
        }
    }
}

TEST(Scores, count_strangers_below_the_ninety_fifth_of_the_known) {
    std::vector<double> known;
    for (int i = 1; i <= 100; ++i) {
        known.push_back(i);
    }
    const std::vector<double> strange{10, 95, 95.5, 200};
    EXPECT_DOUBLE_EQ(strangers_passed_at_95(known, strange), 0.5);
}

}  // namespace
}  // namespace echotap
