// SPDX-License-Identifier: Apache-2.0
// The paper's three (Fukuda, Heidemann, IMC 2015, section 3.4): CART, random forest, support vectors with a Gaussian
// kernel. The only home of OpenCV, whose module `ml` has them.
//
// Their parameters are not printed; these are what the common libraries do when nothing is said: trees grown to the
// end, 100 of them with the square root of the features at each split, C = 10 and gamma = 1 / features on features of
// mean 0 and deviation 1. What is not known is taken for the mean.
#pragma once

#include "analytics/learning/classifier.hpp"

namespace echotap {

/// Probabilities are the shares of the trees' votes.
std::unique_ptr<Classifier> make_opencv_forest();
/// All probability is on one class: OpenCV does not tell what else lay in a leaf.
std::unique_ptr<Classifier> make_opencv_cart();
/// All probability is on one class. Without chance, without importance.
std::unique_ptr<Classifier> make_opencv_svm();

/// As restore_classifier(), for `forest`, `cart` and `svm`.
std::unique_ptr<Classifier> restore_opencv(Method method, std::span<const std::uint8_t> image, std::size_t column_count,
                                           std::size_t class_count);

}  // namespace echotap
