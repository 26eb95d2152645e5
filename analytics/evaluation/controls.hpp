// SPDX-License-Identifier: Apache-2.0
// Contestants that are there to be beaten, or to tell that something is wrong (requirements 4). They stand beside every
// table: a figure says little without them.
#pragma once

#include "analytics/evaluation/trials.hpp"

namespace echotap {

/// Always the class with the most rows to learn from, with the shares of classes as probabilities.
Contestant majority_control();

/// The nearest middle of a class, in scaled log-ratio features.
Contestant nearest_middle_control();

/// A method that learns from classes which were dealt anew to the rows. What it gets right beyond the majority is
/// leakage, or chance.
Contestant permuted_control(Method method);

/// A method that sees the originator's address and nothing else. What it gets right is what operators and networks give
/// away.
Contestant address_control(Method method);

/// A method that sees the one feature that tells most: the one with which a tree is right most often about a fifth of
/// the rows learnt from, after it learnt from the others.
Contestant best_feature_control(Method method, FeatureChoice features);

/// A method that does without a group of features: what the group is worth beside the others.
Contestant without_group_control(Method method, FeatureChoice features, FeatureGroup group);

/// A method that learnt from `more` (the same world, a hundred times the labels) as well: what can be reached. `more`
/// must outlive it; classes that it has no labels of are learnt from the others alone. Throws std::runtime_error where
/// it has a class more.
Contestant oracle_control(Method method, const LearningSet& more);

}  // namespace echotap
