// SPDX-License-Identifier: Apache-2.0
#include "analytics/evaluation/controls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "analytics/learning/dice.hpp"

namespace echotap {

namespace {

std::vector<double> counts_of(std::span<const std::uint16_t> classes, std::size_t class_count) {
    std::vector<double> counts(class_count);
    for (const std::uint16_t one : classes) {
        counts[one] += 1;
    }
    return counts;
}

/// The octets of an address as columns: what there is to learn from where it stands.
Samples address_samples(const LearningSet& set) {
    Samples samples{16, {}};
    for (const DescribedRow& row : set.described.rows) {
        const auto& octets = row.originator.address().octets();
        samples.values.insert(samples.values.end(), octets.begin(), octets.end());
    }
    return samples;
}

std::vector<float> learn_and_ask(Method method, const Samples& learnt, std::span<const std::uint16_t> classes,
                                 const Samples& asked, std::size_t class_count, std::uint64_t seed) {
    const auto classifier = make_classifier(method, 1);
    classifier->train(learnt, classes, class_count, seed);
    return classifier->probabilities(asked);
}

std::vector<float> nearest_middles(const LearningSet& set, const Split& split) {
    const std::size_t class_count = set.class_names.size();
    const std::vector<Feature> features = features_of(FeatureChoice::all);
    const Samples logs = log_ratios(set.described.samples, features, set.described.footprints());
    const Scaling scaling(pick_rows(logs, split.train));
    const Samples learnt = scaling.apply(pick_rows(logs, split.train));
    const Samples asked = scaling.apply(pick_rows(logs, split.test));
    const auto classes = pick(std::span(set.classes), split.train);
    const std::vector<double> counts = counts_of(classes, class_count);
    std::vector<double> middles(class_count * logs.columns);
    for (std::size_t row = 0; row < learnt.rows(); ++row) {
        for (std::size_t column = 0; column < logs.columns; ++column) {
            middles[classes[row] * logs.columns + column] +=
                static_cast<double>(learnt.row(row)[column]) / counts[classes[row]];
        }
    }
    std::vector<float> probabilities(asked.rows() * class_count);
    for (std::size_t row = 0; row < asked.rows(); ++row) {
        const auto answers = std::span(probabilities).subspan(row * class_count, class_count);
        float sum = 0;
        for (std::size_t activity = 0; activity < class_count; ++activity) {
            double square = 0;
            for (std::size_t column = 0; column < logs.columns; ++column) {
                const double apart =
                    static_cast<double>(asked.row(row)[column]) - middles[activity * logs.columns + column];
                square += apart * apart;
            }
            answers[activity] =
                counts[activity] > 0
                    ? static_cast<float>(std::exp(-square / 2 / static_cast<double>(logs.columns))) + 1e-9F
                    : 0.0F;
            sum += answers[activity];
        }
        std::ranges::transform(answers, answers.begin(), [sum](float one) { return one / sum; });
    }
    return probabilities;
}

/// The feature with which one tree tells most of a fifth of these rows, having learnt from the others.
Feature best_feature(const LearningSet& set, FeatureChoice features, std::span<const std::uint32_t> rows,
                     std::uint64_t seed) {
    std::vector<std::uint32_t> dealt(rows.begin(), rows.end());
    Dice(seed).shuffle(std::span(dealt));
    const auto asked = std::span<const std::uint32_t>(dealt).first(dealt.size() / 5);
    const auto learnt = std::span<const std::uint32_t>(dealt).subspan(asked.size());
    const auto truth = pick(std::span(set.classes), asked);
    const auto classes = pick(std::span(set.classes), learnt);
    Feature best{};
    double most = -1;
    for (const Feature feature : features_of(features)) {
        const Samples samples = pick_features(set.described.samples, std::vector<Feature>{feature});
        const auto answers = learn_and_ask(Method::cart, pick_rows(samples, learnt), classes, pick_rows(samples, asked),
                                           set.class_names.size(), seed);
        const double accuracy = asked.empty() ? 0 : score(truth, answers, set.class_names.size()).accuracy;
        if (accuracy > most) {
            most = accuracy;
            best = feature;
        }
    }
    return best;
}

/// By FeatureGroup, as the requirements call them.
constexpr std::array<const char*, 3> group_names{"static", "dynamic", "ours"};

}  // namespace

Contestant majority_control() {
    return {"majority class", [](const LearningSet& set, const Split& split, std::uint64_t, std::vector<double>&) {
                const auto classes = pick(std::span(set.classes), split.train);
                const std::vector<double> counts = counts_of(classes, set.class_names.size());
                std::vector<float> probabilities;
                for (std::size_t row = 0; row < split.test.size(); ++row) {
                    for (const double count : counts) {
                        probabilities.push_back(static_cast<float>(count / static_cast<double>(classes.size())));
                    }
                }
                return probabilities;
            }};
}

Contestant nearest_middle_control() {
    return {"nearest middle", [](const LearningSet& set, const Split& split, std::uint64_t, std::vector<double>&) {
                return nearest_middles(set, split);
            }};
}

Contestant permuted_control(Method method) {
    return {"permuted labels",
            [method](const LearningSet& set, const Split& split, std::uint64_t seed, std::vector<double>&) {
                auto classes = pick(std::span(set.classes), split.train);
                Dice(seed).shuffle(std::span(classes));
                return learn_and_ask(method, pick_rows(set.described.samples, split.train), classes,
                                     pick_rows(set.described.samples, split.test), set.class_names.size(), seed);
            }};
}

Contestant address_control(Method method) {
    return {"address alone",
            [method](const LearningSet& set, const Split& split, std::uint64_t seed, std::vector<double>&) {
                const Samples samples = address_samples(set);
                return learn_and_ask(method, pick_rows(samples, split.train), pick(std::span(set.classes), split.train),
                                     pick_rows(samples, split.test), set.class_names.size(), seed);
            }};
}

Contestant best_feature_control(Method method, FeatureChoice features) {
    return {"best feature",
            [method, features](const LearningSet& set, const Split& split, std::uint64_t seed, std::vector<double>&) {
                const std::vector<Feature> best{best_feature(set, features, split.train, seed)};
                const Samples samples = pick_features(set.described.samples, best);
                return learn_and_ask(method, pick_rows(samples, split.train), pick(std::span(set.classes), split.train),
                                     pick_rows(samples, split.test), set.class_names.size(), seed);
            }};
}

Contestant without_group_control(Method method, FeatureChoice features, FeatureGroup group) {
    std::vector<Feature> others = features_of(features);
    std::erase_if(others,
                  [group](Feature each) { return feature_table[static_cast<std::size_t>(each)].group == group; });
    return {fmt::format("without {}", group_names[static_cast<std::size_t>(group)]),
            [method, others](const LearningSet& set, const Split& split, std::uint64_t seed, std::vector<double>&) {
                const Samples samples = pick_features(set.described.samples, others);
                return learn_and_ask(method, pick_rows(samples, split.train), pick(std::span(set.classes), split.train),
                                     pick_rows(samples, split.test), set.class_names.size(), seed);
            }};
}

Contestant oracle_control(Method method, const LearningSet& more) {
    return {"oracle",
            [method, &more](const LearningSet& set, const Split& split, std::uint64_t seed, std::vector<double>&) {
                Samples samples = pick_rows(set.described.samples, split.train);
                samples.values.insert(samples.values.end(), more.described.samples.values.begin(),
                                      more.described.samples.values.end());
                auto classes = pick(std::span(set.classes), split.train);
                for (const std::uint16_t one : more.classes) {
                    const auto found = std::ranges::find(set.class_names, more.class_names[one]);
                    if (found == set.class_names.end()) {
                        throw std::runtime_error(
                            fmt::format("the oracle has labels of class {} and the others have none; leave them out",
                                        more.class_names[one]));
                    }
                    classes.push_back(static_cast<std::uint16_t>(found - set.class_names.begin()));
                }
                return learn_and_ask(method, samples, classes, pick_rows(set.described.samples, split.test),
                                     set.class_names.size(), seed);
            }};
}

}  // namespace echotap
