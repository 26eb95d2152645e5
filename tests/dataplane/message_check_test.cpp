// SPDX-License-Identifier: Apache-2.0
#include "dataplane/message_check.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/dataplane/tcp_packet.hpp"

namespace echotap {
namespace {

using tcp_test::append16;
using tcp_test::append32;
using tcp_test::Bytes;
using tcp_test::operator+;
using tcp_test::query;
using tcp_test::response;

Certainty check(const Bytes& message) {
    return check_message(Bytes(message), message.size());
}

Bytes with(Bytes message, std::size_t at, std::uint8_t value) {
    message.at(at) = value;
    return message;
}

Bytes with_opt(Bytes message) {
    message[11]++;
    message.push_back(0);
    append16(message, 41);
    append16(message, 1232);
    append32(message, 0);
    append16(message, 0);
    return message;
}

TEST(MessageCheck, is_certain_of_ordinary_messages_only) {
    const struct {
        const char* what;
        Bytes message;
        Certainty verdict;
    } table[] = {
        {"a query", query(7), Certainty::certain},
        {"a query with EDNS", with_opt(query(7)), Certainty::certain},
        {"a query with OPT and TSIG", with_opt(with_opt(query(7))), Certainty::certain},
        {"a query with AD, CD and Z set", with(query(7), 3, 0x70), Certainty::certain},
        {"a query of class CH", with(query(7), 27, 3), Certainty::certain},
        {"a query of class ANY", with(query(7), 27, 255), Certainty::certain},
        {"a label of 63 octets", query(7, 63), Certainty::certain},
        {"a response", response(7, 10, 100), Certainty::certain},
        {"a response without records", with(with(query(7), 2, 0x81), 3, 0x83), Certainty::certain},
        {"a response with EDNS", with_opt(response(7, 10, 100)), Certainty::certain},
        {"three additional records in a query", with_opt(with_opt(with_opt(query(7)))), Certainty::refused},
        {"NOTIFY", with(query(7), 2, 0x21), Certainty::refused},
        {"UPDATE", with(query(7), 2, 0x28), Certainty::refused},
        {"an authoritative query", with(query(7), 2, 0x04), Certainty::refused},
        {"a query with an RCODE", with(query(7), 3, 0x03), Certainty::refused},
        {"no question", with(query(7), 5, 0), Certainty::refused},
        {"two questions", with(query(7), 5, 2), Certainty::refused},
        {"a query with an answer", with(response(7, 10, 100), 2, 0x01), Certainty::refused},
        {"class 2", with(query(7), 27, 2), Certainty::refused},
        {"type 0", with(query(7), 25, 0), Certainty::refused},
        {"a compressed question", with(query(7), 12, 0xc0), Certainty::refused},
        {"a label of type 0x40", with(query(7), 12, 0x40), Certainty::refused},
        {"a label beyond the message", with(query(7), 12, 63), Certainty::refused},
        {"an octet too many", query(7) + Bytes{0}, Certainty::refused},
        {"a record that is missing", with(query(7), 11, 1), Certainty::refused},
        {"a pointer into the header", with(response(7, 10, 9), 29, 11), Certainty::refused},
        {"a pointer to itself", with(response(7, 10, 9), 29, 28), Certainty::refused},
        {"RDATA beyond the message", with(response(7, 10, 9), 39, 10), Certainty::refused},
        {"RDATA that ends early", with(response(7, 10, 9), 39, 8), Certainty::refused},
        {"nothing", {}, Certainty::refused},
        {"a header", Bytes(12, 0), Certainty::refused},
    };
    for (const auto& row : table) {
        EXPECT_EQ(check(row.message), row.verdict) << row.what;
    }
}

TEST(MessageCheck, refuses_a_name_over_255_octets) {
    const auto query_with_labels = [](const std::vector<std::size_t>& sizes) {
        const Bytes header = query(7);
        Bytes message(header.begin(), header.begin() + 12);
        for (const std::size_t size : sizes) {
            message.push_back(static_cast<std::uint8_t>(size));
            message.insert(message.end(), size, 'x');
        }
        message.push_back(0);
        append32(message, 0x000c0001);
        return message;
    };
    EXPECT_EQ(check(query_with_labels({63, 63, 63, 61})), Certainty::certain);
    EXPECT_EQ(check(query_with_labels({63, 63, 63, 62})), Certainty::refused);
}

TEST(MessageCheck, does_not_refuse_the_beginning_of_what_is_certain) {
    for (const Bytes& message : {query(7), with_opt(query(9, 63)), with_opt(response(1, 20, 300))}) {
        for (std::size_t there = 0; there < message.size(); ++there) {
            const Bytes beginning(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(there));
            ASSERT_EQ(check_message(beginning, message.size()), Certainty::unfinished) << there;
        }
    }
}

TEST(MessageCheck, stands_by_a_refusal_whatever_follows) {
    std::mt19937 random(1);
    for (int round = 0; round < 20000; ++round) {
        Bytes message = with_opt(round % 2 == 0 ? query(3, 20) : response(3, 20, 30));
        for (int change = 0; change < 2; ++change) {
            message[random() % message.size()] = static_cast<std::uint8_t>(random());
        }
        const Certainty verdict = check(message);
        const std::size_t there = random() % message.size();
        const Bytes beginning(message.begin(), message.begin() + static_cast<std::ptrdiff_t>(there));
        const Certainty early = check_message(beginning, message.size());
        ASSERT_NE(early, Certainty::certain);
        ASSERT_NE(verdict, Certainty::unfinished);
        if (early == Certainty::refused) {
            ASSERT_EQ(verdict, Certainty::refused);
        }
    }
}

}  // namespace
}  // namespace echotap
