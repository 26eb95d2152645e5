// SPDX-License-Identifier: Apache-2.0
// Tunnels over IP: GRE (RFC 1701, 2784, 2890; version 1 of PPTP, RFC 2637), ERSPAN I to III (draft-foschiano-erspan),
// and over UDP VXLAN (RFC 7348), GENEVE (RFC 8926) and TZSP.
#include <algorithm>

#include "dataplane/layers_walk.hpp"

namespace echotap {

namespace {

constexpr std::uint16_t gre_has_checksum = 0x8000;
constexpr std::uint16_t gre_has_routing = 0x4000;
constexpr std::uint16_t gre_has_key = 0x2000;
constexpr std::uint16_t gre_has_sequence = 0x1000;
constexpr std::uint16_t gre_has_acknowledgment = 0x0080;  // version 1

constexpr std::uint16_t type_transparent_ethernet = 0x6558;
constexpr std::uint16_t type_erspan = 0x88be;
constexpr std::uint16_t type_erspan_iii = 0x22eb;
constexpr std::uint16_t type_ppp = 0x880b;
constexpr std::uint16_t type_wccp = 0x883e;
constexpr std::uint16_t type_cisco_metadata = 0x8909;

/// ERSPAN II has 8 octets, III has 12 and, where its last bit says so, 8 more. The first nibble tells which.
Drop read_erspan(Walk& walk) {
    if (!walk.count()) {
        return Drop::header_too_deep;
    }
    const std::uint8_t* const header = walk.take(8);
    if (header == nullptr) {
        return Drop::link_truncated;
    }
    walk.next = Header::ethernet;
    const unsigned version = header[0] >> 4U;
    if (version == 1) {
        return Drop::none;
    }
    if (version != 2) {
        return Drop::gre_malformed;
    }
    const std::uint8_t* const tail = walk.take(4);
    if (tail == nullptr) {
        return Drop::link_truncated;
    }
    const bool has_platform_header = (tail[3] & 1U) != 0;
    if (has_platform_header && walk.take(8) == nullptr) {
        return Drop::link_truncated;
    }
    const unsigned frame_type = tail[2] >> 2U & 0x1fU;
    if (frame_type == 2) {
        walk.next = Header::ip;
    }
    return frame_type == 0 || frame_type == 2 ? Drop::none : Drop::ethertype_other;
}

Drop read_gre_payload(Walk& walk, std::uint16_t type, bool has_sequence) {
    if (type == type_transparent_ethernet) {
        walk.next = Header::ethernet;
        return Drop::none;
    }
    if (type == type_erspan && !has_sequence) {
        // ERSPAN I has no header of its own, and II always numbers its packets.
        walk.next = Header::ethernet;
        return Drop::none;
    }
    if (type == type_erspan || type == type_erspan_iii) {
        return read_erspan(walk);
    }
    if (type == type_ppp) {
        walk.next = Header::ppp;
        return Drop::none;
    }
    if (type == type_wccp) {
        // WCCP v2 puts 4 octets before the IPv4 packet, v1 none; nothing but the packet itself says which.
        const bool is_bare = !walk.rest.empty() && walk.rest[0] >> 4U == 4;
        if (!is_bare && walk.take(4) == nullptr) {
            return Drop::link_truncated;
        }
        walk.next = Header::ip;
        return Drop::none;
    }
    if (type == type_cisco_metadata) {
        // In GRE the EtherType of what follows stands before the metadata, not behind them as in Ethernet.
        const std::uint8_t* const header = walk.take(8);
        if (header == nullptr) {
            return Drop::link_truncated;
        }
        walk.follow_type(load_be16(header));
        return Drop::none;
    }
    walk.follow_type(type);
    return Drop::none;
}

/// Source routing (RFC 1701): entries of address family, offset and length, ended by an entry of zeros.
Drop skip_gre_routing(Walk& walk) {
    for (;;) {
        const std::uint8_t* const entry = walk.take(4);
        if (entry == nullptr || walk.take(entry[3]) == nullptr) {
            return Drop::link_truncated;
        }
        if (load_be16(entry) == 0 && entry[3] == 0) {
            return Drop::none;
        }
    }
}

/// PPP in PPTP's version of GRE. A packet without a sequence number is a mere acknowledgment.
Drop read_gre_pptp(Walk& walk, std::uint16_t flags, std::uint16_t type) {
    if (type != type_ppp || (flags & gre_has_key) == 0) {
        return Drop::gre_malformed;
    }
    if ((flags & gre_has_sequence) == 0) {
        return Drop::ppp_other;
    }
    const std::size_t size = (flags & gre_has_acknowledgment) != 0 ? 12 : 8;
    if (walk.take(size) == nullptr) {
        return Drop::link_truncated;
    }
    walk.next = Header::ppp;
    return Drop::none;
}

Drop read_vxlan(Walk& walk) {
    const std::uint8_t* const header = walk.take(8);
    if (header == nullptr) {
        return Drop::link_truncated;
    }
    walk.next = Header::ethernet;
    const bool has_network = (header[0] & 0x08U) != 0;
    return has_network ? Drop::none : Drop::tunnel_malformed;
}

Drop read_geneve(Walk& walk) {
    const std::uint8_t* const header = walk.take(8);
    if (header == nullptr) {
        return Drop::link_truncated;
    }
    const unsigned version = header[0] >> 6U;
    if (version != 0) {
        return Drop::tunnel_malformed;
    }
    const std::size_t options_size = (header[0] & 0x3fU) * 4;
    if (walk.take(options_size) == nullptr) {
        return Drop::link_truncated;
    }
    walk.follow_type(load_be16(header + 2));
    if (walk.type == type_transparent_ethernet) {
        walk.next = Header::ethernet;
    }
    return Drop::none;
}

/// TZSP: version 1, a type (0 received, 1 to be sent; others carry no frame), the protocol carried (1 Ethernet), then
/// tagged fields up to the end tag.
Drop read_tzsp(Walk& walk) {
    const std::uint8_t* const header = walk.take(4);
    if (header == nullptr) {
        return Drop::link_truncated;
    }
    if (header[0] != 1) {
        return Drop::tunnel_malformed;
    }
    if (header[1] > 1 || load_be16(header + 2) != 1) {
        return Drop::ethertype_other;
    }
    constexpr std::uint8_t tag_padding = 0;
    constexpr std::uint8_t tag_end = 1;
    for (;;) {
        const std::uint8_t* const tag = walk.take(1);
        if (tag == nullptr) {
            return Drop::link_truncated;
        }
        if (tag[0] == tag_end) {
            walk.next = Header::ethernet;
            return Drop::none;
        }
        if (tag[0] == tag_padding) {
            continue;
        }
        const std::uint8_t* const size = walk.take(1);
        if (size == nullptr || walk.take(size[0]) == nullptr) {
            return Drop::link_truncated;
        }
    }
}

}  // namespace

Drop read_gre(Walk& walk) {
    if (!walk.count()) {
        return Drop::header_too_deep;
    }
    const std::uint8_t* const header = walk.take(4);
    if (header == nullptr) {
        return Drop::link_truncated;
    }
    const std::uint16_t flags = load_be16(header);
    const std::uint16_t type = load_be16(header + 2);
    const unsigned version = flags & 7U;
    if (version == 1) {
        return read_gre_pptp(walk, flags, type);
    }
    if (version != 0) {
        return Drop::gre_malformed;
    }
    std::size_t size = 0;
    size += (flags & (gre_has_checksum | gre_has_routing)) != 0 ? 4U : 0U;
    size += (flags & gre_has_key) != 0 ? 4U : 0U;
    const bool has_sequence = (flags & gre_has_sequence) != 0;
    size += has_sequence ? 4U : 0U;
    if (walk.take(size) == nullptr) {
        return Drop::link_truncated;
    }
    if ((flags & gre_has_routing) != 0) {
        if (const Drop reason = skip_gre_routing(walk); reason != Drop::none) {
            return reason;
        }
    }
    return read_gre_payload(walk, type, has_sequence);
}

Drop read_udp_tunnel(Walk& walk) {
    if (!walk.count()) {
        return Drop::header_too_deep;
    }
    const std::size_t promised = walk.rest.size() + walk.packet.missing;
    const std::uint8_t* const datagram = walk.take(udp_header_size);
    if (datagram == nullptr) {
        return Drop::link_truncated;
    }
    const std::uint16_t destination = load_be16(datagram + 2);
    const std::uint16_t port = is_tunnel_port(destination) ? destination : load_be16(datagram);
    const std::size_t size = load_be16(datagram + 4);
    if (size < udp_header_size || size > promised) {
        return Drop::tunnel_malformed;
    }
    walk.rest = walk.rest.first(std::min(walk.rest.size(), size - udp_header_size));
    if (port == vxlan_port) {
        return read_vxlan(walk);
    }
    return port == geneve_port ? read_geneve(walk) : read_tzsp(walk);
}

}  // namespace echotap
