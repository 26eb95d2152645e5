// SPDX-License-Identifier: Apache-2.0
// Do the straight path, the general walk and the reference say the same of a frame? For the tests and the fuzzer.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <sstream>
#include <string>

#include "dataplane/layers.hpp"
#include "tests/reference/layers_reference.hpp"

namespace echotap::reference {

inline constexpr std::array<std::uint16_t, 2> agreed_dns_ports{53, 5353};

inline std::string describe(Drop drop, const Packet& packet, const Bytes& payload) {
    std::ostringstream text;
    if (drop != Drop::none) {
        text << info(drop).name;
        return text.str();
    }
    text << packet.source.to_string() << " > " << packet.destination.to_string() << (packet.is_v6 ? " v6" : " v4")
         << " protocol " << static_cast<int>(packet.protocol) << " payload " << payload.size() << " missing "
         << packet.missing << " depth " << static_cast<int>(packet.depth) << " frames " << packet.frames;
    if (packet.is_fragment) {
        text << " fragment " << packet.fragment_id << " at " << packet.fragment_offset
             << (packet.more_fragments ? "+" : "");
    }
    return text.str();
}

inline bool are_same(Drop drop, const Packet& packet, const Outcome& expected) {
    if (drop != Drop::none || expected.drop != Drop::none) {
        return drop == expected.drop;
    }
    const Packet& other = expected.packet;
    return packet.source == other.source && packet.destination == other.destination && packet.is_v6 == other.is_v6 &&
           packet.protocol == other.protocol && packet.missing == other.missing && packet.depth == other.depth &&
           packet.frames == other.frames && packet.is_fragment == other.is_fragment &&
           packet.more_fragments == other.more_fragments && packet.fragment_offset == other.fragment_offset &&
           packet.fragment_id == other.fragment_id &&
           std::equal(packet.payload.begin(), packet.payload.end(), expected.payload.begin(), expected.payload.end());
}

/// Nothing where all agree on the frame, else what they say. The frame is read from heap memory of its exact size.
inline std::string disagreement(LinkType link, const Bytes& octets, std::size_t depth_max) {
    const auto copy = std::make_unique_for_overwrite<std::uint8_t[]>(octets.size());
    std::copy(octets.begin(), octets.end(), copy.get());
    Frame frame;
    frame.octets = copy.get();
    frame.captured = frame.length = static_cast<std::uint32_t>(octets.size());
    frame.link = link;
    const LayerLimits limits{.dns_ports = agreed_dns_ports, .header_depth_max = depth_max};

    const Outcome expected =
        Layers({agreed_dns_ports.begin(), agreed_dns_ports.end()}, depth_max).read_frame(link, octets);
    const auto compare = [&](const char* what, Drop drop, const Packet& packet) {
        const Bytes payload = drop == Drop::none ? Bytes(packet.payload.begin(), packet.payload.end()) : Bytes();
        return are_same(drop, packet, expected)
                   ? std::string()
                   : std::string(what) + ": " + describe(drop, packet, payload) +
                         "; reference: " + describe(expected.drop, expected.packet, expected.payload);
    };
    Packet packet;
    packet.missing = 77;  // whatever was there before must not shine through
    packet.frames = 77;
    packet.is_fragment = true;
    if (parse_plain_frame(frame, limits, packet)) {
        if (std::string text = compare("straight path", Drop::none, packet); !text.empty()) {
            return text;
        }
    }
    const Drop drop = walk_frame(frame, limits, packet);
    if (std::string text = compare("general walk", drop, packet); !text.empty()) {
        return text;
    }
    if (drop != Drop::none || !packet.is_fragment) {
        return {};
    }
    // Read on as though reassembly had made this the whole packet.
    packet.is_fragment = packet.more_fragments = false;
    packet.fragment_offset = 0;
    packet.fragment_id = 0;
    packet.missing = 0;
    packet.frames = 3;
    const Bytes payload(packet.payload.begin(), packet.payload.end());
    const Outcome further =
        Layers({agreed_dns_ports.begin(), agreed_dns_ports.end()}, depth_max).read_payload(packet, payload);
    const Drop drop_further = parse_payload(limits, packet);
    return are_same(drop_further, packet, further) ? std::string() : "they part behind the fragment";
}

}  // namespace echotap::reference
