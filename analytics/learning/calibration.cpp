// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace echotap {

namespace {

// Shares of 100 trees' votes can be 0, which means "less than one in two hundred" and not "never".
constexpr float probability_min = 5e-3F;

double log_loss(std::span<const float> probabilities, std::span<const std::uint16_t> classes, std::size_t class_count,
                std::span<const double> weights, double temperature) {
    std::vector<float> tempered(probabilities.begin(), probabilities.end());
    temper(tempered, class_count, temperature);
    double loss = 0;
    for (std::size_t row = 0; row < classes.size(); ++row) {
        loss -=
            weights[row] * std::log(std::max(1e-12, static_cast<double>(tempered[row * class_count + classes[row]])));
    }
    return loss;
}

}  // namespace

double fit_temperature(std::span<const float> probabilities, std::span<const std::uint16_t> classes,
                       std::size_t class_count, std::span<const double> weights) {
    if (std::ranges::all_of(weights, [](double weight) { return weight == 0; })) {
        return 1;
    }
    // Golden sections of the logarithm: the loss has one minimum (it is convex in 1 / T).
    const double ratio = (std::sqrt(5.0) - 1) / 2;
    double low = std::log(0.1);
    double high = std::log(10.0);
    const auto loss = [&](double log_temperature) {
        return log_loss(probabilities, classes, class_count, weights, std::exp(log_temperature));
    };
    double one = high - ratio * (high - low);
    double other = low + ratio * (high - low);
    double one_loss = loss(one);
    double other_loss = loss(other);
    while (high - low > 1e-3) {
        if (one_loss < other_loss) {
            high = other;
            other = one;
            other_loss = one_loss;
            one = high - ratio * (high - low);
            one_loss = loss(one);
        } else {
            low = one;
            one = other;
            one_loss = other_loss;
            other = low + ratio * (high - low);
            other_loss = loss(other);
        }
    }
    return std::exp((low + high) / 2);
}

std::vector<double> left_out_weights(std::span<const std::uint16_t> classes, std::span<const std::uint32_t> groups,
                                     std::span<const std::uint32_t> folds) {
    // By class and fold: its groups that are there, and of each class all of them.
    std::map<std::uint16_t, std::set<std::uint32_t>> of_class;
    std::map<std::pair<std::uint16_t, std::uint32_t>, std::set<std::uint32_t>> of_fold;
    for (std::size_t row = 0; row < classes.size(); ++row) {
        of_class[classes[row]].insert(groups[row]);
        of_fold[{classes[row], folds[row]}].insert(groups[row]);
    }
    std::vector<double> weights;
    for (std::size_t row = 0; row < classes.size(); ++row) {
        const std::size_t others = of_class[classes[row]].size() - of_fold[{classes[row], folds[row]}].size();
        const double share = static_cast<double>(others) / static_cast<double>(others + 1);
        weights.push_back(share * share);
    }
    return weights;
}

void temper(std::span<float> probabilities, std::size_t class_count, double temperature) {
    const auto exponent = static_cast<float>(1 / temperature);
    for (std::size_t begin = 0; begin < probabilities.size(); begin += class_count) {
        const auto row = probabilities.subspan(begin, class_count);
        float sum = 0;
        for (float& one : row) {
            one = std::pow(std::max(one, probability_min), exponent);
            sum += one;
        }
        for (float& one : row) {
            one /= sum;
        }
    }
}

}  // namespace echotap
