// SPDX-License-Identifier: Apache-2.0
#include "analytics/store/classified_window.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "benchmarks/learning_world.hpp"
#include "tests/analytics/window_by_hand.hpp"

namespace echotap {
namespace {

const WorldShape small{.class_count = 4, .operators = 6, .addresses = 5};

AnalysedWindow five_originators() {
    test::WindowByHand window;
    for (int i = 0; i < 30; ++i) {
        for (int originator = 0; originator <= i / 6; ++originator) {
            window.ask("192.0.2." + std::to_string(originator), "10.0." + std::to_string(i) + ".1", i);
        }
    }
    AnalysisConfig config;
    config.ranking.min_queriers_v4 = 1;
    config.ranking.sample_key = test::hand_key;
    return Analysis(config).analyse(window.close());
}

TEST(ClassifiedWindow, has_the_verdicts_of_the_model_and_explains_the_largest) {
    const Model model = train_model(LearningWorld(small).set(), {});
    const AnalysedWindow analysed = five_originators();
    const ClassifiedWindow classified = classify_window(analysed, model, {.explained = 2});
    const DescribedRows described = described_rows(analysed.features, "");
    const Verdicts verdicts = classify(model, described);
    const auto reasons = explain(model, described, verdicts.rows);
    ASSERT_EQ(classified.verdicts.rows.size(), 5U);
    EXPECT_EQ(classified.verdicts.probabilities, verdicts.probabilities);
    EXPECT_EQ(classified.mixes.size(), 5U);
    ASSERT_EQ(classified.reasons.size(), 2U);
    for (std::size_t row = 0; row < 2; ++row) {
        for (std::size_t i = 0; i < reasons[row].size(); ++i) {
            EXPECT_EQ(classified.reasons[row][i].feature, reasons[row][i].feature);
            EXPECT_EQ(classified.reasons[row][i].contribution, reasons[row][i].contribution);
        }
    }
    EXPECT_EQ(classify_window(analysed, model, {.explained = 100}).reasons.size(), 5U);
}

TEST(ClassifiedWindow, leaves_reasons_out_where_the_method_has_none) {
    const Model model = train_model(LearningWorld(small).set(), {.method = Method::cart});
    const ClassifiedWindow classified = classify_window(five_originators(), model, {.explained = 5});
    EXPECT_EQ(classified.verdicts.rows.size(), 5U);
    EXPECT_TRUE(classified.reasons.empty());
}

TEST(ClassifiedWindow, takes_a_window_in_which_nobody_can_be_reported) {
    const Model model = train_model(LearningWorld(small).set(), {});
    const AnalysedWindow nobody = Analysis({}).analyse(test::WindowByHand().close());
    const ClassifiedWindow classified = classify_window(nobody, model, {.explained = 5});
    EXPECT_TRUE(classified.verdicts.rows.empty());
    EXPECT_TRUE(classified.reasons.empty());
}

TEST(ClassifiedWindow, counts_countries_and_networks_where_they_are_known) {
    AnalysedWindow analysed = five_originators();
    EXPECT_TRUE(std::isnan(countries_of(analysed.features, 0)));
    EXPECT_TRUE(std::isnan(networks_of(analysed.features, 0)));
    analysed.features.values[static_cast<std::size_t>(Feature::queriers_per_country)] = 1. / 49;
    analysed.features.values[static_cast<std::size_t>(Feature::queriers_per_as)] = 1. / 1237;
    EXPECT_EQ(countries_of(analysed.features, 0), 49);
    EXPECT_EQ(networks_of(analysed.features, 0), 1237);
}

}  // namespace
}  // namespace echotap
