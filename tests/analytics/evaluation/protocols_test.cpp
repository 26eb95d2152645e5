// SPDX-License-Identifier: Apache-2.0
#include "analytics/evaluation/protocols.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tbb/global_control.h>

#include <algorithm>
#include <numeric>

#include "analytics/evaluation/score_files.hpp"
#include "analytics/evaluation/score_tables.hpp"
#include "benchmarks/learning_world.hpp"

namespace echotap {
namespace {

// Operators that differ more than classes do: whoever knows the operator knows much.
const WorldShape operators_matter{
    .class_count = 5, .operators = 5, .addresses = 8, .operator_spread = 3, .address_spread = 150, .pace_tells = false};

EvaluationSettings quick() {
    EvaluationSettings settings;
    settings.methods = {Method::xgboost, Method::cart};
    settings.times = 4;
    return settings;
}

const Outcome& outcome_of(const std::vector<Outcome>& outcomes, std::string_view name) {
    return *std::ranges::find(outcomes, name, &Outcome::contestant);
}

TEST(Protocols, show_that_a_split_by_row_flatters_where_operators_differ) {
    const LearningSet set = LearningWorld(operators_matter).set();
    const auto by_row = compare(TrialProtocol::p0, set, quick()).front();
    const auto by_operator = compare(TrialProtocol::p2, set, quick()).front();
    EXPECT_GT(by_row.outcomes[0].mean.accuracy, by_operator.outcomes[0].mean.accuracy + 0.1);
    // The address gives operators away by row, and nothing else does.
    EXPECT_GT(outcome_of(by_row.controls, "address alone").mean.accuracy, 0.8);
}

TEST(Protocols, give_controls_that_know_nothing_no_more_than_chance) {
    const LearningSet set = LearningWorld(operators_matter).set();
    const auto compared = compare(TrialProtocol::p0, set, quick()).front();
    EXPECT_LT(outcome_of(compared.controls, "majority class").mean.accuracy, 0.3);
    EXPECT_LT(outcome_of(compared.controls, "permuted labels").mean.accuracy, 0.4);
    EXPECT_GT(compared.outcomes[0].mean.accuracy, 0.7);
    const auto& confusion = compared.outcomes[0].confusion;
    EXPECT_EQ(std::accumulate(confusion.begin(), confusion.end(), std::uint64_t{0}), 4 * 80U);
}

TEST(Protocols, give_the_same_whatever_the_threads) {
    const LearningSet set = LearningWorld({.class_count = 3, .operators = 4, .addresses = 5}).set();
    EvaluationSettings settings = quick();
    settings.protocols = {TrialProtocol::p2, TrialProtocol::p6, TrialProtocol::p8};
    settings.methods.insert(settings.methods.end(), {Method::forest, Method::linear, Method::svm});  // two rows of them
    std::vector<std::string> texts;
    for (const std::size_t threads : {1U, 3U}) {
        const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, threads);
        const Evaluation evaluation = evaluate(set, settings);
        texts.push_back(evaluation_tables(evaluation) + evaluation_csv(evaluation) + confusion_csv(evaluation) +
                        evaluation_json(evaluation));
    }
    EXPECT_EQ(texts[0], texts[1]);
    EXPECT_THAT(texts[0], testing::HasSubstr("95 % interval by operator"));
    EXPECT_THAT(texts[0], testing::ContainsRegex("\nP2,xgboost,all,recall_low,[^,]+,0\\.[0-9]+,\n"));
    EXPECT_THAT(texts[0], testing::ContainsRegex("\"recall_interval_by_class\":.\"[^\"]+\":.\"low\":0\\.[0-9]+,"));
    EXPECT_THAT(texts[0], testing::HasSubstr("\nP0: ")) << "P0 and P2 stand side by side";
    for (std::size_t begin = 0, end = 0; (end = texts[0].find('\n', begin)) != std::string::npos; begin = end + 1) {
        if (texts[0].compare(begin, 9, "protocol,") == 0) {
            break;  // tables are over
        }
        EXPECT_LE(end - begin, 80U) << texts[0].substr(begin, end - begin);
    }
}

TEST(Protocols, ask_elsewhere_with_the_classes_of_both) {
    EvaluationSettings settings = quick();
    const LearningSet here = LearningWorld({.class_count = 3}).set();
    settings.others.push_back({"there", LearningWorld({.class_count = 4, .seed = 5}).set()});
    const auto compared = compare(TrialProtocol::p3, here, settings).front();
    EXPECT_EQ(compared.class_names.size(), 4U);
    EXPECT_EQ(compared.splits[0].train.size(), here.classes.size());
    const Scores& mean = compared.outcomes[0].mean;
    EXPECT_GT(mean.class_recall[0], 0.5);
    EXPECT_EQ(mean.class_recall[3], 0) << "nobody had told it of the fourth";
    settings.others.clear();
    EXPECT_THROW(compare(TrialProtocol::p3, here, settings), std::runtime_error);
}

TEST(Protocols, learn_from_early_windows_only) {
    LearningSet set = LearningWorld({.class_count = 3, .operators = 6, .addresses = 6}).set();
    for (std::size_t row = 0; row < set.described.rows.size(); ++row) {
        set.described.rows[row].window = std::string("week ") + std::to_string(row % 6);
    }
    const auto compared = compare(TrialProtocol::p4, set, quick()).front();
    ASSERT_EQ(compared.splits.size(), 2U);
    EXPECT_THAT(compared.split_names, testing::ElementsAre("week 4", "week 5"));
    for (const std::uint32_t row : compared.splits[1].train) {
        EXPECT_LT(set.described.rows[row].window, "week 4");
    }
    EXPECT_EQ(compared.splits[1].train.size(), 72U);
    EXPECT_EQ(compared.splits[1].test.size(), 18U);
}

TEST(Protocols, show_which_features_tell_classes_apart) {
    LearningSet set = LearningWorld({.class_count = 5}).set();
    for (std::uint32_t row = 0; row < set.classes.size(); ++row) {
        const auto values = set.described.samples.row(row);
        std::ranges::fill(values, 0.0F);
        values[static_cast<std::size_t>(Feature::mail)] = static_cast<float>(set.classes[row]);
    }
    const auto compared = compare(TrialProtocol::p0, set, quick()).front();
    EXPECT_GT(outcome_of(compared.controls, "best feature").mean.accuracy, 0.95);
    EXPECT_GT(outcome_of(compared.controls, "without dynamic").mean.accuracy, 0.95);
    EXPECT_GT(outcome_of(compared.controls, "without ours").mean.accuracy, 0.95);
    EXPECT_LT(outcome_of(compared.controls, "without static").mean.accuracy, 0.4);
}

TEST(Protocols, find_that_an_oracle_is_no_worse) {
    EvaluationSettings settings = quick();
    const LearningSet few = LearningWorld({.class_count = 5, .operators = 3, .addresses = 3}).set();
    const LearningSet many = LearningWorld({.class_count = 5, .operators = 30, .addresses = 6, .seed = 8}).set();
    settings.oracle = &many;
    const auto compared = compare(TrialProtocol::p2, few, settings).front();
    EXPECT_GE(outcome_of(compared.controls, "oracle").mean.accuracy, compared.outcomes[0].mean.accuracy);
}

TEST(Protocols, measure_what_is_believed_of_known_ones_and_strangers) {
    EvaluationSettings settings = quick();
    settings.protocols = {TrialProtocol::p6};
    settings.times = 10;
    const Evaluation evaluation = evaluate(LearningWorld({.class_count = 4}).set(), settings);
    ASSERT_EQ(evaluation.open_set.size(), 4U);
    for (const OpenSetRow& row : evaluation.open_set) {
        double before = 0;
        for (const OpenSetPoint& point : open_set_points) {
            EXPECT_GE(row.*point.value, before) << row.stranger;
            before = row.*point.value;
        }
        EXPECT_GT(row.right_at_100, 0.6) << "classes are numbered otherwise where one is left out";
        EXPECT_LE(row.oscr_area, row.right_at_100);
        EXPECT_GT(row.oscr_area, 0);
    }
    const std::string tables = evaluation_tables(evaluation);
    EXPECT_THAT(tables, testing::HasSubstr("(OSCR)"));
    EXPECT_THAT(evaluation_csv(evaluation), testing::HasSubstr("P6,xgboost,all,right_at_05,"));
    EXPECT_THAT(evaluation_json(evaluation), testing::HasSubstr("\"oscr_area\":0."));
}

TEST(Protocols, lose_by_wrong_labels) {
    EvaluationSettings settings = quick();
    settings.methods = {Method::cart};
    settings.times = 20;
    const auto compared = compare(TrialProtocol::p7, LearningWorld({.class_count = 4}).set(), settings);
    ASSERT_EQ(compared.size(), 7U);
    EXPECT_GT(compared[0].outcomes[0].mean.accuracy, compared[3].outcomes[0].mean.accuracy + 0.1);
}

}  // namespace
}  // namespace echotap
