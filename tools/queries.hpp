// SPDX-License-Identifier: Apache-2.0
// `echotap queries`: captures or live ports go in, a row per reverse query comes out.
#pragma once

#include "tools/command_line.hpp"

namespace echotap {

/// Runs to the end of the input or of the tap. Returns an ExitCode; throws std::runtime_error where it cannot go on.
int run_queries(const QueriesOptions& options);

}  // namespace echotap
