// SPDX-License-Identifier: Apache-2.0
// The innermost IP packet of a frame: what the layers yield and what UDP, TCP and reassembly take.
#pragma once

#include <cstdint>

#include "config/ip_address.hpp"
#include "dataplane/frame.hpp"

namespace echotap {

/// IP protocol numbers that the line treats by name.
enum class Protocol : std::uint8_t {
    hop_by_hop = 0,
    icmp = 1,
    ipv4 = 4,
    tcp = 6,
    udp = 17,
    ipv6 = 41,
    routing = 43,
    fragment = 44,
    gre = 47,
    esp = 50,
    authentication = 51,
    icmpv6 = 58,
    no_next = 59,
    destination = 60,
    mobility = 135,
    mpls = 137,
    hip = 139,
    shim6 = 140,
};

struct Packet {
    IpAddress source;
    IpAddress destination;
    /// What the IP header (and, for a whole packet, its extension headers) carries. Ethernet padding is cut off by the
    /// length in the IP header. Lives as long as the frame, or as the reassembly buffer that it came out of.
    Octets payload;
    /// Octets that the IP header promises beyond `payload` (cut by the snap length); 0 for a whole capture.
    std::uint32_t missing = 0;
    Protocol protocol = Protocol::no_next;
    /// The addresses came out of an IPv6 header. They alone do not say so: anybody can write ::ffff:192.0.2.1 into one.
    bool is_v6 = false;
    /// A fragment: `payload` is a part of a packet's payload and nothing in it may be read yet.
    bool is_fragment = false;
    bool more_fragments = false;
    std::uint16_t fragment_offset = 0;  // in octets
    std::uint32_t fragment_id = 0;
    /// Headers passed so far, against LineConfig::header_depth_max; survives reassembly.
    std::uint8_t depth = 0;
    /// Frames that this packet was put together from: 1, or the number of its fragments.
    std::uint32_t frames = 1;
};

}  // namespace echotap
