// SPDX-License-Identifier: Apache-2.0
// UDP: a packet goes in, the octets of a DNS message and its ports come out (RFC 768).
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "dataplane/drop.hpp"
#include "dataplane/packet.hpp"

namespace echotap {

/// There is nearly always one port, so a plain loop beats std::find, which is unrolled for long ranges.
inline bool contains(std::span<const std::uint16_t> ports, std::uint16_t port) {
    for (const std::uint16_t candidate : ports) {
        if (candidate == port) {
            return true;
        }
    }
    return false;
}

struct Datagram {
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    Octets payload;
};

/// Reads the UDP header of `packet`. Returns Drop::none where a port is one of `dns_ports`, else the reason
/// (Stage::datagram). What the snap length cut off is missing at the end of `payload`; the question may still be whole.
inline Drop parse_datagram(const Packet& packet, std::span<const std::uint16_t> dns_ports, Datagram& datagram) {
    constexpr std::size_t header_size = 8;
    if (packet.payload.size() < header_size) {
        return Drop::datagram_truncated;
    }
    const std::uint8_t* const header = packet.payload.data();
    datagram.source_port = load_be16(header);
    datagram.destination_port = load_be16(header + 2);
    if (!contains(dns_ports, datagram.destination_port) && !contains(dns_ports, datagram.source_port)) {
        return Drop::datagram_port;
    }
    std::size_t length = load_be16(header + 4);
    if (length == 0) {
        length = packet.payload.size();  // a jumbogram (RFC 2675 section 4), or a capture before segmentation offload
    }
    if (length < header_size || length > packet.payload.size() + packet.missing) {
        return Drop::datagram_length;
    }
    datagram.payload = packet.payload.subspan(header_size, std::min(length, packet.payload.size()) - header_size);
    return Drop::none;
}

}  // namespace echotap
