// SPDX-License-Identifier: Apache-2.0
// Skimming: the frames that are plainly no reverse query are told apart before anything is built of them.
//
// At a root 99 of 100 frames ask about other names or answer, in plain Ethernet, IP and UDP. Building a packet, an
// envelope and a message of each costs three times what it takes to see that (docs/performance.md). A frame goes in;
// out comes where it would end, or that it has to take the line. The verdict is that of the line, which the tests and
// the fuzzer `skim` hold it to: parsing and selecting fused, for the two commonest answers.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "dataplane/datagram.hpp"
#include "dataplane/frame.hpp"
#include "dataplane/layers.hpp"
#include "dataplane/message.hpp"

namespace echotap {

/// Headers of a frame that skim() passes at most, as LayerLimits counts them: a tag and an IP header.
inline constexpr std::size_t skimmed_headers_max = 2;

enum class Skimmed : std::uint8_t {
    takes_the_line,  // nothing is known of it
    response,        // a datagram with a response that ends as Drop::response
    other_name,      // a datagram with a query that ends as Drop::name_not_reverse, whatever the authority
};

/// Looks at Ethernet with at most one 802.1Q tag, IPv4 without options or IPv6 without extensions, whole and no
/// fragment, UDP from or to one of `dns_ports`. Reads nothing outside the frame. Any thread.
inline Skimmed skim(const Frame& frame, std::span<const std::uint16_t> dns_ports) {
    constexpr std::size_t question_size_min = 5;  // root, QTYPE, QCLASS
    constexpr std::size_t datagram_size_min = udp_header_size + message_header_size + question_size_min;
    if (frame.link != LinkType::ethernet ||
        frame.captured < ethernet_header_size + vlan_tag_size + ipv4_header_size_min + datagram_size_min) {
        return Skimmed::takes_the_line;
    }
    const std::uint8_t* at = frame.octets + ethernet_header_size;
    const std::uint8_t* const captured_end = frame.octets + frame.captured;
    std::uint16_t type = load_be16(at - 2);
    if (type == ethertype_vlan) {
        type = load_be16(at + 2);
        at += vlan_tag_size;
    }
    std::size_t size = 0;  // of the datagram, as the IP header says
    std::uint8_t protocol = 0;
    if (type == ethertype_ipv4) {
        if (at[0] != 0x45 || (load_be16(at + 6) & 0x3fffU) != 0) {
            return Skimmed::takes_the_line;
        }
        protocol = at[9];
        size = load_be16(at + 2) - ipv4_header_size_min;
        at += ipv4_header_size_min;
    } else if (type == ethertype_ipv6) {
        if (at[0] >> 4U != 6) {
            return Skimmed::takes_the_line;
        }
        protocol = at[6];
        size = load_be16(at + 4);
        at += ipv6_header_size;
    } else {
        return Skimmed::takes_the_line;
    }
    // A total length under the header's own has wrapped around and is larger than any frame.
    if (protocol != static_cast<std::uint8_t>(Protocol::udp) || size < datagram_size_min || at > captured_end ||
        size > static_cast<std::size_t>(captured_end - at)) {
        return Skimmed::takes_the_line;
    }
    const std::size_t udp_size = load_be16(at + 4);
    const bool is_to_port = contains(dns_ports, load_be16(at + 2));
    if (udp_size < datagram_size_min || udp_size > size || !(is_to_port || contains(dns_ports, load_be16(at)))) {
        return Skimmed::takes_the_line;
    }
    const std::uint8_t* const end = at + udp_size;
    const std::uint8_t* const message = at + udp_header_size;
    const std::uint8_t flags = message[2];
    if (load_be16(message + 4) == 0) {
        return Skimmed::takes_the_line;
    }
    const std::uint8_t* const name = message + message_header_size;
    at = skip_labels(name, end);
    if (at >= end || *at != 0 || static_cast<std::size_t>(at - name) >= name_size_max ||
        static_cast<std::size_t>(end - at) < question_size_min) {
        return Skimmed::takes_the_line;
    }
    constexpr std::uint8_t response_bit = 0x80;
    constexpr std::uint8_t opcode_bits = 0x78;
    if ((flags & response_bit) != 0) {
        return Skimmed::response;
    }
    constexpr std::uint32_t arpa = 0x6170'7261;  // "arpa", least significant octet first
    std::uint32_t last = 0;
    std::memcpy(&last, at - 4, sizeof last);
    const bool is_query_in = (flags & opcode_bits) == 0 && load_be16(at + 3) == 1 && is_to_port;
    return is_query_in && (last | 0x2020'2020U) != arpa ? Skimmed::other_name : Skimmed::takes_the_line;
}

}  // namespace echotap
