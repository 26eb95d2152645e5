// SPDX-License-Identifier: Apache-2.0
// What the subcommands' words have in common: how they are described, and how their text becomes values.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "tools/rows_format.hpp"

namespace CLI {
class App;
}

namespace echotap {

inline constexpr std::size_t help_column = 22;

/// A description that fits the column beside the options; CLI11 indents what follows a line feed.
std::string described(std::string_view text);

/// Adds --format, which says how `what` (a plural) is printed. `format` must live until the words are read.
void add_rows_format(CLI::App& command, const char* what, RowsFormat& format);

/// `text` as `parse` reads it into `value`; empty text leaves it alone. What is wrong, or nothing.
template <class Value, class Parse>
std::string read_text(const char* option, const std::string& text, const char* expected, Parse&& parse, Value& value) {
    if (text.empty()) {
        return "";
    }
    const auto parsed = parse(text);
    if (!parsed) {
        return fmt::format("{} {}: not {}", option, text, expected);
    }
    value = *parsed;
    return "";
}

}  // namespace echotap
