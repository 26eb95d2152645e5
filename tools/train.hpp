// SPDX-License-Identifier: Apache-2.0
// `echotap train`: features and labels in, a model in a file out.
#pragma once

#include "tools/learning_options.hpp"

namespace echotap {

/// Returns an ExitCode; throws std::runtime_error or std::system_error with what is wrong.
int run_train(const TrainOptions& options);

}  // namespace echotap
