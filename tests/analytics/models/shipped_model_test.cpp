// SPDX-License-Identifier: Apache-2.0
#include "analytics/models/shipped_model.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analytics/learning/labels.hpp"
#include "benchmarks/learning_world.hpp"
#include "config/world_library.hpp"

namespace echotap {
namespace {

TEST(ShippedModel, says_that_it_learnt_from_simulated_traffic) {
    EXPECT_EQ(shipped_model().provenance.notice,
              "trained on simulated traffic; train on your own labels with echotap train");
}

TEST(ShippedModel, knows_every_class_of_the_paper) {
    EXPECT_EQ(shipped_model().class_names, std::vector<std::string>(paper_classes.begin(), paper_classes.end()));
}

TEST(ShippedModel, learnt_from_the_frozen_worlds_as_they_are_now) {
    std::vector<std::string> expected;
    for (const char* world : {"m_sampled", "jp_ditl", "m_ditl", "b_post_ditl", "demo"}) {
        const WorldConfig config = load_world(world);
        expected.push_back("simulated by echotap: world " + config.name + ", parameters " + config.hash() + ", seed " +
                           std::to_string(config.seed) + ", ");
    }
    const auto& labels = shipped_model().provenance.labels;
    ASSERT_EQ(labels.size(), expected.size()) << "run tools/make_model";
    for (std::size_t i = 0; i < labels.size(); ++i) {
        EXPECT_TRUE(labels[i].starts_with(expected[i])) << labels[i] << "\nrun tools/make_model";
    }
}

TEST(ShippedModel, answers_for_any_row) {
    const DescribedRows rows = LearningWorld({.class_count = 3, .operators = 2, .addresses = 2}).described();
    const Verdicts verdicts = classify(shipped_model(), rows);
    ASSERT_EQ(verdicts.rows.size(), rows.rows.size());
    for (const Verdict& verdict : verdicts.rows) {
        EXPECT_LT(verdict.activity, paper_classes.size());
        EXPECT_GT(verdict.probability, 0);
    }
}

}  // namespace
}  // namespace echotap
