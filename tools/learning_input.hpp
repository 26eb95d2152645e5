// SPDX-License-Identifier: Apache-2.0
// Files of features and labels, as commands name them, to what models learn from.
#pragma once

#include <string>
#include <vector>

#include "analytics/learning/learning_set.hpp"

namespace echotap {

/// Rows of all files, in their order. Throws std::runtime_error with file, line and cause.
DescribedRows read_features(const std::vector<std::string>& paths);

/// The same joined with labels; says on standard error how many labels found no row.
LearningSet read_learning_set(const std::vector<std::string>& feature_paths, const std::string& label_path,
                              unsigned class_count);

}  // namespace echotap
