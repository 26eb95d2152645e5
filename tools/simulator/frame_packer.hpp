// SPDX-License-Identifier: Apache-2.0
// Frames as they stand on the wire: addresses, ports and a payload go in, an Ethernet frame comes out.
//
// Ethernet II with or without one 802.1Q tag, IPv4 or IPv6 by the family of the addresses, UDP or TCP without options.
// All checksums are right and frames have the 60 octets that Ethernet asks for, so every tool can read a mix.
#pragma once

#include <cstdint>

#include "config/ip_address.hpp"
#include "dataplane/octets.hpp"

namespace echotap {

/// What the packers write at most: 18 octets of tagged Ethernet, 40 of IPv6, 20 of TCP and the payload.
inline constexpr std::size_t frame_headers_size_max = 78;
inline constexpr std::size_t frame_size_min = 60;

/// Both ends of a datagram or segment. The addresses are of one family.
struct Ends {
    IpAddress source;
    IpAddress destination;
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;

    Ends reversed() const { return {destination, source, destination_port, source_port}; }
};

struct TcpNumbers {
    std::uint32_t sequence = 0;
    std::uint32_t acknowledged = 0;
    std::uint8_t flags = 0;  // RFC 9293 section 3.1: FIN 1, SYN 2, PSH 8, ACK 16
};

// Each writes a frame at `to`, where frame_headers_size_max octets and the payload (or frame_size_min) must have room,
// and returns its size.
std::size_t pack_udp(std::uint8_t* to, const Ends& ends, bool tagged, Octets payload);
std::size_t pack_tcp(std::uint8_t* to, const Ends& ends, bool tagged, const TcpNumbers& numbers, Octets payload);

/// An ARP request of `source` for `destination`, both IPv4.
std::size_t pack_arp(std::uint8_t* to, const Ends& ends);

/// An ICMP or ICMPv6 echo request.
std::size_t pack_echo(std::uint8_t* to, const Ends& ends, bool tagged);

}  // namespace echotap
