// SPDX-License-Identifier: Apache-2.0
// The general walk through the headers of a frame, one header at a time (used by the layer rooms only).
//
// A Walk knows which header stands at the front of the octets that are left. Each read_...() below takes that one
// header off and says which comes next, or returns the reason why the frame is dropped. Every cycle of headers holds
// one that is counted, and every header takes octets off, so the walk ends.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/drop.hpp"
#include "dataplane/layers.hpp"
#include "dataplane/packet.hpp"

namespace echotap {

/// What stands at the front of Walk::rest.
enum class Header : std::uint8_t {
    ethernet,   // destination, source, type
    ethertype,  // what Walk::type says
    llc,        // 802.2 LLC
    mpls,       // a label stack
    ppp,        // a PPP protocol field
    ip,         // an IP header; its first nibble says which
    protocol,   // what Packet::protocol says
    none,       // the walk is over: the rest is the payload
};

struct Walk {
    const LayerLimits& limits;
    Packet& packet;
    Octets rest;
    Header next = Header::none;
    std::uint16_t type = 0;

    /// Counts one header; false where that is one too many.
    bool count() {
        if (packet.depth >= limits.header_depth_max || packet.depth == UINT8_MAX) {
            return false;
        }
        ++packet.depth;
        return true;
    }

    /// Takes `size` octets off the front; nullptr where there are not as many.
    const std::uint8_t* take(std::size_t size) {
        if (rest.size() < size) {
            return nullptr;
        }
        const std::uint8_t* const front = rest.data();
        rest = rest.subspan(size);
        return front;
    }

    /// A type field as Ethernet, VLAN tags and cooked headers carry it: under 1536 it is the length of an LLC frame
    /// (IEEE 802.3 clause 3.2.6), or Linux's own number for one.
    void follow_type_or_length(std::uint16_t value) {
        next = value < 0x0600 ? Header::llc : Header::ethertype;
        type = value;
    }

    /// A type field where only an EtherType may stand.
    void follow_type(std::uint16_t value) {
        next = Header::ethertype;
        type = value;
    }
};

// link_headers.cpp

/// The header of the link type; then `walk` stands where the packet begins.
Drop read_link(LinkType link, Walk& walk);
Drop read_ethernet(Walk& walk);
Drop read_ethertype(Walk& walk);
Drop read_llc(Walk& walk);
Drop read_mpls(Walk& walk);
Drop read_ppp(Walk& walk);

// ip_headers.cpp

Drop read_ip(Walk& walk);

/// Extension headers, tunnels over IP, or the end of the walk. Packet::protocol says which.
Drop read_protocol(Walk& walk);

// tunnel_headers.cpp

Drop read_gre(Walk& walk);

/// A UDP datagram with a tunnel's port (is_tunnel_port()); where both are, the destination port says which.
Drop read_udp_tunnel(Walk& walk);

}  // namespace echotap
