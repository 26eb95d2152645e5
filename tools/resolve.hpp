// SPDX-License-Identifier: Apache-2.0
// `echotap resolve`: addresses go in, rows of a snapshot of their names come out on standard output.
#pragma once

#include "tools/command_line.hpp"

namespace echotap {

/// Returns an exit code. Throws std::runtime_error where nothing could be done.
int run_resolve(const ResolveOptions& options);

}  // namespace echotap
