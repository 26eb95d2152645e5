// SPDX-License-Identifier: Apache-2.0
// Link, tunnel and IP headers: a frame goes in, its innermost IP packet comes out.
//
// Link types: Ethernet, Linux cooked v1 and v2, raw IP, null and loop, and ARCNET. Between the link and the innermost
// IP header: 802.1Q and QinQ, MPLS, PPPoE, GRE, ERSPAN I to III, VXLAN, GENEVE, TZSP, IP in IP, IPv6 extension headers.
// A fragment ends the walk; once reassembly has the whole packet, parse_payload() walks on.
//
// Nearly every frame on the tap of an authority is Ethernet, at most one VLAN tag, IP, UDP. parse_plain_frame() below
// is that path in one straight piece, in the header so that it is inlined into the line; everything else takes the
// general walk (layers_walk.hpp). Both give the same packet wherever the straight path gives one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/drop.hpp"
#include "dataplane/packet.hpp"

namespace echotap {

struct LayerLimits {
    /// UDP ports that are DNS even where the other port is a tunnel's.
    std::span<const std::uint16_t> dns_ports;
    /// Headers that may be stacked: VLAN tags, MPLS labels, PPPoE, GRE, ERSPAN, UDP tunnels, IP headers and IPv6
    /// extension headers count one each; Ethernet headers come with one of these, or once, and do not count.
    /// At most 255.
    std::size_t header_depth_max;
};

inline constexpr std::uint16_t ethertype_ipv4 = 0x0800;
inline constexpr std::uint16_t ethertype_ipv6 = 0x86dd;
inline constexpr std::uint16_t ethertype_vlan = 0x8100;

inline constexpr std::size_t ethernet_header_size = 14;
inline constexpr std::size_t vlan_tag_size = 4;
inline constexpr std::size_t ipv4_header_size_min = 20;
inline constexpr std::size_t ipv6_header_size = 40;
inline constexpr std::size_t udp_header_size = 8;

inline constexpr std::uint16_t vxlan_port = 4789;   // RFC 7348
inline constexpr std::uint16_t geneve_port = 6081;  // RFC 8926
inline constexpr std::uint16_t tzsp_port = 37008;   // TaZmen Sniffer Protocol

/// A UDP port under which a tunnel listens. The other port is a hash of the inner flow; some answer to where that came
/// from, so either port may be the tunnel's.
constexpr bool is_tunnel_port(std::uint16_t port) {
    return port == vxlan_port || port == geneve_port || port == tzsp_port;
}

/// The straight path: Ethernet, at most one 802.1Q tag, an IPv4 header without options or an IPv6 header without
/// extensions, whole, no fragment, UDP that is no tunnel, or TCP. Returns false for any other frame, whatever it is,
/// and then `packet` is unspecified.
inline bool parse_plain_frame(const Frame& frame, const LayerLimits& limits, Packet& packet) {
    if (frame.link != LinkType::ethernet ||
        frame.captured < ethernet_header_size + vlan_tag_size + ipv4_header_size_min + udp_header_size) {
        return false;
    }
    const std::uint8_t* header = frame.octets + ethernet_header_size;
    std::size_t left = frame.captured - ethernet_header_size;
    std::uint16_t type = load_be16(header - 2);
    std::uint8_t depth = 1;
    if (type == ethertype_vlan) {
        type = load_be16(header + 2);
        header += vlan_tag_size;
        left -= vlan_tag_size;
        depth = 2;
    }
    if (depth > limits.header_depth_max) {
        return false;
    }
    std::uint8_t protocol = 0;
    if (type == ethertype_ipv4) {
        const std::size_t total = load_be16(header + 2);
        const bool is_fragment = (load_be16(header + 6) & 0x3fffU) != 0;
        if (header[0] != 0x45 || is_fragment || total < ipv4_header_size_min + udp_header_size || total > left) {
            return false;
        }
        protocol = header[9];
        packet.payload = {header + ipv4_header_size_min, total - ipv4_header_size_min};
        packet.source = IpAddress::from_v4(header + 12);
        packet.destination = IpAddress::from_v4(header + 16);
        packet.is_v6 = false;
    } else if (type == ethertype_ipv6) {
        if (left < ipv6_header_size + udp_header_size || header[0] >> 4U != 6) {
            return false;
        }
        const std::size_t size = load_be16(header + 4);
        if (size < udp_header_size || size > left - ipv6_header_size) {
            return false;
        }
        protocol = header[6];
        packet.payload = {header + ipv6_header_size, size};
        packet.source = IpAddress::from_v6(header + 8);
        packet.destination = IpAddress::from_v6(header + 24);
        packet.is_v6 = true;
    } else {
        return false;
    }
    if (protocol == static_cast<std::uint8_t>(Protocol::udp)) {
        const std::uint8_t* const ports = packet.payload.data();
        if (is_tunnel_port(load_be16(ports)) || is_tunnel_port(load_be16(ports + 2))) {
            return false;
        }
    } else if (protocol != static_cast<std::uint8_t>(Protocol::tcp)) {
        return false;
    }
    packet.missing = 0;
    packet.protocol = static_cast<Protocol>(protocol);
    packet.is_fragment = false;
    packet.more_fragments = false;
    packet.fragment_offset = 0;
    packet.fragment_id = 0;
    packet.depth = depth;
    packet.frames = 1;
    return true;
}

/// The general walk, for any frame; what parse_frame() does where the straight path ends. Same results.
Drop walk_frame(const Frame& frame, const LayerLimits& limits, Packet& packet);

/// Walks from the link layer to the innermost IP packet with a UDP or TCP payload, or to the first fragment.
/// Returns Drop::none and fills `packet`, or the reason (Stage::frame); then `packet` is unspecified.
/// A frame that the snap length cut gives its packet, with Packet::missing set, as long as its headers up to the
/// innermost IP header are whole. Any thread; reads nothing outside the frame's octets.
inline Drop parse_frame(const Frame& frame, const LayerLimits& limits, Packet& packet) {
    if (parse_plain_frame(frame, limits, packet)) [[likely]] {
        return Drop::none;
    }
    return walk_frame(frame, limits, packet);
}

/// Walks on into the payload of a reassembled packet (is_fragment is false): IPv6 extension headers, tunnels.
/// Same results as parse_frame(); `packet` is replaced by a packet further in where there is one, but for
/// Packet::frames, and Packet::depth counts on.
Drop parse_payload(const LayerLimits& limits, Packet& packet);

}  // namespace echotap
