// SPDX-License-Identifier: Apache-2.0
// Boosted decision trees (Chen, Guestrin: "XGBoost: A Scalable Tree Boosting System", KDD 2016). The only home of
// XGBoost, through its C interface.
#pragma once

#include "analytics/learning/classifier.hpp"

namespace echotap {

/// What the trees of one model are made with. Written into model files as parameters, so a name is never reused.
struct BoostingSettings {
    unsigned rounds = 60;  // a tree per class in each; more cost time in classifying, see docs/models.md
    unsigned depth = 4;
    double rate = 0.12;         // what each tree may correct
    double row_share = 0.8;     // rows that a round sees, by chance
    double column_share = 0.4;  // features that a split may choose from, by chance
    /// Rows of a class weigh (rows / classes / rows of the class) to this power.
    double balance = 1;
    /// What a leaf must weigh: rows times p (1 - p), at most a quarter of a row each. XGBoost's own 1 would keep
    /// classes of six rows from ever being told apart.
    double leaf_weight_min = 0.2;
};

std::unique_ptr<Classifier> make_xgboost_trees(const BoostingSettings& settings = {});

/// As restore_classifier().
std::unique_ptr<Classifier> restore_xgboost_trees(std::span<const std::uint8_t> image, std::size_t column_count,
                                                  std::size_t class_count);

}  // namespace echotap
