// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tcp_streams.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "tests/dataplane/tcp_capture.hpp"
#include "tests/reference/tcp_reference.hpp"

namespace echotap {
namespace {

using reference::ReferenceMessage;
using reference::ReferenceSegment;
using tcp_test::ack;
using tcp_test::append;
using tcp_test::Bytes;
using tcp_test::Capture;
using tcp_test::client_isn;
using tcp_test::client_port;
using tcp_test::fin;
using tcp_test::framed;
using tcp_test::Ids;
using tcp_test::operator+;
using tcp_test::Out;
using tcp_test::part;
using tcp_test::query;
using tcp_test::response;
using tcp_test::rst;
using tcp_test::server_isn;
using tcp_test::syn;

// --- How streams begin ---

TEST(TcpStreams, hand_on_queries_and_responses_with_their_envelopes) {
    Capture capture;
    capture.handshake();
    const Timestamp asked = capture.now();
    capture.from_client(1001, framed(query(1)), ack, 5001);
    capture.from_server(5001, framed(response(1, 10, 20)), ack, 1031);
    ASSERT_EQ(capture.ids(), (Ids{1, 1}));
    const Envelope& envelope = capture.out()[0].envelope;
    EXPECT_EQ(envelope.time, asked);
    EXPECT_EQ(envelope.time_digits, 9);
    EXPECT_EQ(envelope.source.to_string(), "192.0.2.1");
    EXPECT_EQ(envelope.source_port, client_port);
    EXPECT_EQ(envelope.destination.to_string(), "2001:db8::53");
    EXPECT_EQ(envelope.destination_port, 53);
    EXPECT_EQ(capture.out()[1].envelope.source_port, 53);
    EXPECT_EQ(capture.out()[0].octets, query(1));
    EXPECT_EQ(capture.out()[1].octets, response(1, 10, 20));
    EXPECT_EQ(capture.passed(), 2U);
    EXPECT_EQ(capture.drops(Drop::segment_empty), 3U);
    capture.finish();
}

TEST(TcpStreams, are_those_of_dns_ports_only) {
    Capture capture;
    const IpAddress a = *IpAddress::parse("192.0.2.1");
    const IpAddress b = *IpAddress::parse("192.0.2.2");
    capture.send(a, 1, b, 80, 1, 0, 0, framed(query(1)));
    capture.send(a, 5353, b, 80, 1, 0, 0, framed(query(2)));
    capture.send(a, 1, b, 5353, 1, 0, 0, framed(query(3)));
    EXPECT_EQ(capture.ids(), (Ids{2, 3}));
    EXPECT_EQ(capture.drops(Drop::segment_port), 1U);
    capture.finish();
}

TEST(TcpStreams, take_data_with_the_syn) {
    Capture capture;
    capture.from_client(client_isn, framed(query(1)), syn);
    capture.from_client(client_isn, framed(query(1)), syn);  // repeated
    capture.from_server(server_isn, {}, syn | ack, client_isn + 31);
    capture.from_client(1031, framed(query(2)), ack, 5001);
    EXPECT_EQ(capture.ids(), (Ids{1, 2}));
    EXPECT_EQ(capture.drops(Drop::segment_duplicate), 1U);
    capture.finish();
}

TEST(TcpStreams, take_an_answer_that_was_captured_before_its_syn) {
    Capture capture;
    capture.from_server(server_isn, {}, syn | ack, client_isn + 1);
    capture.from_client(client_isn, {}, syn);
    capture.from_server(5001 + 10, part(framed(response(1, 10, 20)), 10, 62));
    capture.from_server(5001, part(framed(response(1, 10, 20)), 0, 10));
    EXPECT_EQ(capture.ids(), (Ids{1})) << "both directions are synchronised";
    capture.finish();
}

TEST(TcpStreams, take_a_syn_that_was_captured_after_the_first_octets) {
    for (const std::size_t first : {10U, 30U}) {
        Capture capture;
        const Bytes octets = framed(query(1)) + framed(query(2));
        capture.from_client(1001, part(octets, 0, first));
        capture.from_client(client_isn, {}, syn);
        capture.from_client(1041, part(octets, 40, 60));
        capture.from_client(1001 + static_cast<std::uint32_t>(first), part(octets, first, 40));
        EXPECT_EQ(capture.ids(), (Ids{1, 2})) << first;
        EXPECT_EQ(capture.passed(), 3U);
        capture.finish();
    }
    Capture capture;
    capture.from_client(1001, Bytes{0, 12, 0x77, 0x77});  // nobody could be sure of that
    capture.from_client(client_isn, {}, syn);
    capture.from_client(1005, Bytes(10, 0x77));
    EXPECT_EQ(capture.ids(), (Ids{}));
    capture.from_client(1015, framed(query(1)));
    EXPECT_EQ(capture.ids(), (Ids{1}));
    capture.finish();
}

// --- How streams end ---

TEST(TcpStreams, are_forgotten_when_both_sides_have_said_fin) {
    Capture capture;
    capture.handshake();
    capture.from_client(1001, framed(query(1)), fin);
    capture.from_server(5001, framed(response(1, 10, 20)), ack, 1032);
    EXPECT_EQ(capture.streams().stream_count(), 1U);
    capture.from_server(5063, {}, fin | ack, 1032);
    EXPECT_EQ(capture.streams().stream_count(), 0U);
    EXPECT_EQ(capture.ids(), (Ids{1, 1}));
    capture.finish();
}

TEST(TcpStreams, wait_for_what_comes_before_a_fin) {
    Capture capture;
    capture.handshake();
    capture.from_client(1031, framed(query(2)), fin);
    capture.from_server(5001, {}, fin);
    EXPECT_TRUE(capture.out().empty());
    capture.from_client(1001, framed(query(1)));
    EXPECT_EQ(capture.ids(), (Ids{1, 2}));
    EXPECT_EQ(capture.streams().stream_count(), 0U);
    capture.finish();
}

TEST(TcpStreams, drop_a_message_that_the_fin_cuts_short) {
    Capture capture;
    capture.handshake();
    capture.from_client(1001, framed(query(1)) + Bytes{0, 28, 1, 2}, fin);
    EXPECT_EQ(capture.ids(), (Ids{1}));
    EXPECT_EQ(capture.drops(Drop::segment_incomplete), 1U);
    EXPECT_EQ(capture.streams().octets_held(), 0U);
    capture.finish();
}

TEST(TcpStreams, end_where_the_other_side_acknowledges_a_fin_behind_octets_that_were_lost) {
    for (const Bytes& before : {Bytes{}, Bytes{0, 28, 1, 2}}) {
        Capture capture;
        capture.handshake();
        capture.from_client(1001, before);
        capture.from_client(1031, {}, fin | ack, 5001);
        capture.from_server(5001, {}, fin | ack, 1001);
        EXPECT_EQ(capture.streams().stream_count(), 1U);
        capture.from_server(5002, {}, ack, 1032);
        EXPECT_EQ(capture.streams().stream_count(), 0U);
        EXPECT_EQ(capture.drops(Drop::segment_gap), before.empty() ? 0U : 1U);
        capture.finish();
    }
}

TEST(TcpStreams, do_not_believe_a_fin_among_octets) {
    Capture capture;
    capture.handshake();
    const Bytes octets = framed(query(1));
    capture.from_client(1001, part(octets, 0, 10));
    capture.from_client(1005, {}, fin);  // in what is there already
    capture.from_client(1015, {}, fin);  // in what is still to come
    capture.from_server(5001, {}, fin);
    capture.from_client(1011, part(octets, 10, 30));
    EXPECT_EQ(capture.ids(), (Ids{1}));
    EXPECT_EQ(capture.streams().stream_count(), 1U);
    capture.finish();
}

TEST(TcpStreams, end_with_a_rst_and_give_up_their_gaps) {
    Capture capture;
    capture.handshake();
    capture.from_client(1031, framed(query(2)));
    capture.from_client(1061, Bytes{0, 28, 1, 2});
    capture.from_client(1065, Bytes{'b', 'y', 'e'}, rst);
    EXPECT_EQ(capture.ids(), (Ids{2}));
    EXPECT_EQ(capture.drops(Drop::segment_incomplete), 1U);
    EXPECT_EQ(capture.streams().stream_count(), 0U);
    capture.finish();
}

TEST(TcpStreams, do_not_believe_a_rst_from_far_away) {
    Capture capture;
    capture.handshake();
    capture.from_client(1001, part(framed(query(1)), 0, 10));
    capture.from_client(1001 + (1U << 30U), {}, rst);
    capture.from_client(1011, part(framed(query(1)), 10, 30));
    EXPECT_EQ(capture.ids(), (Ids{1}));
    capture.finish();
}

TEST(TcpStreams, do_not_become_young_by_a_rst_that_is_not_believed) {
    Capture capture({.idle_timeout = std::chrono::seconds(10)});
    capture.from_client(1001, framed(query(1)));
    // One that was heard last a moment later, and stands behind the first where idle ones are looked for.
    capture.send(*IpAddress::parse("192.0.2.2"), client_port, *IpAddress::parse("2001:db8::53"), 53, 1001, 0, 0,
                 framed(query(2)));
    EXPECT_EQ(capture.streams().stream_count(), 2U);
    capture.wait(std::chrono::seconds(9));
    capture.from_client(1001 + (1U << 30U), {}, rst);
    capture.wait(std::chrono::seconds(3));
    capture.expire();
    EXPECT_EQ(capture.streams().stream_count(), 0U);
    capture.finish();
}

TEST(TcpStreams, begin_anew_when_their_ports_are_used_again) {
    Capture capture;
    capture.handshake();
    capture.from_client(1001, framed(query(1)) + Bytes{0, 28, 9});
    capture.from_server(5001, Bytes{0, 28, 9});
    capture.from_client(1500, {}, syn);  // near the old numbers, as counting hosts choose them
    EXPECT_EQ(capture.drops(Drop::segment_incomplete), 2U);
    capture.from_server(5100, {}, syn | ack, 1501);
    const Bytes octets = framed(query(2));
    capture.from_client(1511, part(octets, 10, 30));
    capture.from_client(1501, part(octets, 0, 10));
    capture.from_server(5101, framed(response(2, 10, 20)));
    EXPECT_EQ(capture.ids(), (Ids{1, 2, 2}));
    capture.finish();
}

TEST(TcpStreams, begin_anew_where_one_side_alone_was_seen_before) {
    Capture capture;
    capture.from_server(5001, part(framed(response(1, 10, 20)), 0, 30));
    capture.from_client(client_isn, {}, syn);
    EXPECT_EQ(capture.drops(Drop::segment_incomplete), 1U);
    capture.finish();
}

TEST(TcpStreams, are_joined_where_their_ports_are_used_again_and_the_syn_is_not_there) {
    Capture capture;
    capture.handshake();
    capture.from_client(1001, framed(query(1)) + Bytes{0, 28, 9});
    capture.from_client(0x80000000, framed(query(2)));
    capture.from_client(1001 + 400, framed(query(3)));  // and back: a stray segment does not keep the true ones out
    EXPECT_EQ(capture.ids(), (Ids{1, 2, 3}));
    EXPECT_EQ(capture.drops(Drop::segment_incomplete), 1U);
    capture.finish();
}

TEST(TcpStreams, keep_a_side_whose_syn_is_answered_twice) {
    Capture capture;
    capture.from_client(client_isn, {}, syn);
    capture.from_server(0x10000, {}, syn | ack, client_isn + 1);
    capture.from_client(client_isn, {}, syn);
    capture.from_server(0x20000, {}, syn | ack, client_isn + 1);  // a SYN cookie of another second
    const Bytes octets = framed(query(1));
    capture.from_client(1011, part(octets, 10, 30));
    capture.from_client(1001, part(octets, 0, 10));
    capture.from_server(0x20001, framed(Bytes(12, 1)));
    EXPECT_EQ(capture.ids(), (Ids{1, 0x0101})) << "both are synchronised";
    capture.finish();
}

// --- Bounds ---

TEST(TcpStreams, survive_a_flood_of_syns) {
    TcpLimits limits;
    limits.streams_max = 64;
    Capture capture(limits);
    capture.set_step(std::chrono::microseconds(1));
    capture.handshake();
    capture.from_client(1001, part(framed(query(1)), 0, 10));
    const IpAddress server = *IpAddress::parse("192.0.2.53");
    for (std::uint16_t port = 1; port < 10000; ++port) {
        capture.send(*IpAddress::parse("198.51.100.1"), port, server, 53, port, 0, syn, {});
        EXPECT_LE(capture.streams().stream_count(), 17U);
    }
    capture.from_client(1011, part(framed(query(1)), 10, 30));
    EXPECT_EQ(capture.ids(), (Ids{1})) << "the stream with octets is still there";
    capture.finish();
}

TEST(TcpStreams, survive_a_flood_of_octets) {
    TcpLimits limits;
    limits.streams_max = 100;
    limits.octets_max = 5000;
    Capture capture(limits);
    capture.set_step(std::chrono::microseconds(1));
    std::mt19937 random(1);
    const IpAddress server = *IpAddress::parse("192.0.2.53");
    for (int i = 0; i < 20000; ++i) {
        capture.send(*IpAddress::parse("198.51.100.1"), static_cast<std::uint16_t>(random()), server, 53,
                     static_cast<std::uint32_t>(random()), 0, 0, part(framed(query(1)), 0, 1 + random() % 29));
    }
    EXPECT_GT(capture.drops(Drop::segment_evicted), 0U);
    capture.finish();
}

TEST(TcpStreams, that_were_idle_for_longest_give_way) {
    TcpLimits limits;
    limits.streams_max = 3;
    Capture capture(limits);
    const IpAddress a = *IpAddress::parse("192.0.2.1");
    const IpAddress b = *IpAddress::parse("192.0.2.2");
    const Bytes octets = framed(query(1));
    for (std::uint16_t port = 1; port <= 3; ++port) {
        capture.send(a, port, b, 53, 1, 0, 0, part(octets, 0, 10));
    }
    capture.send(a, 1, b, 53, 11, 0, 0, part(octets, 10, 20));
    capture.send(a, 4, b, 53, 1, 0, 0, part(octets, 0, 10));  // 2 goes
    EXPECT_EQ(capture.drops(Drop::segment_evicted), 1U);
    capture.send(a, 2, b, 53, 11, 0, 0, part(octets, 10, 30));  // 3 goes
    capture.send(a, 1, b, 53, 21, 0, 0, part(octets, 20, 30));
    EXPECT_EQ(capture.ids(), (Ids{1}));
    capture.finish();
}

TEST(TcpStreams, give_way_whether_they_hold_octets_or_not) {
    for (const bool holding_is_older : {false, true}) {
        TcpLimits limits;
        limits.streams_max = 2;
        Capture capture(limits);
        const IpAddress a = *IpAddress::parse("192.0.2.1");
        const IpAddress b = *IpAddress::parse("192.0.2.2");
        const Bytes octets = framed(query(1));
        capture.send(a, 1, b, 53, 1, 0, 0, holding_is_older ? part(octets, 0, 10) : octets);
        capture.send(a, 2, b, 53, 1, 0, 0, holding_is_older ? octets : part(octets, 0, 10));
        capture.send(a, 3, b, 53, 1, 0, 0, octets);
        EXPECT_EQ(capture.drops(Drop::segment_evicted), holding_is_older ? 1U : 0U);
        capture.finish();
    }
}

// --- Against the reference ---

/// Random messages as one run of octets.
Bytes random_stream(std::mt19937& random, std::size_t messages) {
    Bytes octets;
    for (std::size_t i = 0; i < messages; ++i) {
        const std::size_t size = random() % 40 == 0 ? 12 + random() % 65524 : 12 + random() % 200;
        Bytes message(size);
        for (auto& octet : message) {
            octet = static_cast<std::uint8_t>(random());
        }
        append(octets, framed(message));
    }
    return octets;
}

/// The octets cut, overlapped, repeated and put out of order. With `conflicts`, what is repeated differs.
std::vector<ReferenceSegment> random_segments(std::mt19937& random, const Bytes& octets, bool conflicts) {
    std::vector<ReferenceSegment> segments;
    const std::size_t size_max = 1 + random() % 3000;
    for (std::size_t at = 0; at < octets.size();) {
        const std::size_t size = std::min(octets.size() - at, 1 + random() % size_max);
        const std::size_t before = random() % 4 == 0 ? std::min<std::size_t>(at, random() % 50) : 0;
        const std::size_t after =
            random() % 4 == 0 ? std::min(octets.size() - at - size, random() % std::size_t{50}) : 0;
        for (unsigned copies = random() % 8 == 0 ? 2 : 1; copies > 0; --copies) {
            ReferenceSegment segment{at - before, part(octets, at - before, at + size + after)};
            if (conflicts && random() % 3 == 0) {
                segment.octets[random() % segment.octets.size()] = static_cast<std::uint8_t>(random());
            }
            segments.push_back(segment);
        }
        at += size;
    }
    const std::size_t reach = random() % 3 == 0 ? 0 : 1 + random() % 20;
    for (std::size_t i = 0; i < segments.size() && reach > 0; ++i) {
        std::swap(segments[i], segments[std::min(segments.size() - 1, i + random() % reach)]);
    }
    return segments;
}

/// How far the segments so far reach without a gap.
std::uint64_t without_gap(std::span<const ReferenceSegment> segments) {
    std::uint64_t reach = 0;
    for (bool grows = true; grows;) {
        grows = false;
        for (const ReferenceSegment& segment : segments) {
            if (segment.position <= reach && segment.position + segment.octets.size() > reach) {
                reach = segment.position + segment.octets.size();
                grows = true;
            }
        }
    }
    return reach;
}

TEST(TcpStreams, agree_with_the_reference_on_random_streams) {
    for (unsigned seed = 1; seed <= 300; ++seed) {
        std::mt19937 random(seed);
        const bool conflicts = seed % 3 == 0;
        struct Side {
            std::uint32_t isn = 0;
            std::vector<ReferenceSegment> segments;
            std::vector<std::size_t> sent_as;  // index of the segment in the capture
            std::size_t sent = 0;
            std::vector<ReferenceMessage> got;
        };
        std::array<Side, 2> sides;
        for (Side& side : sides) {
            side.isn =
                seed % 2 == 0 ? static_cast<std::uint32_t>(random()) : 0U - static_cast<std::uint32_t>(random() % 5000);
            side.segments = random_segments(random, random_stream(random, 1 + random() % 20), conflicts);
        }
        TcpLimits limits;
        limits.stream_octets_max = 16U << 20U;
        Capture capture(limits);
        capture.from_client(sides[0].isn, {}, syn);
        capture.from_server(sides[1].isn, {}, syn | ack, sides[0].isn + 1);
        std::size_t captured = 2;
        std::vector<Timestamp> times{capture.now(), capture.now()};
        while (sides[0].sent < sides[0].segments.size() || sides[1].sent < sides[1].segments.size()) {
            const std::size_t from = random() % 2;
            Side& side = sides[from];
            const Side& other = sides[1 - from];
            if (side.sent == side.segments.size()) {
                continue;
            }
            const ReferenceSegment& segment = side.segments[side.sent++];
            const auto sequence = static_cast<std::uint32_t>(side.isn + 1 + segment.position);
            const auto reach = without_gap(std::span(other.segments).first(other.sent));
            const auto acks = static_cast<std::uint32_t>(other.isn + 1 + reach);
            times.push_back(capture.now());
            side.sent_as.push_back(captured++);
            from == 0 ? capture.from_client(sequence, segment.octets, ack, acks)
                      : capture.from_server(sequence, segment.octets, ack, acks);
        }
        std::array<std::size_t, 2> count{};
        for (const Out& message : capture.out()) {
            Side& side = sides[message.envelope.source_port == client_port ? 0 : 1];
            ++count[message.envelope.source_port == client_port ? 0 : 1];
            ASSERT_EQ(message.envelope.time, times[message.with_segment]) << seed;
            side.got.push_back({message.octets, message.with_segment});
        }
        for (const Side& side : sides) {
            reference::ReferenceStream expected = reference::read_stream(side.segments);
            for (ReferenceMessage& message : expected.messages) {
                message.completed_by = side.sent_as[message.completed_by];
            }
            // Behind a length that cannot be one the reference stops, while a stream searches on.
            ASSERT_GE(side.got.size(), expected.messages.size()) << seed;
            ASSERT_TRUE(expected.framing_is_wrong || side.got.size() == expected.messages.size()) << seed;
            ASSERT_TRUE(std::equal(expected.messages.begin(), expected.messages.end(), side.got.begin())) << seed;
            ASSERT_TRUE(conflicts || !expected.framing_is_wrong);
        }
        if (!conflicts) {
            EXPECT_EQ(capture.streams().octets_held(), 0U);
            EXPECT_EQ(capture.passed() + capture.drops(Drop::segment_duplicate), captured - 2);
        }
        capture.finish();
    }
}

TEST(TcpStreams, keep_their_books_whatever_comes) {
    for (unsigned seed = 1; seed <= 200; ++seed) {
        std::mt19937 random(seed);
        TcpLimits limits;
        limits.streams_max = 1 + random() % 6;
        limits.stream_octets_max = 200 + random() % 2000;
        limits.octets_max = 200 + random() % 4000;
        Capture capture(limits);
        const Bytes octets = random_stream(random, 5) + framed(query(1)) + framed(response(1, 20, 50));
        for (int i = 0; i < 500; ++i) {
            const std::size_t from = random() % octets.size();
            const std::size_t to = std::min(octets.size(), from + random() % 100);
            const auto flags = static_cast<std::uint8_t>(random() % 8 == 0 ? random() % 32 : random() % 2 * ack);
            const auto port = static_cast<std::uint16_t>(1 + random() % 5);
            const IpAddress a = *IpAddress::parse("192.0.2.1");
            const auto sequence = static_cast<std::uint32_t>(random() % 50 == 0 ? random() : from - 500);
            const auto missing = static_cast<std::uint32_t>(random() % 10 == 0 ? random() % 100 : 0);
            const Bytes payload = random() % 4 == 0 ? Bytes{} : part(octets, from, to);
            const auto acks = static_cast<std::uint32_t>(random() % octets.size());
            random() % 2 == 0 ? capture.send(a, port, a, 53, sequence, acks, flags, payload, missing)
                              : capture.send(a, 53, a, port, sequence, acks, flags, payload, missing);
            if (random() % 100 == 0) {
                capture.wait(std::chrono::seconds(random() % 200));
            }
        }
        capture.finish();
    }
}

}  // namespace
}  // namespace echotap
