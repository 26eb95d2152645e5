// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line_words.hpp"

#include "tools/text_wrap.hpp"

namespace echotap {

std::string described(std::string_view text) {
    return wrapped(text, 0, 0, terminal_columns - help_column);
}

}  // namespace echotap
