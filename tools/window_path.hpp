// SPDX-License-Identifier: Apache-2.0
// What the file of a window is called: the words of `-o`, and what tells the windows of one run apart.
#pragma once

#include <string>

#include "dataplane/state/open_window.hpp"
#include "tools/command_line.hpp"

namespace echotap {

/// `-o` alone where a run has one window; otherwise length, family, start and view follow. REQUIRES: an output path.
std::string window_path(const WindowOptions& options, const WindowKey& key, const WindowHeader& header);

/// Whether the file at `path` holds the same window of the grid, with no fewer frames: a process that was killed may
/// have written it after its last checkpoint.
bool holds_more(const std::string& path, const WindowHeader& header);

}  // namespace echotap
