// SPDX-License-Identifier: Apache-2.0
#include "analytics/name_encoding.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace echotap {
namespace {

TEST(NameEncoding, plain_names_are_lower_case_and_have_a_question_mark_for_odd_octets) {
    const struct {
        std::string_view name;
        std::string_view plain;
    } rows[] = {
        {"Mail-1_a.Example.COM", "mail-1_a.example.com"},
        {"a.", "a"},
        {"a..", "a."},
        {"", ""},
        {".", ""},
        {"\\.", "?"},
        {"a\\.b.c", "a?b.c"},
        {"\\065\\046\\255", "a??"},
        {"\\25", "?25"},
        {"\\256", "?256"},
        {"\\", "?"},
        {"a\\..", "a?"},
        {"\\\\.x", "?.x"},
        {"a b\t\xc3", "a?b??"},
        {"\\M", "m"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(plain_name(row.name), row.plain) << row.name;
    }
}

TEST(NameEncoding, a_name_is_too_long_by_what_its_escapes_stand_for) {
    std::string escaped;
    for (std::size_t i = 0; i < plain_name_max; ++i) {
        escaped += "\\097";
    }
    EXPECT_EQ(plain_name(escaped), std::string(plain_name_max, 'a'));
    EXPECT_EQ(plain_name(escaped + "."), std::string(plain_name_max, 'a'));
    EXPECT_EQ(plain_name(escaped + "a"), std::nullopt);
    EXPECT_EQ(plain_name(escaped + ".."), std::nullopt);
    EXPECT_EQ(plain_name(std::string(plain_name_max, 'a') + "."), std::string(plain_name_max, 'a'));
    EXPECT_EQ(plain_name(std::string(plain_name_max + 1, 'a')), std::nullopt);
}

TEST(NameEncoding, words_stand_between_spaces_and_the_public_end_is_in_upper_case) {
    const struct {
        std::string_view plain;
        std::size_t public_begin;
        std::string_view encoded;
    } rows[] = {
        {"mail-1.example.net", 15, ". mail -1. example .NET\n"},
        {"a1b.x--y.co.uk", 9, ". a 1 b . x -- y .CO.UK\n"},
        {"net", 0, ".NET\n"},
        {"", 0, ".\n"},
        {"a.", 2, ". a .\n"},
    };
    for (const auto& row : rows) {
        std::vector<char> room(2 * row.plain.size() + 2);
        const char* end = write_encoded_name(row.plain, row.public_begin, room.data());
        EXPECT_EQ(std::string_view(room.data(), static_cast<std::size_t>(end - room.data())), row.encoded);
    }
}

}  // namespace
}  // namespace echotap
