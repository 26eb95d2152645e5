// SPDX-License-Identifier: Apache-2.0
// Text that a person named: a path, or - for standard input; and text for files.
#pragma once

#include <string>

namespace echotap {

/// All of it. Throws std::system_error that names the path.
std::string read_text_file(const std::string& path);

/// Puts `text` in the place of what the file holds, at once or not at all. Throws as WholeFile does.
void write_text_file(const std::string& path, const std::string& text);

/// What errors call it: the path, or "standard input".
std::string text_file_name(const std::string& path);

}  // namespace echotap
