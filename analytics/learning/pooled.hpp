// SPDX-License-Identifier: Apache-2.0
// Boosted trees and a linear discriminant, whose opinions are pooled: log p = a log p(trees) + b log p(discriminant),
// up to a constant (a logarithmic opinion pool; Genest, Zidek: "Combining Probability Distributions", 1986).
//
// They err in different ways. Trees find thresholds and see no shape; the discriminant sees one shape and no threshold,
// and needs few rows. Together they are more accurate than either with 200 labels as with 700 (docs/accuracy.md). Log
// odds add up, so a reason is still the sum of what both say of a feature.
#pragma once

#include "analytics/learning/classifier.hpp"

namespace echotap {

std::unique_ptr<Classifier> make_pooled();

/// As restore_classifier().
std::unique_ptr<Classifier> restore_pooled(std::span<const std::uint8_t> image, std::size_t column_count,
                                           std::size_t class_count);

}  // namespace echotap
