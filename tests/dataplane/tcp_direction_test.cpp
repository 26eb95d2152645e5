// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tcp_direction.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/dataplane/tcp_capture.hpp"

namespace echotap {
namespace {

using tcp_test::ack;
using tcp_test::Bytes;
using tcp_test::Capture;
using tcp_test::client_isn;
using tcp_test::fin;
using tcp_test::framed;
using tcp_test::Ids;
using tcp_test::operator+;
using tcp_test::part;
using tcp_test::query;
using tcp_test::response;
using tcp_test::syn;

// --- Streams that are whole ---

TEST(TcpDirections, may_carry_several_messages_in_a_segment) {
    Capture capture;
    capture.handshake();
    capture.from_client(1001, framed(query(1)) + framed(query(2)) + framed(query(3)));
    EXPECT_EQ(capture.ids(), (Ids{1, 2, 3}));
    EXPECT_EQ(capture.passed(), 1U);
    EXPECT_EQ(capture.streams().octets_held(), 0U);
    capture.finish();
}

TEST(TcpDirections, may_carry_a_message_in_segments_of_one_octet) {
    Capture capture;
    capture.handshake();
    const Bytes octets = framed(query(1)) + framed(query(2));
    for (std::size_t i = 0; i < octets.size(); ++i) {
        capture.from_client(1001 + static_cast<std::uint32_t>(i), {octets[i]});
        EXPECT_EQ(capture.out().size(), (i + 1) / 30) << i;
    }
    EXPECT_EQ(capture.ids(), (Ids{1, 2}));
    EXPECT_EQ(capture.passed(), octets.size());
    capture.finish();
}

TEST(TcpDirections, may_carry_the_longest_message) {
    Capture capture;
    capture.handshake();
    const Bytes message = response(9, 10, 65535 - 40);
    ASSERT_EQ(message.size(), 65535U);
    const Bytes octets = framed(message);
    for (std::size_t i = 0; i < octets.size(); i += 1448) {
        capture.from_server(5001 + static_cast<std::uint32_t>(i), part(octets, i, std::min(i + 1448, octets.size())));
    }
    ASSERT_EQ(capture.ids(), (Ids{9}));
    EXPECT_EQ(capture.out()[0].octets, message);
    capture.finish();
}

TEST(TcpDirections, hand_on_whatever_a_synchronised_stream_carries) {
    Capture capture;
    capture.handshake();
    const Bytes odd(12, 0x77);  // no question, opcode 14: the message stage has names for all that
    capture.from_client(1001, framed(odd) + framed(query(1)));
    EXPECT_EQ(capture.ids(), (Ids{0x7777, 1}));
    capture.finish();
}

TEST(TcpDirections, wait_for_segments_out_of_order) {
    Capture capture;
    capture.handshake();
    const Bytes octets = framed(query(1)) + framed(query(2));
    capture.from_client(1031, part(octets, 30, 60));
    capture.from_client(1010, part(octets, 9, 30));
    EXPECT_TRUE(capture.out().empty());
    const Timestamp filled = capture.now();
    capture.from_client(1001, part(octets, 0, 9));
    ASSERT_EQ(capture.ids(), (Ids{1, 2}));
    EXPECT_EQ(capture.out()[0].envelope.time, filled);
    EXPECT_EQ(capture.out()[1].envelope.time, filled) << "before that no boundary of it was known";
    EXPECT_EQ(capture.passed(), 3U);
    capture.finish();
}

TEST(TcpDirections, drop_what_was_there_before) {
    Capture capture;
    capture.handshake();
    const Bytes octets = framed(query(1)) + framed(query(2));
    capture.from_client(1001, octets);
    capture.from_client(1001, octets);
    capture.from_client(1031, part(octets, 30, 60));
    capture.from_client(1060, {0});  // a keep-alive
    EXPECT_EQ(capture.ids(), (Ids{1, 2}));
    EXPECT_EQ(capture.drops(Drop::segment_duplicate), 3U);
    capture.finish();
}

TEST(TcpDirections, believe_the_octets_seen_first_where_segments_overlap) {
    Capture capture;
    capture.handshake();
    const Bytes octets = framed(query(0x0102));
    capture.from_client(1003, part(octets, 2, 12));                                 // holds [2, 12)
    capture.from_client(1016, part(octets, 15, 20));                                // holds [15, 20)
    capture.from_client(1001, part(octets, 0, 2) + Bytes(20, 0xee) + Bytes(8, 0));  // its octets 2 to 22 come too late
    ASSERT_EQ(capture.out().size(), 1U);
    Bytes expected = query(0x0102);
    for (const std::size_t i : {12U, 13U, 14U, 20U, 21U}) {
        expected[i - 2] = 0xee;
    }
    std::fill(expected.begin() + 20, expected.end(), std::uint8_t{0});
    EXPECT_EQ(capture.out()[0].octets, expected);
    EXPECT_EQ(capture.passed(), 3U);
    capture.finish();
}

TEST(TcpDirections, wrap_around) {
    Capture capture;
    capture.from_client(0xfffffff0, {}, syn);
    const Bytes octets = framed(query(1)) + framed(query(2));
    capture.from_client(0x00000014, part(octets, 35, 60));
    capture.from_client(0xfffffff1, part(octets, 0, 10));
    capture.from_client(0xfffffffb, part(octets, 10, 35));
    EXPECT_EQ(capture.ids(), (Ids{1, 2}));
    capture.finish();
}

// --- Streams joined in the middle ---

TEST(TcpDirections, joined_late_are_read_only_where_a_message_certainly_begins) {
    const Bytes whole = framed(query(1));
    const struct {
        const char* what;
        std::vector<Bytes> segments;  // one after the other, without a gap
        Ids ids;
        std::uint64_t unsynchronised;
    } table[] = {
        {"a message", {whole}, {1}, 0},
        {"two messages", {whole + framed(query(2))}, {1, 2}, 0},
        {"a message after its length", {part(whole, 0, 2), part(whole, 2, 30)}, {1}, 0},
        {"a message octet by octet",
         {part(whole, 0, 1), part(whole, 1, 2), part(whole, 2, 15), part(whole, 15, 29), part(whole, 29, 30)},
         {1},
         0},
        {"the end of a message, then one", {part(whole, 17, 30), framed(query(2))}, {2}, 1},
        {"a message without its length, then one", {query(1), framed(query(2))}, {2}, 1},
        {"the end of a message, and one in the same segment", {part(whole, 17, 30) + framed(query(2))}, {}, 1},
        {"after one that is certain, whatever follows", {whole, framed(Bytes(12, 0x77))}, {1, 0x7777}, 0},
        {"one that is not certain", {framed(Bytes(12, 0x77)), framed(query(2))}, {2}, 1},
        {"a length that promises more than the message has", {Bytes{0, 40} + query(1), framed(query(2))}, {2}, 1},
        {"something long that turns out to be none, with messages inside",
         {Bytes{0, 80} + part(query(3), 0, 11) + Bytes{1} + part(query(3), 12, 28), framed(query(4)), framed(query(5)),
          Bytes(20, 0)},
         {4, 5},
         2},
        {"nothing but zeros", {Bytes(100, 0)}, {}, 1},
        {"a text", {Bytes(300, 'G')}, {}, 1},
    };
    for (const auto& row : table) {
        Capture capture;
        std::uint32_t sequence = 0xfffffff8;
        for (const Bytes& segment : row.segments) {
            capture.from_client(sequence, segment);
            sequence += static_cast<std::uint32_t>(segment.size());
        }
        EXPECT_EQ(capture.ids(), row.ids) << row.what;
        capture.finish();
        EXPECT_EQ(capture.ids(), row.ids) << row.what << ", at the end";
        EXPECT_EQ(capture.drops(Drop::segment_unsynchronised), row.unsynchronised) << row.what;
    }
}

TEST(TcpDirections, joined_late_wait_for_a_message_that_has_begun) {
    Capture capture;
    const Bytes octets = framed(response(7, 10, 3000));
    capture.from_server(1, part(octets, 0, 1448));
    capture.from_server(2897, part(octets, 2896, octets.size()));
    EXPECT_TRUE(capture.out().empty());
    capture.from_server(1449, part(octets, 1448, 2896));
    EXPECT_EQ(capture.ids(), (Ids{7}));
    capture.finish();
}

TEST(TcpDirections, joined_late_are_not_read_where_a_segment_begins_only_as_far_as_it_is_new) {
    Capture capture;
    const Bytes beginning = part(framed(query(1, 60)), 0, 20);
    capture.from_client(1, beginning);
    capture.from_client(11,
                        part(beginning, 10, 20) + framed(query(2)));  // a repeated end, and what looks like a message
    capture.finish();
    EXPECT_TRUE(capture.out().empty());
}

TEST(TcpDirections, lose_their_boundaries_with_a_length_that_cannot_be_one) {
    for (std::uint8_t length = 0; length < 12; ++length) {
        Capture capture;
        capture.handshake();
        capture.from_client(1001, framed(query(1)) + Bytes{0, length} + framed(query(2)));
        capture.from_client(1063, framed(query(3)));
        EXPECT_EQ(capture.ids(), (Ids{1, 3})) << int{length};
        EXPECT_EQ(capture.drops(Drop::segment_unsynchronised), 1U);
        capture.finish();
    }
}

// --- Gaps ---

TEST(TcpDirections, pass_over_a_gap_that_the_other_side_has_acknowledged) {
    Capture capture;
    capture.handshake();
    const Timestamp second = capture.now();
    capture.from_client(1031, framed(query(2)));
    capture.from_server(5001, {}, ack, 1001);
    EXPECT_TRUE(capture.out().empty()) << "that acknowledges nothing";
    capture.from_server(5001, {}, ack, 1061);
    ASSERT_EQ(capture.ids(), (Ids{2}));
    EXPECT_EQ(capture.out()[0].envelope.time, second) << "not the time of the acknowledgment";
    capture.from_server(5001, {}, ack, 1200);
    capture.from_server(5001, {}, ack, 1100);  // an old one
    capture.from_client(1200, framed(query(3)));
    EXPECT_EQ(capture.ids(), (Ids{2, 3})) << "acknowledged before it came";
    capture.finish();
}

TEST(TcpDirections, search_behind_a_gap_from_segment_to_segment) {
    Capture capture;
    capture.handshake();
    const Bytes octets = framed(query(2));
    capture.from_client(1001, part(framed(query(1)), 0, 1));  // lost with the gap: not even a length
    capture.from_client(1100, part(octets, 17, 30));          // the end of something
    capture.from_client(1113, octets + part(framed(query(3)), 0, 3));
    capture.from_client(1146, part(framed(query(3)), 3, 30));
    capture.from_server(5001, {}, ack, 1100);
    EXPECT_EQ(capture.ids(), (Ids{2, 3}));
    EXPECT_EQ(capture.drops(Drop::segment_gap), 1U);
    EXPECT_EQ(capture.drops(Drop::segment_unsynchronised), 1U);
    EXPECT_EQ(capture.passed(), 2U);
    capture.finish();
}

TEST(TcpDirections, stay_synchronised_over_a_gap_inside_one_message) {
    Capture capture;
    capture.handshake();
    const Bytes octets = framed(query(1)) + framed(Bytes(12, 0x77));
    capture.from_client(1001, part(octets, 0, 5));
    capture.from_client(1021, part(octets, 20, 44));  // begins inside the message that lost octets
    capture.from_server(5001, {}, ack, 1045);
    EXPECT_EQ(capture.ids(), (Ids{0x7777}));
    EXPECT_EQ(capture.drops(Drop::segment_gap), 1U);
    EXPECT_EQ(capture.passed(), 1U);
    capture.finish();
}

TEST(TcpDirections, count_the_rest_of_a_message_that_a_gap_spoiled) {
    Capture capture;
    capture.handshake();
    const Bytes octets = framed(response(1, 10, 260)) + framed(response(2, 10, 20));
    capture.from_server(5001, part(octets, 0, 100));
    capture.from_server(5201, part(octets, 200, 250));
    capture.from_client(1001, {}, ack, 5251);
    capture.from_server(5251, part(octets, 250, 300));
    capture.from_server(5301, part(octets, 300, octets.size()));
    EXPECT_EQ(capture.ids(), (Ids{2}));
    EXPECT_EQ(capture.drops(Drop::segment_gap), 3U);
    capture.finish();
}

TEST(TcpDirections, read_on_at_the_next_segment_where_the_snap_length_cuts_each) {
    Capture capture;
    capture.handshake();
    const Bytes first = framed(query(1)) + part(framed(query(2, 60)), 0, 10);
    capture.from_client(1001, first, 0, 0, 70);  // 80 octets of query 2 on the wire
    EXPECT_EQ(capture.ids(), (Ids{1}));
    EXPECT_EQ(capture.drops(Drop::segment_gap), 1U);
    capture.from_client(1111, framed(Bytes(12, 0x77)));
    EXPECT_EQ(capture.ids(), (Ids{1, 0x7777})) << "the length of query 2 says where the next one begins";
    capture.from_client(1125, {}, 0, 0, 50);
    capture.from_client(1175, framed(query(3)));
    EXPECT_EQ(capture.ids(), (Ids{1, 0x7777, 3}));
    EXPECT_EQ(capture.drops(Drop::segment_gap), 2U);
    capture.finish();
}

TEST(TcpDirections, give_up_gaps_when_the_stream_is_full) {
    TcpLimits limits;
    limits.stream_octets_max = 1000;
    Capture capture(limits);
    capture.handshake();
    std::uint32_t sequence = 1100;
    int id = 0;
    while (capture.out().empty() && id < 100) {
        capture.from_client(sequence, framed(query(static_cast<std::uint16_t>(++id))));
        sequence += 30;
        EXPECT_LE(capture.streams().octets_held(), 1000 + 30 + TcpDirection::piece_cost);
    }
    EXPECT_EQ(id, 7) << "seven times 30 octets and their cost are over 1000";
    EXPECT_EQ(capture.ids(), (Ids{1, 2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(capture.streams().octets_held(), 0U);
    capture.finish();
}

TEST(TcpDirections, pass_over_a_message_that_is_larger_than_a_stream_may_hold) {
    TcpLimits limits;
    limits.stream_octets_max = 1000;
    Capture capture(limits);
    capture.handshake();
    const Bytes octets = framed(response(1, 10, 1960)) + framed(response(2, 10, 20));
    for (std::size_t i = 0; i < octets.size(); i += 100) {
        capture.from_server(5001 + static_cast<std::uint32_t>(i), part(octets, i, std::min(i + 100, octets.size())));
    }
    EXPECT_EQ(capture.ids(), (Ids{2}));
    EXPECT_GT(capture.drops(Drop::segment_stream_full), 0U);
    capture.finish();
}

TEST(TcpDirections, give_up_gaps_when_they_fall_idle) {
    Capture capture;
    capture.handshake();
    capture.from_client(1031, framed(query(2)));
    capture.from_client(1061, Bytes{0, 28, 1});
    capture.wait(std::chrono::seconds(119));
    capture.expire();
    EXPECT_TRUE(capture.out().empty());
    capture.wait(std::chrono::seconds(2));
    capture.expire();
    EXPECT_EQ(capture.ids(), (Ids{2}));
    EXPECT_EQ(capture.drops(Drop::segment_expired), 1U);
    EXPECT_EQ(capture.streams().stream_count(), 0U);
    capture.finish();
}

TEST(TcpDirections, fall_idle_by_the_segments_of_others_too) {
    Capture capture;
    capture.handshake();
    capture.from_client(1031, framed(query(2)));
    capture.wait(std::chrono::seconds(122));
    capture.send(*IpAddress::parse("192.0.2.9"), 99, *IpAddress::parse("192.0.2.8"), 53, 1, 0, ack, {});
    EXPECT_EQ(capture.ids(), (Ids{2}));
    EXPECT_EQ(capture.streams().stream_count(), 0U);
    capture.finish();
}

TEST(TcpDirections, give_up_gaps_when_the_input_ends_in_the_order_in_which_they_began) {
    Capture capture;
    const IpAddress server = *IpAddress::parse("192.0.2.53");
    Ids expected;
    for (int i = 0; i < 50; ++i) {
        const auto port = static_cast<std::uint16_t>(1000 + i * 7 % 50);
        capture.send(*IpAddress::parse("192.0.2.9"), port, server, 53, 1, 0, syn, {});
        capture.send(*IpAddress::parse("192.0.2.9"), port, server, 53, 100, 0, 0, framed(query(port)));
        expected.push_back(port);
    }
    EXPECT_TRUE(capture.out().empty());
    capture.finish();
    EXPECT_EQ(capture.ids(), expected);
}

TEST(TcpDirections, of_which_one_direction_was_captured_are_read_as_well) {
    Capture capture;
    capture.from_client(client_isn, {}, syn);
    capture.from_client(1001, {}, ack, 5001);
    capture.from_client(1001, framed(query(1)), ack, 5001);
    capture.from_client(1031, framed(query(2)), ack, 5101);
    capture.from_client(1061, {}, fin | ack, 5201);
    EXPECT_EQ(capture.ids(), (Ids{1, 2}));
    capture.finish();
}

}  // namespace
}  // namespace echotap
