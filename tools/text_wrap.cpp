// SPDX-License-Identifier: Apache-2.0
#include "tools/text_wrap.hpp"

#include <algorithm>

namespace echotap {

std::string wrapped(std::string_view text, std::size_t indent, std::size_t further_indent, std::size_t columns) {
    std::string result;
    std::size_t column = indent;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t space = std::min(text.find(' ', at), text.size());
        const std::size_t size = space - at;
        if (at > 0 && column + 1 + size > columns) {
            result += '\n';
            result.append(further_indent, ' ');
            column = further_indent;
        } else if (at > 0) {
            result += ' ';
            ++column;
        }
        result.append(text, at, size);
        column += size;
        at = space + 1;
    }
    return result;
}

}  // namespace echotap
