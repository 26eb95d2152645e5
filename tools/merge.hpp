// SPDX-License-Identifier: Apache-2.0
// `echotap merge`: windows in files go in, one window comes out, printed and, where asked for, written to a file.
#pragma once

#include "tools/command_line.hpp"

namespace echotap {

/// Returns an ExitCode; throws std::runtime_error where a file is no whole window or windows do not go together.
int run_merge(const MergeOptions& options);

}  // namespace echotap
