// SPDX-License-Identifier: Apache-2.0
// `echotap classify`: a model and features in, what each originator does out.
#pragma once

#include "tools/learning_options.hpp"

namespace echotap {

/// Returns an ExitCode; throws std::runtime_error or std::system_error with what is wrong.
int run_classify(const ClassifyOptions& options);

}  // namespace echotap
