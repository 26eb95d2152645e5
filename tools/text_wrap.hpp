// SPDX-License-Identifier: Apache-2.0
// Text for a terminal of 80 columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace echotap {

inline constexpr std::size_t terminal_columns = 79;

/// `text` broken at spaces so that no line passes `columns` when the first begins at column `indent`; every further
/// line begins with `further_indent` spaces. A word that is longer has a line of its own.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t further_indent,
                    std::size_t columns = terminal_columns);

}  // namespace echotap
