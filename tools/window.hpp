// SPDX-License-Identifier: Apache-2.0
// `echotap window`: captures or live ports go in, closed windows come out, printed and, where asked for, written to
// files.
#pragma once

#include "tools/command_line.hpp"

namespace echotap {

/// Runs to the end of the input. Returns an ExitCode; throws std::runtime_error where it cannot go on.
int run_window(const WindowOptions& options);

}  // namespace echotap
