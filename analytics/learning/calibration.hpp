// SPDX-License-Identifier: Apache-2.0
// Probabilities that mean what they say: of the answers given with .8, eight of ten are right.
//
// One temperature for all classes (Guo et al.: "On Calibration of Modern Neural Networks", ICML 2017): each probability
// becomes p^(1/T), and they sum to 1 again. With some hundreds of labels, isotonic regression by class would fit
// chance; a temperature has one number to learn and never changes which class is first. Shares below .005 count as
// .005, so with twelve classes no probability is above .95 to the power that the temperature gives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace echotap {

/// The temperature with the smallest log loss; 0.1 to 10, and 1 where nothing has weight. `probabilities` (row by row,
/// class by class) must come from models that did not learn from these rows; `weights` by row.
double fit_temperature(std::span<const float> probabilities, std::span<const std::uint16_t> classes,
                       std::size_t class_count, std::span<const double> weights);

/// How much rows that are left out by fold tell of the model that learns from all, 0 to 1. Where n groups of a row's
/// class are in the other folds, that model knows n + 1 or more. With n large there is hardly a difference; with none
/// the answer could not even be right, and temperatures that are fitted to such questions make a model doubt what it
/// knows. So a row weighs (n / (n + 1))^2, which on development seeds halves the calibration error of questions about
/// new operators (docs/accuracy.md).
std::vector<double> left_out_weights(std::span<const std::uint16_t> classes, std::span<const std::uint32_t> groups,
                                     std::span<const std::uint32_t> folds);

/// Applies it in place.
void temper(std::span<float> probabilities, std::size_t class_count, double temperature);

}  // namespace echotap
