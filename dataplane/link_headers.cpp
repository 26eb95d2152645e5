// SPDX-License-Identifier: Apache-2.0
// Headers below IP: link types, Ethernet (IEEE 802.3), VLAN tags (802.1Q, 802.1ad), LLC/SNAP (802.2, RFC 1042), MPLS
// (RFC 3032, RFC 4385, RFC 4448), PPPoE (RFC 2516) and PPP (RFC 1661).
#include "dataplane/layers_walk.hpp"

namespace echotap {

namespace {

constexpr std::uint16_t ethertype_qinq = 0x88a8;
constexpr std::uint16_t ethertype_qinq_old = 0x9100;
constexpr std::uint16_t ethertype_mpls = 0x8847;
constexpr std::uint16_t ethertype_mpls_multicast = 0x8848;
constexpr std::uint16_t ethertype_pppoe = 0x8864;
constexpr std::uint16_t ethertype_cisco_metadata = 0x8909;

constexpr bool is_vlan(std::uint16_t type) {
    return type == ethertype_vlan || type == ethertype_qinq || type == ethertype_qinq_old;
}

constexpr bool is_mpls(std::uint16_t type) {
    return type == ethertype_mpls || type == ethertype_mpls_multicast;
}

/// BSD loopback: an address family, in the byte order of the capturing host (null) or of the network (loop). A family
/// is a small number, so the order shows. IPv6 has had a number per system: Linux 10, NetBSD 24, FreeBSD 28, Darwin 30.
Drop read_address_family(Walk& walk) {
    const std::uint8_t* const header = walk.take(4);
    if (header == nullptr) {
        return Drop::link_truncated;
    }
    std::uint32_t family = load_be32(header);
    if (family > 0xffff) {
        family = __builtin_bswap32(family);
    }
    switch (family) {
        case 2:
        case 10:
        case 24:
        case 28:
        case 30:
            walk.next = Header::ip;
            return Drop::none;
        default:
            return Drop::ethertype_other;
    }
}

/// Linux cooked headers: an EtherType among fields about the interface. v1: its last two octets of 16; v2: its first
/// two of 20.
Drop read_cooked(Walk& walk, std::size_t size, std::size_t type_offset) {
    const std::uint8_t* const header = walk.take(size);
    if (header == nullptr) {
        return Drop::link_truncated;
    }
    walk.follow_type_or_length(load_be16(header + type_offset));
    return Drop::none;
}

/// ARCNET as Linux captures it: source, destination, two octets of offset, system code. RFC 1051 (0xf0) puts IP right
/// behind; RFC 1201 (0xd4 IPv4, 0xc4 IPv6) puts a split flag and two octets of sequence between, and only a packet that
/// is not split (flag 0) can be read.
Drop read_arcnet(Walk& walk) {
    const std::uint8_t* const header = walk.take(5);
    if (header == nullptr) {
        return Drop::link_truncated;
    }
    walk.next = Header::ip;
    if (header[4] == 0xf0) {
        return Drop::none;
    }
    if (header[4] != 0xd4 && header[4] != 0xc4) {
        return Drop::ethertype_other;
    }
    const std::uint8_t* const split = walk.take(3);
    if (split == nullptr) {
        return Drop::link_truncated;
    }
    return split[0] == 0 ? Drop::none : Drop::ethertype_other;
}

/// Cisco metadata (TrustSec): version, length, an option of 4 octets, then the EtherType of what follows.
Drop read_cisco_metadata(Walk& walk) {
    const std::uint8_t* const header = walk.take(8);
    if (header == nullptr) {
        return Drop::link_truncated;
    }
    walk.follow_type_or_length(load_be16(header + 6));
    return Drop::none;
}

/// Does this look like an Ethernet frame with something in it that can be read? For pseudowires, whose label does not
/// say what they carry.
bool looks_like_ethernet(Octets octets) {
    if (octets.size() <= ethernet_header_size) {
        return false;
    }
    const std::uint16_t type = load_be16(octets.data() + 12);
    const unsigned nibble = octets[ethernet_header_size] >> 4U;
    return (type == ethertype_ipv4 && nibble == 4) || (type == ethertype_ipv6 && nibble == 6) || is_vlan(type) ||
           is_mpls(type) || type == ethertype_pppoe;
}

Drop read_pppoe(Walk& walk) {
    const std::uint8_t* const header = walk.take(6);
    if (header == nullptr) {
        return Drop::link_truncated;
    }
    if (header[0] != 0x11 || header[1] != 0) {
        return Drop::ppp_other;
    }
    // The length field is not needed: the IP header has one, and offload engines have been seen to leave this one
    // wrong.
    walk.next = Header::ppp;
    return Drop::none;
}

}  // namespace

Drop read_link(LinkType link, Walk& walk) {
    switch (link) {
        case LinkType::ethernet:
            walk.next = Header::ethernet;
            return Drop::none;
        case LinkType::raw:
        case LinkType::raw_bsd:
        case LinkType::raw_openbsd:
        case LinkType::raw_v4:
        case LinkType::raw_v6:
            walk.next = Header::ip;
            return Drop::none;
        case LinkType::null:
        case LinkType::loop:
            return read_address_family(walk);
        case LinkType::linux_sll:
            return read_cooked(walk, 16, 14);
        case LinkType::linux_sll2:
            return read_cooked(walk, 20, 0);
        case LinkType::arcnet_linux:
            return read_arcnet(walk);
    }
    return Drop::link_unknown;
}

Drop read_ethernet(Walk& walk) {
    const std::uint8_t* const header = walk.take(ethernet_header_size);
    if (header == nullptr) {
        return Drop::link_truncated;
    }
    walk.follow_type_or_length(load_be16(header + 12));
    return Drop::none;
}

Drop read_ethertype(Walk& walk) {
    if (walk.type == ethertype_ipv4 || walk.type == ethertype_ipv6) {
        walk.next = Header::ip;
        return Drop::none;
    }
    if (is_mpls(walk.type)) {
        walk.next = Header::mpls;
        return Drop::none;
    }
    if (!is_vlan(walk.type) && walk.type != ethertype_pppoe && walk.type != ethertype_cisco_metadata) {
        return Drop::ethertype_other;
    }
    if (!walk.count()) {
        return Drop::header_too_deep;
    }
    if (walk.type == ethertype_pppoe) {
        return read_pppoe(walk);
    }
    if (walk.type == ethertype_cisco_metadata) {
        return read_cisco_metadata(walk);
    }
    const std::uint8_t* const tag = walk.take(vlan_tag_size);
    if (tag == nullptr) {
        return Drop::link_truncated;
    }
    walk.follow_type_or_length(load_be16(tag + 2));
    return Drop::none;
}

Drop read_llc(Walk& walk) {
    const std::uint8_t* const header = walk.take(8);
    if (header == nullptr) {
        return Drop::link_truncated;
    }
    // SNAP with the OUI of RFC 1042; any other LLC frame (spanning tree, CDP) carries no IP.
    const bool is_snap = load_be32(header) == 0xaaaa0300 && load_be16(header + 4) == 0;
    if (!is_snap) {
        return Drop::ethertype_other;
    }
    walk.follow_type(load_be16(header + 6));
    return Drop::none;
}

Drop read_mpls(Walk& walk) {
    bool is_bottom = false;
    while (!is_bottom) {
        if (!walk.count()) {
            return Drop::header_too_deep;
        }
        const std::uint8_t* const label = walk.take(4);
        if (label == nullptr) {
            return Drop::link_truncated;
        }
        is_bottom = (label[2] & 1U) != 0;
    }
    if (walk.rest.empty()) {
        return Drop::link_truncated;
    }
    // Nothing says what a label stack carries. As routers do for their hashes, the first nibble decides (RFC 4928):
    // pseudowires whose first octets look like IP must have a control word, whose first nibble is 0 (RFC 4385).
    const unsigned nibble = walk.rest[0] >> 4U;
    if (nibble == 4 || nibble == 6) {
        walk.next = Header::ip;
        return Drop::none;
    }
    walk.next = Header::ethernet;
    if (nibble == 0 && walk.rest.size() > 4 && looks_like_ethernet(walk.rest.subspan(4))) {
        walk.take(4);
        return Drop::none;
    }
    return looks_like_ethernet(walk.rest) ? Drop::none : Drop::mpls_malformed;
}

Drop read_ppp(Walk& walk) {
    // Address and control field may stand in front (RFC 1662), and the protocol field may be shortened to its lower
    // octet, which is the only odd one (RFC 1661 section 2).
    if (walk.rest.size() >= 2 && load_be16(walk.rest.data()) == 0xff03) {
        walk.take(2);
    }
    const std::uint8_t* field = walk.take(1);
    if (field == nullptr) {
        return Drop::link_truncated;
    }
    std::uint16_t protocol = field[0];
    if ((protocol & 1U) == 0) {
        field = walk.take(1);
        if (field == nullptr) {
            return Drop::link_truncated;
        }
        protocol = static_cast<std::uint16_t>(protocol << 8U | field[0]);
    }
    switch (protocol) {
        case 0x0021:
        case 0x0057:
            walk.next = Header::ip;
            return Drop::none;
        case 0x0281:
            walk.next = Header::mpls;
            return Drop::none;
        default:
            return Drop::ppp_other;
    }
}

}  // namespace echotap
