// SPDX-License-Identifier: Apache-2.0
#include "analytics/names/name_encoding.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace echotap {
namespace {

/// The plain text of a name that lies on the heap at its exact size; nothing where it is too long.
std::optional<std::string> plain_name(std::string_view text) {
    const std::vector<char> name(text.begin(), text.end());
    PlainName plain;
    read_plain_name({name.data(), name.size()}, plain);
    return plain.is_too_long ? std::nullopt : std::optional(std::string(plain.text()));
}

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
        std::string_view name;
        std::size_t public_begin;
        std::string_view encoded;
    } rows[] = {
        {"mail-1.example.net", 15, " mail   example NET\n"},
        {"a1b.x--y.co.uk", 9, " a b x  y CO UK\n"},
        {"x.1-a.net", 2, " x 1-A NET\n"},
        {"net", 0, " NET\n"},
        {"", 0, " \n"},
        {"a..", 2, " a \n"},
    };
    for (const auto& row : rows) {
        PlainName plain;
        read_plain_name(row.name, plain);
        std::vector<char> room(encoded_name_room);
        const char* end = write_encoded_name(plain, row.public_begin, room.data());
        EXPECT_EQ(std::string_view(room.data(), static_cast<std::size_t>(end - room.data())), row.encoded);
    }
}

TEST(NameEncoding, every_octet_has_a_plain_form_at_every_place) {
    for (unsigned octet = 0; octet < 256; ++octet) {
        const char raw = static_cast<char>(octet);
        const bool is_plain =
            (raw >= 'a' && raw <= 'z') || (raw >= '0' && raw <= '9') || raw == '-' || raw == '_' || raw == '.';
        const char expected = raw >= 'A' && raw <= 'Z' ? static_cast<char>(raw + 32) : is_plain ? raw : '?';
        for (const std::size_t size : {1U, 15U, 16U, 17U, 255U}) {
            std::string name(size, 'x');
            name[size / 2] = raw;
            std::string plain(size, 'x');
            plain[size / 2] = expected;
            if (raw != '\\' && (size > 1 || raw != '.')) {
                EXPECT_EQ(plain_name(name), plain) << octet << " in " << size;
            }
        }
    }
}

}  // namespace
}  // namespace echotap
