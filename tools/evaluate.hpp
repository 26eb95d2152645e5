// SPDX-License-Identifier: Apache-2.0
// `echotap evaluate`: features and labels in, how well classes can be told apart out, as tables and files.
#pragma once

#include "tools/learning_options.hpp"

namespace echotap {

/// Returns an ExitCode; throws std::runtime_error or std::system_error with what is wrong.
int run_evaluate(const EvaluateOptions& options);

}  // namespace echotap
