// SPDX-License-Identifier: Apache-2.0
// `echotap features`: captures or windows go in; a row of features per originator and window comes out.
#pragma once

#include "tools/command_line.hpp"

namespace echotap {

/// Runs to the end of the input. Returns an ExitCode; throws std::runtime_error where it cannot go on.
int run_features(const FeaturesOptions& options);

}  // namespace echotap
