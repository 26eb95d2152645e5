// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line_words.hpp"

#include "tools/text_wrap.hpp"

namespace echotap {

std::string described(std::string_view text) {
    return wrapped(text, help_column, 0);
}

std::string read_authorities(const std::vector<std::string>& texts, std::vector<Prefix>& authorities) {
    for (const std::string& text : texts) {
        const auto prefix = Prefix::parse(text);
        if (!prefix) {
            return fmt::format("--authority {}: not an address or ADDRESS/LENGTH with all host bits zero", text);
        }
        authorities.push_back(*prefix);
    }
    return "";
}

}  // namespace echotap
