// SPDX-License-Identifier: Apache-2.0
// IPv4 (RFC 791), IPv6 and its extension headers (RFC 8200), authentication headers (RFC 4302), IP in IP (RFC 2003,
// RFC 2473, RFC 4213).
//
// The lengths in the headers rule, as far as the octets go: what follows (Ethernet padding, a frame check sequence) is
// cut off, what is missing (snap length) is counted in Packet::missing. A length of 0 means "as captured": segmentation
// offload leaves it so in captures of the sending host, and IPv6 jumbograms have it (RFC 2675).
#include <algorithm>

#include "dataplane/layers_walk.hpp"

namespace echotap {

namespace {

/// The header that was just taken promises `size` octets of payload.
void cut_payload(Walk& walk, std::size_t size) {
    const std::size_t here = std::min(size, walk.rest.size());
    walk.packet.missing = static_cast<std::uint32_t>(size - here);
    walk.rest = walk.rest.first(here);
}

Drop read_ipv4(Walk& walk) {
    Packet& packet = walk.packet;
    if (walk.rest.size() < ipv4_header_size_min) {
        return Drop::link_truncated;
    }
    const std::size_t header_size = (walk.rest[0] & 0xfU) * 4;
    if (header_size < ipv4_header_size_min) {
        return Drop::ipv4_malformed;
    }
    const std::uint8_t* const header = walk.take(header_size);
    if (header == nullptr) {
        return Drop::link_truncated;
    }
    const std::size_t total = load_be16(header + 2);
    if (total != 0 && total < header_size) {
        return Drop::ipv4_malformed;
    }
    packet.missing = 0;
    if (total != 0) {
        cut_payload(walk, total - header_size);
    }
    const unsigned fragment = load_be16(header + 6);
    packet.source = IpAddress::from_v4(header + 12);
    packet.destination = IpAddress::from_v4(header + 16);
    packet.is_v6 = false;
    packet.protocol = static_cast<Protocol>(header[9]);
    packet.is_fragment = (fragment & 0x3fffU) != 0;
    packet.more_fragments = (fragment & 0x2000U) != 0;
    packet.fragment_offset = static_cast<std::uint16_t>((fragment & 0x1fffU) * 8);
    packet.fragment_id = packet.is_fragment ? load_be16(header + 4) : 0;
    walk.next = packet.is_fragment ? Header::none : Header::protocol;
    return Drop::none;
}

/// An extension header of an IPv6 packet, or an authentication header of either, that stands at the front of the
/// payload: `size` octets. Nothing where the payload ends before it does.
Drop take_extension(Walk& walk, std::size_t size, const std::uint8_t*& header) {
    header = walk.take(size);
    if (header != nullptr) {
        return Drop::none;
    }
    if (walk.rest.size() + walk.packet.missing >= size) {
        return Drop::link_truncated;
    }
    return walk.packet.is_v6 ? Drop::ipv6_malformed : Drop::ipv4_malformed;
}

/// A header that begins with the next header's number and its own length, which is `unit` times the second octet plus
/// `base` octets.
Drop read_extension(Walk& walk, std::size_t unit, std::size_t base) {
    if (!walk.count()) {
        return Drop::header_too_deep;
    }
    const std::uint8_t* header = nullptr;
    const std::size_t size = walk.rest.size() < 2 ? 2 : walk.rest[1] * unit + base;
    if (const Drop reason = take_extension(walk, size, header); reason != Drop::none) {
        return reason;
    }
    walk.packet.protocol = static_cast<Protocol>(header[0]);
    return Drop::none;
}

Drop read_fragment_header(Walk& walk) {
    Packet& packet = walk.packet;
    if (!walk.count()) {
        return Drop::header_too_deep;
    }
    const std::uint8_t* header = nullptr;
    if (const Drop reason = take_extension(walk, 8, header); reason != Drop::none) {
        return reason;
    }
    const unsigned fragment = load_be16(header + 2);
    packet.protocol = static_cast<Protocol>(header[0]);
    // Offset 0 and no more to come: a whole packet that needs no reassembly, whatever else bears its id (RFC 6946).
    packet.is_fragment = (fragment & 0xfff9U) != 0;
    packet.more_fragments = (fragment & 1U) != 0;
    packet.fragment_offset = static_cast<std::uint16_t>(fragment & 0xfff8U);
    packet.fragment_id = packet.is_fragment ? load_be32(header + 4) : 0;
    walk.next = packet.is_fragment ? Header::none : Header::protocol;
    return Drop::none;
}

Drop read_ipv6(Walk& walk) {
    Packet& packet = walk.packet;
    const std::uint8_t* const header = walk.take(ipv6_header_size);
    if (header == nullptr) {
        return Drop::link_truncated;
    }
    packet.source = IpAddress::from_v6(header + 8);
    packet.destination = IpAddress::from_v6(header + 24);
    packet.is_v6 = true;
    packet.protocol = static_cast<Protocol>(header[6]);
    packet.is_fragment = false;
    packet.more_fragments = false;
    packet.fragment_offset = 0;
    packet.fragment_id = 0;
    packet.missing = 0;
    if (const std::size_t size = load_be16(header + 4); size != 0) {
        cut_payload(walk, size);
    }
    walk.next = Header::protocol;
    // Hop-by-hop options stand right behind the IPv6 header or nowhere (RFC 8200 section 4.1): so they are read here,
    // and read_protocol() knows them to be out of place.
    return packet.protocol == Protocol::hop_by_hop ? read_extension(walk, 8, 8) : Drop::none;
}

bool is_tunnel(const Walk& walk) {
    if (walk.rest.size() < udp_header_size) {
        return false;
    }
    const std::uint16_t source = load_be16(walk.rest.data());
    const std::uint16_t destination = load_be16(walk.rest.data() + 2);
    if (!is_tunnel_port(source) && !is_tunnel_port(destination)) {
        return false;
    }
    // A resolver may happen to ask from such a port: then this is its question, or the answer to it.
    const auto is_dns = [&](std::uint16_t port) { return port == source || port == destination; };
    return std::none_of(walk.limits.dns_ports.begin(), walk.limits.dns_ports.end(), is_dns);
}

}  // namespace

Drop read_ip(Walk& walk) {
    if (walk.rest.empty()) {
        return Drop::link_truncated;
    }
    const unsigned version = walk.rest[0] >> 4U;
    if (version != 4 && version != 6) {
        return Drop::ip_version;
    }
    if (!walk.count()) {
        return Drop::header_too_deep;
    }
    return version == 4 ? read_ipv4(walk) : read_ipv6(walk);
}

Drop read_protocol(Walk& walk) {
    const bool is_v6 = walk.packet.is_v6;
    switch (walk.packet.protocol) {
        case Protocol::tcp:
            walk.next = Header::none;
            return Drop::none;
        case Protocol::udp:
            if (is_tunnel(walk)) {
                return read_udp_tunnel(walk);
            }
            walk.next = Header::none;
            return Drop::none;
        case Protocol::ipv4:
        case Protocol::ipv6:
            walk.next = Header::ip;
            return Drop::none;
        case Protocol::mpls:
            walk.next = Header::mpls;
            return Drop::none;
        case Protocol::gre:
            return read_gre(walk);
        case Protocol::icmp:
        case Protocol::icmpv6:
            return Drop::icmp;
        case Protocol::authentication:
            return read_extension(walk, 4, 8);
        case Protocol::hop_by_hop:
            return is_v6 ? Drop::ipv6_malformed : Drop::protocol_other;
        case Protocol::routing:
        case Protocol::destination:
        case Protocol::mobility:
        case Protocol::hip:
        case Protocol::shim6:
            return is_v6 ? read_extension(walk, 8, 8) : Drop::protocol_other;
        case Protocol::fragment:
            return is_v6 ? read_fragment_header(walk) : Drop::protocol_other;
        case Protocol::esp:
        case Protocol::no_next:
            break;
    }
    return Drop::protocol_other;
}

}  // namespace echotap
