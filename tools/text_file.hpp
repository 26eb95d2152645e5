// SPDX-License-Identifier: Apache-2.0
// Text that a person named: a path, or - for standard input.
#pragma once

#include <string>

namespace echotap {

/// All of it. Throws std::system_error that names the path.
std::string read_text_file(const std::string& path);

/// What errors call it: the path, or "standard input".
std::string text_file_name(const std::string& path);

}  // namespace echotap
