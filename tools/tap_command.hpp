// SPDX-License-Identifier: Apache-2.0
// `echotap tap` and `echotap ctl`: a tap that runs by a file of settings, and words to it while it runs.
#pragma once

#include "tools/command_line.hpp"

namespace echotap {

/// Runs until it is asked to stop. Returns an ExitCode; throws std::runtime_error where it cannot start.
int run_tap(const TapOptions& options);

/// Says one thing to a running tap and prints what it answers. Returns an ExitCode; throws std::runtime_error where no
/// tap listens.
int run_ctl(const CtlOptions& options);

}  // namespace echotap
