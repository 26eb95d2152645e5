// SPDX-License-Identifier: Apache-2.0
// `echotap names`: lines `name` or `address<TAB>name` go in, the same lines and the category of each come out.
#pragma once

#include "tools/command_line.hpp"

namespace echotap {

/// Returns an ExitCode, exit_incomplete where lines were left out or the input is cut; throws std::runtime_error where
/// the input cannot be opened, the rules are wrong or the output cannot be written.
int run_names(const NamesOptions& options);

}  // namespace echotap
