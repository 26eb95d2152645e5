// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/scores.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

namespace echotap {

namespace {

constexpr std::size_t bin_count = 15;
constexpr double confident_coverage = 0.6;

double ratio(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

double harmonic(double one, double other) {
    return ratio(2 * one * other, one + other);
}

/// What the probabilities say, beyond which one is highest.
void add_probability_scores(Scores& scores, std::span<const std::uint16_t> truth, std::span<const float> probabilities,
                            std::size_t class_count) {
    std::vector<Answered> of_class(truth.size());
    double present = 0;
    for (std::size_t activity = 0; activity < class_count; ++activity) {
        bool is_present = false;
        for (std::size_t row = 0; row < truth.size(); ++row) {
            const float probability = probabilities[row * class_count + activity];
            const bool is_right = truth[row] == activity;
            is_present = is_present || is_right;
            of_class[row] = {probability, is_right};
            const double error = static_cast<double>(probability) - (is_right ? 1 : 0);
            scores.brier += error * error;
            scores.log_loss -= is_right ? std::log(std::max(1e-12, static_cast<double>(probability))) : 0;
        }
        if (is_present) {
            present += 1;
            scores.class_calibration_error += calibration_error(of_class);
        }
    }
    const auto rows = static_cast<double>(truth.size());
    scores.brier /= rows;
    scores.log_loss /= rows;
    scores.class_calibration_error = ratio(scores.class_calibration_error, present);
}

}  // namespace

std::vector<std::uint16_t> most_probable(std::span<const float> probabilities, std::size_t class_count) {
    std::vector<std::uint16_t> answers;
    answers.reserve(probabilities.size() / class_count);
    for (std::size_t begin = 0; begin < probabilities.size(); begin += class_count) {
        const auto row = probabilities.subspan(begin, class_count);
        answers.push_back(static_cast<std::uint16_t>(std::ranges::max_element(row) - row.begin()));
    }
    return answers;
}

Scores score(std::span<const std::uint16_t> truth, std::span<const float> probabilities, std::size_t class_count) {
    const std::vector<std::uint16_t> answers = most_probable(probabilities, class_count);
    std::vector<double> are(class_count);
    std::vector<double> answered(class_count);
    std::vector<double> right(class_count);
    std::vector<Answered> confidences;
    for (std::size_t row = 0; row < truth.size(); ++row) {
        const bool is_right = truth[row] == answers[row];
        are[truth[row]] += 1;
        answered[answers[row]] += 1;
        right[truth[row]] += is_right ? 1 : 0;
        confidences.push_back({probabilities[row * class_count + answers[row]], is_right});
    }
    Scores scores;
    double present = 0;
    double present_and_answered = 0;
    double right_sum = 0;
    scores.class_recall.assign(class_count, std::numeric_limits<double>::quiet_NaN());
    for (std::size_t activity = 0; activity < class_count; ++activity) {
        if (are[activity] == 0) {
            continue;
        }
        const double recall = right[activity] / are[activity];
        const double precision = ratio(right[activity], answered[activity]);
        present += 1;
        present_and_answered += answered[activity] > 0 ? 1 : 0;
        right_sum += right[activity];
        scores.class_recall[activity] = recall;
        scores.recall += recall;
        scores.precision += precision;
        scores.f1_by_class += harmonic(precision, recall);
    }
    scores.accuracy = ratio(right_sum, static_cast<double>(truth.size()));
    scores.precision_answered = ratio(scores.precision, present_and_answered);
    scores.precision = ratio(scores.precision, present);
    scores.recall = ratio(scores.recall, present);
    scores.f1_by_class = ratio(scores.f1_by_class, present);
    scores.f1 = harmonic(scores.precision, scores.recall);
    scores.calibration_error = calibration_error(confidences);
    scores.precision_at_60 = precision_at(std::move(confidences), confident_coverage);
    add_probability_scores(scores, truth, probabilities, class_count);
    return scores;
}

double calibration_error(std::span<const Answered> answers) {
    struct Bin {
        double count = 0, confidence = 0, right = 0;
    };
    std::array<Bin, bin_count> bins{};
    for (const Answered& answer : answers) {
        const auto place = static_cast<std::size_t>(static_cast<double>(answer.confidence) * bin_count);
        Bin& bin = bins[std::min(place, bin_count - 1)];
        bin.count += 1;
        bin.confidence += static_cast<double>(answer.confidence);
        bin.right += answer.is_right ? 1 : 0;
    }
    double error = 0;
    for (const Bin& bin : bins) {
        error += std::abs(bin.right - bin.confidence);
    }
    return ratio(error, static_cast<double>(answers.size()));
}

double precision_at(std::vector<Answered> answers, double coverage) {
    std::ranges::stable_sort(answers, std::greater<>(), &Answered::confidence);
    const auto kept = static_cast<std::size_t>(std::lround(coverage * static_cast<double>(answers.size())));
    answers.resize(std::clamp<std::size_t>(kept, 1, std::max<std::size_t>(1, answers.size())));
    return ratio(static_cast<double>(std::ranges::count(answers, true, &Answered::is_right)),
                 static_cast<double>(answers.size()));
}

double area_under_roc(std::span<const double> known, std::span<const double> strange) {
    if (known.empty() || strange.empty()) {
        return 0.5;
    }
    std::vector<double> sorted(known.begin(), known.end());
    std::ranges::sort(sorted);
    double above = 0;
    for (const double value : strange) {
        const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), value);
        above += static_cast<double>(low - sorted.begin()) + static_cast<double>(high - low) / 2;
    }
    return above / static_cast<double>(known.size()) / static_cast<double>(strange.size());
}

double open_set_area(std::span<const KnownAnswer> known, std::span<const double> strange) {
    // Strangers above a known one that is right are those that the curve has not let pass when it rises for that one.
    std::vector<double> right;
    for (const KnownAnswer& one : known) {
        if (one.is_right) {
            right.push_back(one.strangeness);
        }
    }
    if (right.empty() || strange.empty()) {
        return 0;
    }
    return area_under_roc(right, strange) * static_cast<double>(right.size()) / static_cast<double>(known.size());
}

double right_at_passed(std::span<const KnownAnswer> known, std::span<const double> strange, double passed_max) {
    std::vector<double> sorted(strange.begin(), strange.end());
    std::ranges::sort(sorted);
    // The first that must not pass; a hair more than the product, which is no whole number for 0.1 of 30.
    const auto passing = static_cast<std::size_t>(passed_max * static_cast<double>(sorted.size()) + 1e-9);
    const double bound = passing < sorted.size() ? sorted[passing] : std::numeric_limits<double>::infinity();
    const auto believed =
        std::ranges::count_if(known, [&](const KnownAnswer& one) { return one.is_right && one.strangeness < bound; });
    return ratio(static_cast<double>(believed), static_cast<double>(known.size()));
}

double strangers_passed_at_95(std::span<const double> known, std::span<const double> strange) {
    if (known.empty() || strange.empty()) {
        return 0;
    }
    std::vector<double> sorted(known.begin(), known.end());
    std::ranges::sort(sorted);
    const auto place = static_cast<std::size_t>(std::ceil(0.95 * static_cast<double>(sorted.size()))) - 1;
    const auto passed = std::ranges::count_if(strange, [&](double value) { return value <= sorted[place]; });
    return static_cast<double>(passed) / static_cast<double>(strange.size());
}

}  // namespace echotap
