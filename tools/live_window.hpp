// SPDX-License-Identifier: Apache-2.0
// `echotap window --port`: live ports go in, windows come out as they close, printed and, where asked for, written.
#pragma once

#include "tools/command_line.hpp"

namespace echotap {

/// Taps until a signal or for `seconds`. Returns an ExitCode: exit_failed also where a window could not be written,
/// which does not end the tap. Throws std::runtime_error where it cannot go on.
int run_live_windows(const WindowOptions& options);

}  // namespace echotap
