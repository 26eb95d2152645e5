// SPDX-License-Identifier: Apache-2.0
// What the file of a window is called: the words of `-o`, and what tells the windows of one run apart.
#pragma once

#include <string>

#include "dataplane/state/open_window.hpp"
#include "tools/command_line.hpp"

namespace echotap {

/// `-o` alone where a run has one window; otherwise length, family, start and view follow. REQUIRES: an output path.
std::string window_path(const WindowOptions& options, const WindowKey& key, const WindowHeader& header);

}  // namespace echotap
