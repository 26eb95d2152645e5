// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/frame_packer.hpp"

#include <cstring>

#include "dataplane/packet.hpp"

namespace echotap {

namespace {

constexpr std::size_t udp_header_size = 8;
constexpr std::size_t tcp_header_size = 20;
constexpr std::size_t echo_header_size = 8;

void store_be16(std::uint8_t* to, std::size_t value) {
    to[0] = static_cast<std::uint8_t>(value >> 8U);
    to[1] = static_cast<std::uint8_t>(value);
}

void store_be32(std::uint8_t* to, std::uint32_t value) {
    store_be16(to, value >> 16U);
    store_be16(to + 2, value & 0xffffU);
}

// RFC 1071: the sum of the big-endian 16-bit words; an odd octet counts as if a zero followed it.
std::uint64_t sum_words(Octets octets) {
    std::uint64_t sum = 0;
    std::size_t i = 0;
    for (; i + 1 < octets.size(); i += 2) {
        sum += load_be16(octets.data() + i);
    }
    return i < octets.size() ? sum + (static_cast<std::uint64_t>(octets[i]) << 8U) : sum;
}

std::uint16_t checksum(std::uint64_t sum) {
    while (sum > 0xffffU) {
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return static_cast<std::uint16_t>(~sum);
}

std::size_t address_size(const IpAddress& address) {
    return address.is_v4() ? 4 : 16;
}

Octets address_octets(const IpAddress& address) {
    const std::size_t size = address_size(address);
    return {address.octets().data() + (16 - size), size};
}

// Frames go from the router to the server or back; the mirror sees both.
std::size_t pack_ethernet(std::uint8_t* to, bool tagged, std::uint16_t ethertype) {
    constexpr std::uint8_t stations[12]{0x02, 0, 0, 0, 0, 0x53, 0x02, 0, 0, 0, 0, 0x01};
    std::memcpy(to, stations, sizeof stations);
    std::size_t size = sizeof stations;
    if (tagged) {
        store_be16(to + size, 0x8100);
        store_be16(to + size + 2, 53);
        size += 4;
    }
    store_be16(to + size, ethertype);
    return size + 2;
}

// Everything up to the payload of IP. The identification is what the payload's place on the wire gives: 0 is allowed
// for packets that are never fragmented (RFC 6864 section 4.1), so it stays 0.
std::size_t pack_headers(std::uint8_t* to, const Ends& ends, bool tagged, Protocol protocol, std::size_t payload_size) {
    const bool v4 = ends.source.is_v4();
    std::size_t size = pack_ethernet(to, tagged, v4 ? 0x0800 : 0x86dd);
    std::uint8_t* ip = to + size;
    if (v4) {
        std::memset(ip, 0, 20);
        ip[0] = 0x45;
        store_be16(ip + 2, 20 + payload_size);
        ip[6] = 0x40;  // do not fragment
        ip[8] = 57;
        ip[9] = static_cast<std::uint8_t>(protocol);
    } else {
        std::memset(ip, 0, 40);
        ip[0] = 0x60;
        store_be16(ip + 4, payload_size);
        ip[6] = static_cast<std::uint8_t>(protocol);
        ip[7] = 57;
    }
    const std::size_t bare_size = v4 ? 12 : 8;
    const std::size_t step = address_size(ends.source);
    std::memcpy(ip + bare_size, address_octets(ends.source).data(), step);
    std::memcpy(ip + bare_size + step, address_octets(ends.destination).data(), step);
    const std::size_t ip_size = bare_size + 2 * step;
    if (v4) {
        store_be16(ip + 10, checksum(sum_words({ip, ip_size})));
    }
    return size + ip_size;
}

// RFC 9293 section 3.1 and RFC 8200 section 8.1: the sum over addresses, protocol and length.
std::uint64_t pseudo_header_sum(const Ends& ends, Protocol protocol, std::size_t size) {
    return sum_words(address_octets(ends.source)) + sum_words(address_octets(ends.destination)) +
           static_cast<std::uint64_t>(protocol) + size;
}

std::size_t pad(std::uint8_t* frame, std::size_t size) {
    if (size < frame_size_min) {
        std::memset(frame + size, 0, frame_size_min - size);
        return frame_size_min;
    }
    return size;
}

void append(std::uint8_t* to, Octets payload) {
    if (!payload.empty()) {
        std::memcpy(to, payload.data(), payload.size());
    }
}

}  // namespace

std::size_t pack_udp(std::uint8_t* to, const Ends& ends, bool tagged, Octets payload) {
    const std::size_t udp_size = udp_header_size + payload.size();
    const std::size_t start = pack_headers(to, ends, tagged, Protocol::udp, udp_size);
    std::uint8_t* udp = to + start;
    store_be16(udp, ends.source_port);
    store_be16(udp + 2, ends.destination_port);
    store_be16(udp + 4, udp_size);
    store_be16(udp + 6, 0);
    append(udp + udp_header_size, payload);
    const std::uint16_t sum = checksum(pseudo_header_sum(ends, Protocol::udp, udp_size) + sum_words({udp, udp_size}));
    store_be16(udp + 6, sum == 0 ? 0xffff : sum);  // RFC 768: zero would mean "no checksum"
    return pad(to, start + udp_size);
}

std::size_t pack_tcp(std::uint8_t* to, const Ends& ends, bool tagged, const TcpNumbers& numbers, Octets payload) {
    const std::size_t tcp_size = tcp_header_size + payload.size();
    const std::size_t start = pack_headers(to, ends, tagged, Protocol::tcp, tcp_size);
    std::uint8_t* tcp = to + start;
    std::memset(tcp, 0, tcp_header_size);
    store_be16(tcp, ends.source_port);
    store_be16(tcp + 2, ends.destination_port);
    store_be32(tcp + 4, numbers.sequence);
    store_be32(tcp + 8, numbers.acknowledged);
    tcp[12] = tcp_header_size / 4 << 4U;
    tcp[13] = numbers.flags;
    store_be16(tcp + 14, 65535);
    append(tcp + tcp_header_size, payload);
    store_be16(tcp + 16, checksum(pseudo_header_sum(ends, Protocol::tcp, tcp_size) + sum_words({tcp, tcp_size})));
    return pad(to, start + tcp_size);
}

std::size_t pack_arp(std::uint8_t* to, const Ends& ends) {
    const std::size_t start = pack_ethernet(to, false, 0x0806);
    constexpr std::uint8_t request[8]{0, 1, 0x08, 0, 6, 4, 0, 1};
    std::uint8_t* arp = to + start;
    std::memcpy(arp, request, sizeof request);
    std::memcpy(arp + 8, to + 6, 6);
    std::memcpy(arp + 14, address_octets(ends.source).data(), 4);
    std::memset(arp + 18, 0, 6);
    std::memcpy(arp + 24, address_octets(ends.destination).data(), 4);
    return pad(to, start + 28);
}

std::size_t pack_echo(std::uint8_t* to, const Ends& ends, bool tagged) {
    const bool v4 = ends.source.is_v4();
    const Protocol protocol = v4 ? Protocol::icmp : Protocol::icmpv6;
    const std::size_t start = pack_headers(to, ends, tagged, protocol, echo_header_size);
    std::uint8_t* echo = to + start;
    std::memset(echo, 0, echo_header_size);
    echo[0] = v4 ? 8 : 128;
    // Only ICMPv6 has a pseudo header (RFC 4443 section 2.3).
    const std::uint64_t pseudo = v4 ? 0 : pseudo_header_sum(ends, protocol, echo_header_size);
    store_be16(echo + 2, checksum(pseudo + sum_words({echo, echo_header_size})));
    return pad(to, start + echo_header_size);
}

}  // namespace echotap
