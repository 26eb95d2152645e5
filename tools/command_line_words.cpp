// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line_words.hpp"

#include "tools/text_wrap.hpp"

namespace echotap {

std::string described(std::string_view text) {
    return wrapped(text, help_column, 0);
}

}  // namespace echotap
