// SPDX-License-Identifier: Apache-2.0
#include "analytics/evaluation/trials.hpp"

#include <tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "analytics/learning/calibration.hpp"

namespace echotap {

namespace {

constexpr std::uint32_t calibration_folds = 5;

struct Moments {
    double mean = 0;
    double deviation = 0;
};

/// Of what is known.
template <class Get>
Moments moments(std::span<const Scores> scores, Get&& get) {
    double sum = 0;
    double count = 0;
    for (const Scores& one : scores) {
        const double value = get(one);
        if (!std::isnan(value)) {
            sum += value;
            count += 1;
        }
    }
    if (count == 0) {
        return {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN()};
    }
    const double mean = sum / count;
    double squares = 0;
    for (const Scores& one : scores) {
        const double value = get(one);
        squares += std::isnan(value) ? 0 : (value - mean) * (value - mean);
    }
    return {mean, count > 1 ? std::sqrt(squares / (count - 1)) : 0};
}

void summarise(Outcome& outcome, std::size_t class_count) {
    for (const Measure& measure : measures) {
        const Moments found = moments(outcome.by_split, [&](const Scores& one) { return one.*measure.value; });
        outcome.mean.*measure.value = found.mean;
        outcome.deviation.*measure.value = found.deviation;
    }
    for (std::size_t activity = 0; activity < class_count; ++activity) {
        const Moments found = moments(outcome.by_split, [&](const Scores& one) { return one.class_recall[activity]; });
        outcome.mean.class_recall.push_back(found.mean);
        outcome.deviation.class_recall.push_back(found.deviation);
    }
}

template <class Get>
Difference difference(const Outcome& one, const Outcome& other, std::span<const Split> splits, Get&& get) {
    const auto count = static_cast<double>(splits.size());
    double sum = 0;
    double squares = 0;
    double shares = 0;
    for (std::size_t i = 0; i < splits.size(); ++i) {
        const double found = get(one.by_split[i]) - get(other.by_split[i]);
        sum += found;
        squares += found * found;
        shares += static_cast<double>(splits[i].test.size()) / static_cast<double>(splits[i].train.size());
    }
    const double mean = sum / count;
    const double variance = count > 1 ? std::max(0.0, squares - count * mean * mean) / (count - 1) : 0;
    return {mean, 1.96 * std::sqrt((1 / count + shares / count) * variance)};
}

}  // namespace

Contestant method_contestant(Method method, FeatureChoice choice, bool by_group, unsigned runs) {
    const unsigned run_count = runs == 0 ? runs_default(method) : runs;
    return {std::string(name_of(method)),
            [=](const LearningSet& set, const Split& split, std::uint64_t seed, std::vector<double>& importance) {
                const std::vector<Feature> features = features_of(choice);
                const std::size_t class_count = set.class_names.size();
                const Samples all = pick_features(set.described.samples, features);
                const Samples samples = pick_rows(all, split.train);
                const auto classes = pick(std::span(set.classes), split.train);
                const auto groups = pick(std::span(set.groups), split.train);
                const auto folds = by_group ? grouped_folds(classes, groups, class_count, calibration_folds, seed)
                                            : stratified_folds(classes, class_count, calibration_folds, seed);
                const double temperature = fit_temperature(
                    judge_left_out(samples, classes, class_count, folds, calibration_folds, method, seed).probabilities,
                    classes, class_count,
                    left_out_weights(classes, by_group ? groups : each_alone(classes.size()), folds));
                const auto classifier = make_classifier(method, run_count);
                classifier->train(samples, classes, class_count, seed);
                std::vector<float> answers = classifier->probabilities(pick_rows(all, split.test));
                temper(answers, class_count, temperature);
                const std::vector<double> weights = classifier->importance();
                importance.assign(weights.empty() ? 0 : feature_count, 0);
                for (std::size_t column = 0; column < weights.size(); ++column) {
                    importance[static_cast<std::size_t>(features[column])] = weights[column];
                }
                return answers;
            }};
}

Outcome run_trials(const LearningSet& set, std::span<const Split> splits, const Contestant& contestant,
                   std::uint64_t seed) {
    const std::size_t class_count = set.class_names.size();
    Outcome outcome;
    outcome.contestant = contestant.name;
    outcome.by_split.resize(splits.size());
    outcome.tested.resize(splits.size());
    std::vector<std::vector<double>> importances(splits.size());
    tbb::parallel_for(std::size_t{0}, splits.size(), [&](std::size_t i) {
        const Split& split = splits[i];
        const std::vector<float> probabilities = contestant.contest(set, split, seed + i, importances[i]);
        const std::vector<std::uint16_t> truth = pick(std::span(set.classes), split.test);
        outcome.by_split[i] = score(truth, probabilities, class_count);
        const std::vector<std::uint16_t> answers = most_probable(probabilities, class_count);
        for (std::size_t row = 0; row < answers.size(); ++row) {
            outcome.tested[i].push_back({split.test[row], answers[row], probabilities[row * class_count + answers[row]],
                                         answers[row] == truth[row]});
        }
    });
    outcome.confusion.resize(class_count * class_count);
    std::vector<Answered> all;
    for (std::size_t i = 0; i < splits.size(); ++i) {
        for (const TestedRow& tested : outcome.tested[i]) {
            ++outcome.confusion[set.classes[tested.row] * class_count + tested.answer];
            all.push_back({tested.confidence, tested.is_right});
        }
        if (!importances[i].empty()) {
            outcome.importance.resize(feature_count);
            for (std::size_t feature = 0; feature < feature_count; ++feature) {
                outcome.importance[feature] += importances[i][feature] / static_cast<double>(splits.size());
            }
        }
    }
    outcome.pooled_calibration_error = calibration_error(all);
    outcome.recall_intervals = recall_intervals(outcome.tested, set.classes, set.groups, class_count, seed);
    summarise(outcome, class_count);
    return outcome;
}

std::vector<double> coverage_precisions(const Outcome& outcome) {
    std::vector<Answered> answers;
    for (const auto& tested_rows : outcome.tested) {
        for (const TestedRow& tested : tested_rows) {
            answers.push_back({tested.confidence, tested.is_right});
        }
    }
    std::vector<double> precisions;
    for (const double coverage : coverages) {
        precisions.push_back(precision_at(answers, coverage));
    }
    return precisions;
}

Difference accuracy_difference(const Outcome& one, const Outcome& other, std::span<const Split> splits) {
    return difference(one, other, splits, [](const Scores& scores) { return scores.accuracy; });
}

Difference f1_difference(const Outcome& one, const Outcome& other, std::span<const Split> splits) {
    return difference(one, other, splits, [](const Scores& scores) { return scores.f1; });
}

}  // namespace echotap
