// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tcp_segment.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/dataplane/tcp_packet.hpp"

namespace echotap {
namespace {

using tcp_test::Bytes;
using tcp_test::tcp_packet;

TEST(TcpSegment, has_the_fields_of_its_header) {
    const Bytes payload{1, 2, 3};
    const Bytes octets = tcp_packet(4321, 53, 0xfffffffe, 77, tcp_test::syn | tcp_test::ack | tcp_test::fin, payload);
    Packet packet;
    packet.payload = octets;
    packet.missing = 5;
    TcpSegment segment;
    ASSERT_EQ(parse_segment(packet, segment), Drop::none);
    EXPECT_EQ(segment.source_port, 4321);
    EXPECT_EQ(segment.destination_port, 53);
    EXPECT_EQ(segment.sequence, 0xfffffffeU);
    EXPECT_EQ(segment.payload_sequence(), 0xffffffffU) << "a SYN takes up a number";
    EXPECT_EQ(segment.acknowledgment, 77U);
    EXPECT_TRUE(segment.syn && segment.ack && segment.fin && !segment.rst);
    EXPECT_TRUE(std::equal(payload.begin(), payload.end(), segment.payload.begin(), segment.payload.end()));
    EXPECT_EQ(segment.payload_size(), 8U);
}

TEST(TcpSegment, says_what_is_wrong_with_a_header) {
    const struct {
        const char* what;
        std::size_t size;
        std::uint8_t offset;
        std::uint32_t missing;
        Drop drop;
    } table[] = {
        {"no octets", 0, 0x50, 0, Drop::segment_truncated},
        {"19 octets", 19, 0x50, 0, Drop::segment_truncated},
        {"20 octets", 20, 0x50, 0, Drop::none},
        {"a header of 16 octets", 40, 0x40, 0, Drop::segment_malformed},
        {"a header of 0 octets", 40, 0x00, 0, Drop::segment_malformed},
        {"options to the end", 60, 0xf0, 0, Drop::none},
        {"options beyond the packet", 59, 0xf0, 0, Drop::segment_malformed},
        {"options that the snap length cut", 59, 0xf0, 1, Drop::segment_truncated},
        {"options beyond the packet and the snap length", 58, 0xf0, 1, Drop::segment_malformed},
    };
    for (const auto& row : table) {
        Bytes octets = tcp_packet(1, 53, 2, 3, 0, Bytes(40));
        octets[12] = row.offset;
        const Bytes exact(octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(row.size));
        Packet packet;
        packet.payload = exact;
        packet.missing = row.missing;
        TcpSegment segment;
        EXPECT_EQ(parse_segment(packet, segment), row.drop) << row.what;
    }
}

}  // namespace
}  // namespace echotap
