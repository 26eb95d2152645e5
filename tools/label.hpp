// SPDX-License-Identifier: Apache-2.0
// `echotap label`: lists of addresses and labels that people gave in, labels with their sources out.
#pragma once

#include "tools/learning_options.hpp"

namespace echotap {

/// Returns an ExitCode; throws std::runtime_error or std::system_error with what is wrong.
int run_label(const LabelOptions& options);

}  // namespace echotap
