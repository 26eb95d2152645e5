// SPDX-License-Identifier: Apache-2.0
#include "tools/text_wrap.hpp"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <utility>

#include "tools/command_line_words.hpp"

namespace echotap {
namespace {

/// Sixty words of `size` letters.
std::string words_of(std::size_t size) {
    std::string text;
    for (unsigned i = 0; i < 60; ++i) {
        text.append(i == 0 ? "" : " ").append(size, static_cast<char>('a' + i % 26));
    }
    return text;
}

TEST(TextWrap, fills_lines_up_to_the_last_column_whatever_their_indents) {
    for (const std::size_t size : {1U, 3U, 8U, 13U}) {
        for (const auto& [indent, further] : {std::pair(0U, 0U), {0U, 2U}, {6U, 11U}, {11U, 6U}, {22U, 22U}}) {
            std::istringstream lines(std::string(indent, ' ') + wrapped(words_of(size), indent, further));
            std::string again;
            for (std::string line; std::getline(lines, line);) {
                EXPECT_LE(line.size(), terminal_columns) << line;
                const std::size_t begin = again.empty() ? indent : further;
                EXPECT_EQ(line.find_first_not_of(' '), begin) << line;
                again.append(again.empty() ? "" : " ").append(line, begin);
                // Another word would not have gone into it.
                EXPECT_TRUE(line.size() + 1 + size > terminal_columns || again.size() == words_of(size).size()) << line;
            }
            EXPECT_EQ(again, words_of(size));
        }
    }
}

TEST(TextWrap, leaves_the_column_of_options_to_what_prints_descriptions) {
    std::istringstream lines(described(words_of(3)));
    std::string line;
    while (std::getline(lines, line) && !lines.eof()) {
        EXPECT_EQ(line.size(), 55U) << line;  // 14 words; another would end in column 81
    }
    EXPECT_EQ(line.find(' '), 3U);  // no line begins with a space
}

TEST(TextWrap, gives_a_word_that_is_too_long_a_line_of_its_own) {
    const std::string url(100, 'x');
    EXPECT_EQ(wrapped(fmt::format("see {} for more", url), 0, 2), fmt::format("see\n  {}\n  for more", url));
}

}  // namespace
}  // namespace echotap
