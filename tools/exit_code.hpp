// SPDX-License-Identifier: Apache-2.0
// What the program's exit code says. Documented in docs/operations.md.
#pragma once

namespace echotap {

enum ExitCode : int {
    exit_good = 0,
    exit_failed = 1,      // nothing or not everything could be done; the reason is on stderr
    exit_usage = 2,       // the words of the command were wrong; nothing was done
    exit_incomplete = 3,  // done, but the input was cut or damaged: everything before that was delivered
};

}  // namespace echotap
