// SPDX-License-Identifier: Apache-2.0
#include "analytics/formats/json_text.hpp"

#include <fmt/format.h>

namespace echotap {

std::string quoted(std::string_view text) {
    std::string escaped = "\"";
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') {
            escaped += '\\';
            escaped += letter;
        } else if (static_cast<unsigned char>(letter) < 0x20) {
            escaped += fmt::format("\\u{:04x}", static_cast<unsigned char>(letter));
        } else {
            escaped += letter;
        }
    }
    return escaped + '"';
}

}  // namespace echotap
