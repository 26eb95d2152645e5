// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tcp_segment.hpp"

namespace echotap {

Drop parse_segment(const Packet& packet, TcpSegment& segment) {
    constexpr std::size_t header_size_min = 20;
    const Octets octets = packet.payload;
    if (octets.size() < header_size_min) {
        return Drop::segment_truncated;
    }
    const std::size_t header_size = std::size_t{octets[12]} / 16 * 4;
    if (header_size < header_size_min) {
        return Drop::segment_malformed;
    }
    if (header_size > octets.size()) {
        const bool was_cut = header_size - octets.size() <= packet.missing;
        return was_cut ? Drop::segment_truncated : Drop::segment_malformed;
    }
    const std::uint8_t flags = octets[13];
    segment = {
        .source_port = load_be16(octets.data()),
        .destination_port = load_be16(octets.data() + 2),
        .sequence = load_be32(octets.data() + 4),
        .acknowledgment = load_be32(octets.data() + 8),
        .syn = (flags & 0x02U) != 0,
        .ack = (flags & 0x10U) != 0,
        .fin = (flags & 0x01U) != 0,
        .rst = (flags & 0x04U) != 0,
        .payload = octets.subspan(header_size),
        .missing = packet.missing,
    };
    return Drop::none;
}

}  // namespace echotap
