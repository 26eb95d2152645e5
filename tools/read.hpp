// SPDX-License-Identifier: Apache-2.0
// `echotap read`: captures or windows go in; what each originator does comes out, and is stored where asked.
#pragma once

#include "tools/command_line.hpp"

namespace echotap {

/// Returns an ExitCode; throws std::runtime_error with a message for people when it cannot go on.
int run_read(const ReadOptions& options);

}  // namespace echotap
