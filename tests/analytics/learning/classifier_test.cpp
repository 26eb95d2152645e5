// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/classifier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <thread>

#include "analytics/learning/majority.hpp"
#include "analytics/learning/scores.hpp"
#include "benchmarks/learning_world.hpp"
#include "tests/reference/linear_discriminant_reference.hpp"

namespace echotap {
namespace {

class EveryMethod : public testing::TestWithParam<Method> {
protected:
    static LearningSet learnt() { return LearningWorld({.class_count = 4, .operators = 5, .addresses = 5}).set(); }
    static LearningSet asked() {
        return LearningWorld({.class_count = 4, .operators = 5, .addresses = 5, .seed = 9}).set();
    }

    static std::unique_ptr<Classifier> trained(unsigned runs = 1) {
        auto classifier = make_classifier(GetParam(), runs);
        const LearningSet set = learnt();
        classifier->train(set.described.samples, set.classes, 4, 1);
        return classifier;
    }
};

TEST_P(EveryMethod, learns_classes_that_differ) {
    const auto probabilities = trained()->probabilities(asked().described.samples);
    const Scores scores = score(asked().classes, probabilities, 4);
    EXPECT_GT(scores.accuracy, 0.7);
    for (std::size_t begin = 0; begin < probabilities.size(); begin += 4) {
        EXPECT_NEAR(std::accumulate(&probabilities[begin], &probabilities[begin] + 4, 0.0), 1, 1e-5);
    }
}

TEST_P(EveryMethod, gives_the_same_answers_for_the_same_seed_and_from_its_image) {
    const auto first = trained(2);
    const Samples samples = asked().described.samples;
    EXPECT_EQ(first->probabilities(samples), trained(2)->probabilities(samples));
    const auto image = first->image();
    EXPECT_EQ(image, trained(2)->image());
    const auto restored = restore_classifier(GetParam(), image, samples.columns, 4);
    EXPECT_EQ(first->probabilities(samples), restored->probabilities(samples));
    EXPECT_EQ(first->importance().size(), restored->importance().size());
}

TEST_P(EveryMethod, refuses_images_of_other_features_and_images_cut_short) {
    const auto image = trained()->image();
    EXPECT_THROW(restore_classifier(GetParam(), image, 7, 4), std::runtime_error);
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{7}, std::size_t{20}, image.size() / 2, image.size() - 1}) {
        EXPECT_THROW(restore_classifier(GetParam(), std::span(image).first(size), feature_count, 4),
                     std::runtime_error);
    }
}

TEST_P(EveryMethod, takes_what_is_not_known_and_classes_that_are_absent) {
    LearningSet set = learnt();
    for (std::size_t i = 0; i < set.described.samples.values.size(); i += 7) {
        set.described.samples.values[i] = std::numeric_limits<float>::quiet_NaN();
    }
    // Of six classes two have no rows.
    const auto classifier = make_classifier(GetParam(), 1);
    classifier->train(set.described.samples, set.classes, 6, 1);
    const auto probabilities = classifier->probabilities(set.described.samples);
    ASSERT_EQ(probabilities.size(), set.classes.size() * 6);
    EXPECT_TRUE(std::ranges::all_of(probabilities, [](float one) { return std::isfinite(one); }));
    EXPECT_GT(score(set.classes, probabilities, 6).accuracy, 0.8);
}

TEST_P(EveryMethod, answers_nothing_when_asked_nothing) {
    EXPECT_TRUE(trained()->probabilities({feature_count, {}}).empty());
}

TEST_P(EveryMethod, answers_many_threads_alike) {
    const auto classifier = trained();
    const Samples samples = asked().described.samples;
    const auto expected = classifier->probabilities(samples);
    std::vector<std::vector<float>> found(4);
    std::vector<std::jthread> threads;
    for (auto& one : found) {
        threads.emplace_back([&] { one = classifier->probabilities(samples); });
    }
    threads.clear();
    EXPECT_THAT(found, testing::Each(expected));
}

INSTANTIATE_TEST_SUITE_P(Classifier, EveryMethod, testing::ValuesIn(methods),
                         [](const auto& chosen) { return std::string(name_of(chosen.param)); });

TEST(LinearDiscriminant, agrees_with_the_densities_of_its_reference) {
    constexpr std::size_t columns = 5;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Dice dice(seed);
        Samples samples{columns, {}};
        std::vector<std::uint16_t> classes;
        for (std::size_t i = 0; i < 60; ++i) {
            classes.push_back(static_cast<std::uint16_t>(i % 3));
            const double hidden = dice.share();
            for (std::size_t column = 0; column < columns; ++column) {
                // Below 0, so that every column is taken as it is.
                samples.values.push_back(
                    static_cast<float>(dice.share() + hidden - 3 + 0.5 * static_cast<double>(i % 3 == column ? 1 : 0)));
            }
        }
        const Samples scaled = Scaling(samples).apply(samples);
        std::vector<reference::Row> rows;
        for (std::size_t i = 0; i < scaled.rows(); ++i) {
            rows.emplace_back(scaled.row(i).begin(), scaled.row(i).end());
        }
        const auto classifier = make_classifier(Method::linear, 1);
        classifier->train(samples, classes, 3, 1);
        const auto probabilities = classifier->probabilities(samples);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto expected = reference::discriminant(rows, {classes.begin(), classes.end()}, 3, 0.1, rows[i]);
            for (std::size_t one = 0; one < 3; ++one) {
                ASSERT_NEAR(static_cast<double>(probabilities[i * 3 + one]), expected[one], 1e-4) << seed << " " << i;
            }
        }
    }
}

TEST(LinearDiscriminant, knows_a_class_of_three_rows_that_trees_do_not) {
    // One shape in which every class lies, and means apart in a direction that no single column shows.
    Dice dice(3);
    const auto made = [&](std::size_t rare, std::size_t others, std::vector<std::uint16_t>& classes) {
        Samples samples{4, {}};
        for (std::size_t i = 0; i < rare + others; ++i) {
            const std::uint16_t one = i < rare ? 1 : 0;
            classes.push_back(one);
            const double along = 8 * dice.share() - 12;
            for (std::size_t column = 0; column < 4; ++column) {
                const double side = column % 2 == 0 ? 0.6 : -0.6;
                samples.values.push_back(static_cast<float>(along + (one == 1 ? side : 0) + 0.6 * dice.share()));
            }
        }
        return samples;
    };
    std::vector<std::uint16_t> learnt_classes;
    const Samples learnt = made(3, 60, learnt_classes);
    std::vector<std::uint16_t> asked_classes;
    const Samples asked = made(100, 100, asked_classes);
    const auto recall = [&](Method method) {
        const auto classifier = make_classifier(method, 1);
        classifier->train(learnt, learnt_classes, 2, 1);
        return score(asked_classes, classifier->probabilities(asked), 2).recall;
    };
    EXPECT_GT(recall(Method::linear), 0.95);
    EXPECT_LT(recall(Method::forest), 0.8);
    EXPECT_GT(recall(Method::pooled), recall(Method::xgboost));
}

/// Rows of which only one column says anything.
TEST(Classifier, weighs_the_column_that_decides_and_explains_by_it) {
    Dice dice(5);
    Samples samples{3, {}};
    std::vector<std::uint16_t> classes;
    for (int row = 0; row < 200; ++row) {
        classes.push_back(static_cast<std::uint16_t>(row % 2));
        samples.values.push_back(static_cast<float>(dice.share()));
        samples.values.push_back(static_cast<float>(dice.share()) + static_cast<float>(row % 2));
        samples.values.push_back(static_cast<float>(dice.share()));
    }
    for (const Method method : {Method::pooled, Method::xgboost, Method::linear, Method::forest, Method::cart}) {
        const auto classifier = make_classifier(method, 1);
        classifier->train(samples, classes, 2, 1);
        const auto importance = classifier->importance();
        EXPECT_GT(importance[1], 0.6) << name_of(method);
        EXPECT_NEAR(std::accumulate(importance.begin(), importance.end(), 0.0), 1, 1e-6);
        if (method == Method::xgboost) {
            const auto contributions = classifier->contributions(samples);
            ASSERT_EQ(contributions.size(), 200U * 2 * 4);
            const float* const row_of_class_1 = &contributions[(1 * 2 + 1) * 4];  // row 1 is of class 1
            EXPECT_GT(row_of_class_1[1], 0.5F);
            EXPECT_GT(row_of_class_1[1], std::abs(row_of_class_1[0]) + std::abs(row_of_class_1[2]));
        }
    }
}

class Says final : public Classifier {
public:
    explicit Says(std::vector<float> row) : row_(std::move(row)) {}
    void train(const Samples&, std::span<const std::uint16_t>, std::size_t, std::uint64_t) override {}
    std::vector<float> probabilities(const Samples&) const override { return row_; }
    std::vector<double> importance() const override { return {}; }
    std::vector<float> contributions(const Samples&) const override { return {}; }
    std::vector<std::uint8_t> image() const override { return {}; }

private:
    std::vector<float> row_;
};

TEST(Majority, puts_first_what_most_runs_put_first_even_where_the_mean_would_not) {
    std::vector<std::unique_ptr<Classifier>> members;
    members.push_back(std::make_unique<Says>(std::vector<float>{.5F, .4F, .1F}));
    members.push_back(std::make_unique<Says>(std::vector<float>{.5F, .4F, .1F}));
    members.push_back(std::make_unique<Says>(std::vector<float>{.0F, .9F, .1F}));
    const auto probabilities = Majority(std::move(members), 3).probabilities({1, {0}});
    EXPECT_EQ(most_probable(probabilities, 3)[0], 0);
    EXPECT_NEAR(std::accumulate(probabilities.begin(), probabilities.end(), 0.0), 1, 1e-6);
}

}  // namespace
}  // namespace echotap
