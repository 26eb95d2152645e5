// SPDX-License-Identifier: Apache-2.0
// A slow second look at a mix: its pcap file goes in, what it holds comes out.
//
// Written without a line of the product's parsers or of the generator: octets are read with bounds checks, names become
// text, and text becomes an address. It knows only what the mixes hold: plain Ethernet with at most one tag, IP without
// options, one DNS message per datagram or segment.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/ip_address.hpp"
#include "dataplane/frame.hpp"

namespace echotap::reference {

struct MixFrame {
    std::vector<std::uint8_t> octets;
    Timestamp time;
};

/// The frames of a pcap file in microseconds and little-endian order.
inline std::vector<MixFrame> read_mix(Octets file) {
    const auto word = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            value |= static_cast<std::uint32_t>(file[at + i]) << 8U * i;
        }
        return value;
    };
    std::vector<MixFrame> frames;
    for (std::size_t at = 24; at < file.size();) {
        const std::size_t size = word(at + 8);
        const auto first = file.begin() + static_cast<std::ptrdiff_t>(at + 16);
        frames.push_back({{first, first + static_cast<std::ptrdiff_t>(size)},
                          Timestamp(std::chrono::seconds(word(at)) + std::chrono::microseconds(word(at + 4)))});
        at += 16 + size;
    }
    return frames;
}

/// What one frame of a mix is, as text.
struct MixPacket {
    std::string kind;  // "arp", "icmp", "udp", "tcp"
    bool tagged = false;
    IpAddress source;
    IpAddress destination;
    unsigned source_port = 0;
    unsigned destination_port = 0;
    unsigned tcp_flags = 0;
    std::vector<std::uint8_t> payload;
    bool checksums_are_right = true;
};

inline unsigned be16(const std::vector<std::uint8_t>& octets, std::size_t at) {
    return octets.at(at) * 256U + octets.at(at + 1);
}

/// RFC 1071: a sum over octets that hold their own checksum comes to 0xffff.
inline bool sums_to_ones(std::vector<std::uint8_t> octets) {
    if (octets.size() % 2 == 1) {
        octets.push_back(0);
    }
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < octets.size(); i += 2) {
        sum += be16(octets, i);
        sum = sum % 65536 + sum / 65536;
    }
    return sum == 0xffff;
}

inline std::vector<std::uint8_t> part(const std::vector<std::uint8_t>& octets, std::size_t from, std::size_t size) {
    const auto first = octets.begin() + static_cast<std::ptrdiff_t>(from);
    if (from + size > octets.size()) {
        throw std::out_of_range("a part beyond the end");
    }
    return {first, first + static_cast<std::ptrdiff_t>(size)};
}

inline MixPacket read_packet(const std::vector<std::uint8_t>& frame) {
    MixPacket packet;
    packet.tagged = be16(frame, 12) == 0x8100;
    const std::size_t ip = packet.tagged ? 18 : 14;
    const unsigned ethertype = be16(frame, ip - 2);
    if (ethertype == 0x0806) {
        packet.kind = "arp";
        return packet;
    }
    const bool v4 = ethertype == 0x0800;
    const std::size_t header = v4 ? 20 : 40;
    const std::size_t size = v4 ? be16(frame, ip + 2) - 20 : be16(frame, ip + 4);
    const unsigned protocol = frame.at(ip + (v4 ? 9 : 6));
    const auto addresses = part(frame, ip + (v4 ? 12 : 8), v4 ? 8 : 32);
    packet.source = v4 ? IpAddress::from_v4(addresses.data()) : IpAddress::from_v6(addresses.data());
    packet.destination = v4 ? IpAddress::from_v4(addresses.data() + 4) : IpAddress::from_v6(addresses.data() + 16);
    const auto rest = part(frame, ip + header, size);

    auto summed = addresses;
    summed.insert(summed.end(), {0, static_cast<std::uint8_t>(protocol), static_cast<std::uint8_t>(size / 256),
                                 static_cast<std::uint8_t>(size % 256)});
    if (protocol == 1) {
        summed.clear();
    }
    summed.insert(summed.end(), rest.begin(), rest.end());
    packet.checksums_are_right = sums_to_ones(summed) && (!v4 || sums_to_ones(part(frame, ip, 20)));

    if (protocol == 1 || protocol == 58) {
        packet.kind = "icmp";
        return packet;
    }
    packet.kind = protocol == 17 ? "udp" : "tcp";
    packet.source_port = be16(rest, 0);
    packet.destination_port = be16(rest, 2);
    if (packet.kind == "tcp") {
        packet.tcp_flags = rest.at(13);
    }
    const std::size_t start = packet.kind == "udp" ? 8 : 20;
    packet.payload = part(rest, start, rest.size() - start);
    return packet;
}

struct MixMessage {
    bool response = false;
    unsigned opcode = 0;
    std::vector<std::string> labels;
    bool mixed_case = false;
    unsigned type = 0;
    unsigned qclass = 0;
    bool edns = false;
};

inline MixMessage read_message(const std::vector<std::uint8_t>& octets) {
    MixMessage message;
    message.response = octets.at(2) >= 128;
    message.opcode = octets.at(2) / 8 % 16;
    message.edns = be16(octets, 10) == 1;
    std::size_t at = 12;
    while (octets.at(at) != 0) {
        std::string label;
        for (std::size_t i = 1; i <= octets.at(at); ++i) {
            const char letter = static_cast<char>(octets.at(at + i));
            message.mixed_case = message.mixed_case || (letter >= 'A' && letter <= 'Z');
            label += letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
        }
        message.labels.push_back(label);
        at += octets.at(at) + 1U;
    }
    message.type = be16(octets, at + 1);
    message.qclass = be16(octets, at + 3);
    return message;
}

/// The address of a full reverse name, by turning it into the text of an address.
inline std::optional<IpAddress> full_reverse_name(const std::vector<std::string>& labels) {
    const std::size_t count = labels.size();
    if (count < 2 || labels[count - 1] != "arpa") {
        return std::nullopt;
    }
    std::string text;
    if (labels[count - 2] == "in-addr" && count == 6) {
        text = labels[3] + "." + labels[2] + "." + labels[1] + "." + labels[0];
    } else if (labels[count - 2] == "ip6" && count == 34) {
        for (std::size_t i = 0; i < 32; ++i) {
            text += (i > 0 && i % 4 == 0 ? ":" : "") + labels[31 - i];
        }
    }
    return IpAddress::parse(text);
}

}  // namespace echotap::reference
