// SPDX-License-Identifier: Apache-2.0
// TCP packets for tests: what a test says about a segment goes in, octets on the heap at their exact size come out.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "dataplane/octets.hpp"

namespace echotap::tcp_test {

using Bytes = std::vector<std::uint8_t>;

inline constexpr std::uint8_t fin = 0x01;
inline constexpr std::uint8_t syn = 0x02;
inline constexpr std::uint8_t rst = 0x04;
inline constexpr std::uint8_t ack = 0x10;

inline void append16(Bytes& to, std::size_t value) {
    to.push_back(static_cast<std::uint8_t>(value >> 8U));
    to.push_back(static_cast<std::uint8_t>(value));
}

inline void append32(Bytes& to, std::uint32_t value) {
    append16(to, value >> 16U);
    append16(to, value & 0xffffU);
}

inline void append(Bytes& to, Octets octets) {
    to.insert(to.end(), octets.begin(), octets.end());
}

inline Bytes tcp_packet(std::uint16_t source_port, std::uint16_t destination_port, std::uint32_t sequence,
                        std::uint32_t acknowledgment, std::uint8_t flags, Octets payload) {
    Bytes packet;
    packet.reserve(20 + payload.size());
    append16(packet, source_port);
    append16(packet, destination_port);
    append32(packet, sequence);
    append32(packet, acknowledgment);
    packet.push_back(0x50);
    packet.push_back(flags);
    append32(packet, 0xffff0000);
    append16(packet, 0);
    append(packet, payload);
    return packet;
}

/// A name of one label, of `size` letters, and the root: size + 2 octets.
inline void append_name(Bytes& to, std::size_t size) {
    to.push_back(static_cast<std::uint8_t>(size));
    to.insert(to.end(), size, 'a');
    to.push_back(0);
}

/// A PTR query whose only label has `label_size` letters: label_size + 18 octets.
inline Bytes query(std::uint16_t id, std::size_t label_size = 10) {
    Bytes message;
    append16(message, id);
    append16(message, 0x0100);
    append16(message, 1);
    append32(message, 0);
    append16(message, 0);
    append_name(message, label_size);
    append16(message, 12);
    append16(message, 1);
    return message;
}

/// The response with one TXT record of `rdata_size` octets of `fill`: label_size + 30 + rdata_size octets.
inline Bytes response(std::uint16_t id, std::size_t label_size, std::size_t rdata_size, std::uint8_t fill = 0x5a) {
    Bytes message = query(id, label_size);
    message[2] = 0x81;
    message[3] = 0x80;
    message[7] = 1;
    append16(message, 0xc00c);
    append16(message, 16);
    append16(message, 1);
    append32(message, 3600);
    append16(message, rdata_size);
    message.insert(message.end(), rdata_size, fill);
    return message;
}

/// A message as it goes over TCP, with its length in front.
inline Bytes framed(const Bytes& message) {
    Bytes octets;
    append16(octets, message.size());
    append(octets, message);
    return octets;
}

inline Bytes operator+(Bytes left, const Bytes& right) {
    append(left, right);
    return left;
}

}  // namespace echotap::tcp_test
