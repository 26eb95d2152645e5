// SPDX-License-Identifier: Apache-2.0
// `echotap config`: a file of settings goes in; what is wrong with it, or what holds in the end, comes out.
#pragma once

#include "tools/command_line.hpp"

namespace echotap {

/// Returns an ExitCode; throws std::runtime_error with file, line, column and cure where a setting is wrong.
int run_config(const ConfigOptions& options);

}  // namespace echotap
