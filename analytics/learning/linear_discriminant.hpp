// SPDX-License-Identifier: Apache-2.0
// Linear discriminant analysis (Fisher 1936): every class is a normal distribution about its own mean, and all have one
// covariance. Few parameters, so a few rows of a class are enough to know it by: where trees have six rows, this has
// the spread of all.
//
// It sees features on scales on which they are nearly normal, decided by what was learnt from: a column within 0 to 1
// is taken for shares and becomes asin(sqrt(share)), which makes the noise of a share of n queriers the same whatever
// the share (Bartlett 1936); a column above 0 becomes its logarithm.
#pragma once

#include "analytics/learning/classifier.hpp"

namespace echotap {

/// All classes are taken to be equally frequent, whatever there are labels of. What is not known of a row says nothing.
std::unique_ptr<Classifier> make_linear_discriminant();

/// As restore_classifier().
std::unique_ptr<Classifier> restore_linear_discriminant(std::span<const std::uint8_t> image, std::size_t column_count,
                                                        std::size_t class_count);

}  // namespace echotap
