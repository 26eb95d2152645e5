// SPDX-License-Identifier: Apache-2.0
// `echotap show` and `echotap report`: what a store holds of an originator, and of all of them over time.
#pragma once

#include "tools/command_line.hpp"

namespace echotap {

/// Both return an ExitCode, exit_failed where the store has no row of the originator; they throw std::runtime_error
/// with a message for people when they cannot go on.
int run_show(const ShowOptions& options);
int run_report(const ReportOptions& options);

}  // namespace echotap
