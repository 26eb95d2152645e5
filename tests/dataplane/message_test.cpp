// SPDX-License-Identifier: Apache-2.0
#include "dataplane/message.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/reference/message_reference.hpp"

namespace echotap {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// A header (ID 0x1234, QDCOUNT 1) and what follows it, on the heap at its exact size.
Bytes message_of(const std::string& after_header) {
    const std::string octets = std::string("\x12\x34\x01\0\0\x01\0\0\0\0\0\0", message_header_size) + after_header;
    return Bytes(octets.begin(), octets.end());
}

std::string text(const char* octets, std::size_t size) {
    return std::string(octets, size);
}
#define OCTETS(literal) text(literal, sizeof(literal) - 1)

Drop parse(const Bytes& octets, Message& message) {
    static NameBuffer buffer;
    return parse_message(octets, buffer, message);
}

TEST(Message, reads_header_and_first_question) {
    const Bytes octets =
        message_of(OCTETS("\x01"
                          "a\x04"
                          "arpa\0\0\x0c\0\x01 anything after the question"));
    Message message;
    ASSERT_EQ(parse(octets, message), Drop::none);
    EXPECT_EQ(message.id, 0x1234);
    EXPECT_FALSE(message.is_response());
    EXPECT_EQ(message.opcode(), 0U);
    EXPECT_EQ(message.question.type, 12);
    EXPECT_EQ(message.question.qclass, 1);
    EXPECT_EQ(message.question.name.size(), 8U);
    EXPECT_EQ(message.octets.size(), octets.size());
}

TEST(Message, without_a_question_has_none) {
    Bytes octets = message_of("");
    octets[5] = 0;
    Message message;
    ASSERT_EQ(parse(octets, message), Drop::none);
    EXPECT_EQ(message.question_count, 0);
}

TEST(Message, says_why_a_question_is_none) {
    const std::string label63 = "\x3f" + std::string(63, 'x');
    const struct {
        const char* what;
        std::string after_header;
        Drop drop;
    } rows[] = {
        {"nothing behind the header", "", Drop::question_truncated},
        {"a label that ends where the message ends",
         OCTETS("\x01"
                "a"),
         Drop::question_truncated},
        {"a label over the end",
         OCTETS("\x05"
                "ab"),
         Drop::question_truncated},
        {"no QTYPE", OCTETS("\0"), Drop::question_truncated},
        {"half a QCLASS", OCTETS("\0\0\x0c\0"), Drop::question_truncated},
        {"label type 0x40", OCTETS("\x41zzzz"), Drop::question_label},
        {"label type 0x80", OCTETS("\x81zzzz"), Drop::question_label},
        {"a pointer to itself", OCTETS("\xc0\x0c\0\x0c\0\x01"), Drop::question_pointer},
        {"a pointer into its own run of labels",
         OCTETS("\x01"
                "a\xc0\x0c\0\x0c\0\x01"),
         Drop::question_pointer},
        {"a pointer forward", OCTETS("\xc0\x12\0\x0c\0\x01\0"), Drop::question_pointer},
        {"half a pointer", OCTETS("\xc0"), Drop::question_truncated},
        {"a name of 256 octets",
         label63 + label63 + label63 + "\x3e" + std::string(62, 'x') + OCTETS("\x01y\0\0\x0c\0\x01"),
         Drop::question_name_long},
        {"a name of 255 octets", label63 + label63 + label63 + "\x3d" + std::string(61, 'x') + OCTETS("\0\0\x0c\0\x01"),
         Drop::none},
        {"the root", OCTETS("\0\0\x0c\0\x01"), Drop::none},
        {"a pointer to the zero octet that ends the header",
         OCTETS("\x01"
                "a\xc0\x0b\0\x0c\0\x01"),
         Drop::none},
    };
    for (const auto& row : rows) {
        const Bytes octets = message_of(row.after_header);
        Message message;
        EXPECT_EQ(info(parse(octets, message)).name, info(row.drop).name) << row.what;
        EXPECT_EQ(info(reference::parse_message(octets).drop).name, info(row.drop).name) << "reference: " << row.what;
    }
    Message message;
    EXPECT_EQ(parse(Bytes(11), message), Drop::message_short);
    EXPECT_EQ(parse(Bytes(), message), Drop::message_short);
}

TEST(Message, expands_a_compressed_question) {
    const Bytes octets =
        message_of(OCTETS("\x01"
                          "a\xc0\x0b\0\x0c\0\x01"));
    Message message;
    ASSERT_EQ(parse(octets, message), Drop::none);
    EXPECT_EQ(Bytes(message.question.name.begin(), message.question.name.end()), (Bytes{1, 'a', 0}));
    EXPECT_EQ(message.question.type, 12);
}

TEST(Message, agrees_with_the_reference_on_random_octets) {
    std::mt19937 random(7);
    const auto below = [&](unsigned n) { return static_cast<std::uint8_t>(random() % n); };
    for (int round = 0; round < 300000; ++round) {
        Bytes octets(random() % 80);
        for (std::uint8_t& octet : octets) {
            // Mostly short labels and their content, some pointers, some noise.
            const unsigned kind = below(8);
            octet = kind < 4 ? below(6) : kind == 4 ? std::uint8_t{0xc0} : kind == 5 ? below(255) : below(24);
        }
        octets.shrink_to_fit();
        Message message;
        const Drop drop = parse(octets, message);
        const reference::Message expected = reference::parse_message(octets);
        ASSERT_EQ(info(drop).name, info(expected.drop).name);
        if (drop == Drop::none && message.question_count > 0) {
            ASSERT_EQ(Bytes(message.question.name.begin(), message.question.name.end()), expected.wire_name());
            ASSERT_EQ(message.question.type, expected.type);
            ASSERT_EQ(message.question.qclass, expected.qclass);
        }
    }
}

}  // namespace
}  // namespace echotap
