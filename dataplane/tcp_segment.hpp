// SPDX-License-Identifier: Apache-2.0
// The TCP header: an IP packet goes in, a segment comes out (RFC 9293 section 3.1).
//
// Options are passed over and the checksum is not verified: offloading NICs leave it wrong in captures of their host.
#pragma once

#include <cstdint>

#include "dataplane/drop.hpp"
#include "dataplane/packet.hpp"

namespace echotap {

struct TcpSegment {
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    std::uint32_t sequence = 0;        // of the SYN where there is one, else of the first octet
    std::uint32_t acknowledgment = 0;  // next octet that the sender awaits; means something where `ack` is set
    bool syn = false;
    bool ack = false;
    bool fin = false;
    bool rst = false;
    Octets payload;             // lives as long as the packet's
    std::uint32_t missing = 0;  // octets of the payload that the snap length cut off behind `payload`

    /// Sequence number of the first octet of the payload: a SYN takes up a number of its own.
    std::uint32_t payload_sequence() const { return sequence + (syn ? 1U : 0U); }

    /// Octets of payload on the wire.
    std::uint64_t payload_size() const { return std::uint64_t{payload.size()} + missing; }
};

/// Reads the header of `packet.payload` into `segment`. Returns Drop::none, segment_truncated where the capture ends
/// inside the header, or segment_malformed where its length is under 20 octets or beyond the packet.
Drop parse_segment(const Packet& packet, TcpSegment& segment);

}  // namespace echotap
