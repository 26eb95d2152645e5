// SPDX-License-Identifier: Apache-2.0
// The layers once more, slow and obvious: every header is read by a function that calls the one for what it carries,
// from copies of octets, with every access checked. Written from the RFCs, not from dataplane/; tests and the fuzzer
// demand that both agree on every frame.
#pragma once

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "dataplane/layers.hpp"
#include "tests/reference/checked_octets.hpp"

namespace echotap::reference {

/// What a frame yields. Packet::payload is not used: the octets are copied into `payload`.
struct Outcome {
    Drop drop = Drop::none;
    Packet packet;
    Bytes payload;
};

class Layers : CheckedOctets {
public:
    Layers(std::set<std::uint16_t> dns_ports, std::size_t depth_max)
        : dns_ports_(std::move(dns_ports)), depth_max_(depth_max) {}

    Outcome read_frame(LinkType link, const Bytes& frame) const {
        return catching([&] { return read_link(static_cast<unsigned>(link), frame); });
    }

    /// On from a reassembled packet.
    Outcome read_payload(const Packet& packet, const Bytes& payload) const {
        return catching([&] { return read_protocol(packet, payload); });
    }

private:
    template <class Read>
    static Outcome catching(Read&& read) {
        try {
            return read();
        } catch (const Refused& refused) {
            Outcome outcome;
            outcome.drop = refused.reason;
            return outcome;
        }
    }

    std::size_t deeper(std::size_t depth) const {
        if (depth + 1 > depth_max_) {
            refuse(Drop::header_too_deep);
        }
        return depth + 1;
    }

    Outcome read_link(unsigned link, const Bytes& frame) const {
        switch (link) {
            case 1:
                return read_ethernet(frame, 0);
            case 12:
            case 14:
            case 101:
            case 228:
            case 229:
                return read_ip(frame, 0, 1);
            case 0:
            case 108: {
                need(frame, 4);
                const bool is_little = frame.at(2) == 0 && frame.at(3) == 0;
                const Bytes family = is_little ? Bytes{0, 0, frame.at(1), frame.at(0)} : first(frame, 4);
                const bool is_known = family.at(0) == 0 && family.at(1) == 0 && family.at(2) == 0 &&
                                      std::set<unsigned>{2, 10, 24, 28, 30}.contains(family.at(3));
                if (!is_known) {
                    refuse(Drop::ethertype_other);
                }
                return read_ip(from(frame, 4), 0, 1);
            }
            case 113:
                need(frame, 16);
                return read_type_or_length(be16(frame, 14), from(frame, 16), 0);
            case 276:
                need(frame, 20);
                return read_type_or_length(be16(frame, 0), from(frame, 20), 0);
            case 129:
                return read_arcnet(frame);
            default:
                refuse(Drop::link_unknown);
        }
    }

    Outcome read_arcnet(const Bytes& frame) const {
        need(frame, 5);
        if (frame.at(4) == 240) {
            return read_ip(from(frame, 5), 0, 1);
        }
        if (frame.at(4) != 212 && frame.at(4) != 196) {
            refuse(Drop::ethertype_other);
        }
        need(frame, 8);
        if (frame.at(5) != 0) {
            refuse(Drop::ethertype_other);
        }
        return read_ip(from(frame, 8), 0, 1);
    }

    Outcome read_ethernet(const Bytes& frame, std::size_t depth) const {
        need(frame, 14);
        return read_type_or_length(be16(frame, 12), from(frame, 14), depth);
    }

    Outcome read_type_or_length(unsigned type, const Bytes& octets, std::size_t depth) const {
        if (type >= 1536) {
            return read_type(type, octets, depth);
        }
        need(octets, 8);
        if (first(octets, 6) != Bytes{0xaa, 0xaa, 3, 0, 0, 0}) {
            refuse(Drop::ethertype_other);
        }
        return read_type(be16(octets, 6), from(octets, 8), depth);
    }

    Outcome read_type(unsigned type, const Bytes& octets, std::size_t depth) const {
        switch (type) {
            case 0x0800:
            case 0x86dd:
                return read_ip(octets, depth, 1);
            case 0x8100:
            case 0x88a8:
            case 0x9100:
                depth = deeper(depth);
                need(octets, 4);
                return read_type_or_length(be16(octets, 2), from(octets, 4), depth);
            case 0x8847:
            case 0x8848:
                return read_mpls(octets, depth);
            case 0x8864:
                depth = deeper(depth);
                need(octets, 6);
                if (octets.at(0) != 0x11 || octets.at(1) != 0) {
                    refuse(Drop::ppp_other);
                }
                return read_ppp(from(octets, 6), depth);
            case 0x8909:
                depth = deeper(depth);
                need(octets, 8);
                return read_type_or_length(be16(octets, 6), from(octets, 8), depth);
            default:
                refuse(Drop::ethertype_other);
        }
    }

    Outcome read_mpls(const Bytes& octets, std::size_t depth) const {
        depth = deeper(depth);
        need(octets, 4);
        const Bytes rest = from(octets, 4);
        if (octets.at(2) % 2 == 0) {
            return read_mpls(rest, depth);
        }
        need(rest, 1);
        const unsigned nibble = rest.at(0) / 16;
        if (nibble == 4 || nibble == 6) {
            return read_ip(rest, depth, 1);
        }
        if (nibble == 0 && rest.size() > 4 && is_plausible_ethernet(from(rest, 4))) {
            return read_ethernet(from(rest, 4), depth);
        }
        if (is_plausible_ethernet(rest)) {
            return read_ethernet(rest, depth);
        }
        refuse(Drop::mpls_malformed);
    }

    static bool is_plausible_ethernet(const Bytes& octets) {
        if (octets.size() < 15) {
            return false;
        }
        const unsigned type = be16(octets, 12);
        if (type == 0x0800 || type == 0x86dd) {
            return octets.at(14) / 16 == (type == 0x0800 ? 4 : 6);
        }
        return std::set<unsigned>{0x8100, 0x88a8, 0x9100, 0x8847, 0x8848, 0x8864}.contains(type);
    }

    Outcome read_ppp(const Bytes& octets, std::size_t depth) const {
        if (octets.size() >= 2 && octets.at(0) == 0xff && octets.at(1) == 3) {
            return read_ppp_protocol(from(octets, 2), depth);
        }
        return read_ppp_protocol(octets, depth);
    }

    Outcome read_ppp_protocol(const Bytes& octets, std::size_t depth) const {
        need(octets, 1);
        const std::size_t size = octets.at(0) % 2 == 1 ? 1 : 2;
        need(octets, size);
        const unsigned protocol = size == 1 ? octets.at(0) : be16(octets, 0);
        if (protocol == 0x21 || protocol == 0x57) {
            return read_ip(from(octets, size), depth, 1);
        }
        if (protocol == 0x281) {
            return read_mpls(from(octets, size), depth);
        }
        refuse(Drop::ppp_other);
    }

    Outcome read_ip(const Bytes& octets, std::size_t depth, std::uint32_t frames) const {
        need(octets, 1);
        Packet packet;
        packet.frames = frames;
        const unsigned version = octets.at(0) / 16;
        if (version != 4 && version != 6) {
            refuse(Drop::ip_version);
        }
        packet.depth = static_cast<std::uint8_t>(deeper(depth));
        return version == 4 ? read_ipv4(packet, octets) : read_ipv6(packet, octets);
    }

    Outcome read_ipv4(Packet packet, const Bytes& octets) const {
        need(octets, 20);
        const std::size_t header = octets.at(0) % 16 * 4U;
        if (header < 20) {
            refuse(Drop::ipv4_malformed);
        }
        need(octets, header);
        const std::size_t total = be16(octets, 2) == 0 ? octets.size() : be16(octets, 2);
        if (total < header) {
            refuse(Drop::ipv4_malformed);
        }
        packet.source = IpAddress::from_v4(from(octets, 12).data());
        packet.destination = IpAddress::from_v4(from(octets, 16).data());
        packet.protocol = static_cast<Protocol>(octets.at(9));
        packet.missing = static_cast<std::uint32_t>(total > octets.size() ? total - octets.size() : 0);
        const Bytes payload = from(first(octets, total), header);
        const bool more = (octets.at(6) & 0x20) != 0;
        const unsigned offset = be16(octets, 6) % 0x2000 * 8;
        if (more || offset != 0) {
            return as_fragment(packet, payload, more, offset, be16(octets, 4));
        }
        return read_protocol(packet, payload);
    }

    static Outcome as_fragment(Packet packet, const Bytes& payload, bool more, unsigned offset, std::uint32_t id) {
        packet.is_fragment = true;
        packet.more_fragments = more;
        packet.fragment_offset = static_cast<std::uint16_t>(offset);
        packet.fragment_id = id;
        return {.drop = Drop::none, .packet = packet, .payload = payload};
    }

    Outcome read_ipv6(Packet packet, const Bytes& octets) const {
        need(octets, 40);
        packet.is_v6 = true;
        packet.source = IpAddress::from_v6(from(octets, 8).data());
        packet.destination = IpAddress::from_v6(from(octets, 24).data());
        packet.protocol = static_cast<Protocol>(octets.at(6));
        const std::size_t there = octets.size() - 40;
        const std::size_t length = be16(octets, 4) == 0 ? there : be16(octets, 4);
        packet.missing = static_cast<std::uint32_t>(length > there ? length - there : 0);
        const Bytes payload = from(first(octets, 40 + length), 40);
        if (packet.protocol == Protocol::hop_by_hop) {
            return read_extension(packet, payload, 8);
        }
        return read_protocol(packet, payload);
    }

    /// An extension header that the octets end in: did the snap length cut it, or does the packet contradict itself?
    static void need_extension(const Packet& packet, const Bytes& octets, std::size_t size) {
        if (octets.size() + packet.missing < size) {
            refuse(packet.is_v6 ? Drop::ipv6_malformed : Drop::ipv4_malformed);
        }
        need(octets, size);
    }

    Outcome read_extension(Packet packet, const Bytes& octets, std::size_t unit) const {
        packet.depth = static_cast<std::uint8_t>(deeper(packet.depth));
        need_extension(packet, octets, 2);
        const std::size_t size = 8 + octets.at(1) * unit;
        need_extension(packet, octets, size);
        packet.protocol = static_cast<Protocol>(octets.at(0));
        return read_protocol(packet, from(octets, size));
    }

    Outcome read_fragment_header(Packet packet, const Bytes& octets) const {
        packet.depth = static_cast<std::uint8_t>(deeper(packet.depth));
        need_extension(packet, octets, 8);
        packet.protocol = static_cast<Protocol>(octets.at(0));
        const bool more = octets.at(3) % 2 == 1;
        const unsigned offset = be16(octets, 2) / 8 * 8;
        if (more || offset != 0) {
            const std::uint32_t id = be16(octets, 4) * 0x10000U + be16(octets, 6);
            return as_fragment(packet, from(octets, 8), more, offset, id);
        }
        return read_protocol(packet, from(octets, 8));
    }

    Outcome read_protocol(const Packet& packet, const Bytes& octets) const {
        const auto number = static_cast<unsigned>(packet.protocol);
        if (number == 6) {
            return {.drop = Drop::none, .packet = packet, .payload = octets};
        }
        if (number == 17) {
            return read_udp(packet, octets);
        }
        if (number == 4 || number == 41) {
            return read_ip(octets, packet.depth, packet.frames);
        }
        if (number == 1 || number == 58) {
            refuse(Drop::icmp);
        }
        if (number == 47) {
            return with_frames(packet, read_gre(octets, deeper(packet.depth)));
        }
        if (number == 137) {
            return with_frames(packet, read_mpls(octets, packet.depth));
        }
        if (number == 51) {
            return read_extension(packet, octets, 4);
        }
        if (packet.is_v6 && number == 0) {
            refuse(Drop::ipv6_malformed);  // RFC 8200 section 4.1: only right behind the IPv6 header
        }
        if (packet.is_v6 && number == 44) {
            return read_fragment_header(packet, octets);
        }
        if (packet.is_v6 && std::set<unsigned>{43, 60, 135, 139, 140}.contains(number)) {
            return read_extension(packet, octets, 8);
        }
        refuse(Drop::protocol_other);
    }

    static Outcome with_frames(const Packet& outer, Outcome outcome) {
        outcome.packet.frames = outer.frames;
        return outcome;
    }

    Outcome read_udp(const Packet& packet, const Bytes& octets) const {
        const Outcome plain{.drop = Drop::none, .packet = packet, .payload = octets};
        if (octets.size() < 8) {
            return plain;
        }
        const std::set<unsigned> tunnels{4789, 6081, 37008};
        const unsigned source = be16(octets, 0);
        const unsigned destination = be16(octets, 2);
        const bool is_dns = dns_ports_.contains(static_cast<std::uint16_t>(source)) ||
                            dns_ports_.contains(static_cast<std::uint16_t>(destination));
        if (is_dns || (!tunnels.contains(source) && !tunnels.contains(destination))) {
            return plain;
        }
        const std::size_t depth = deeper(packet.depth);
        const std::size_t length = be16(octets, 4);
        if (length < 8 || length > octets.size() + packet.missing) {
            refuse(Drop::tunnel_malformed);
        }
        const Bytes inside = from(first(octets, length), 8);
        switch (tunnels.contains(destination) ? destination : source) {
            case 4789:
                return with_frames(packet, read_vxlan(inside, depth));
            case 6081:
                return with_frames(packet, read_geneve(inside, depth));
            default:
                return with_frames(packet, read_tzsp(inside, depth));
        }
    }

    Outcome read_vxlan(const Bytes& octets, std::size_t depth) const {
        need(octets, 8);
        if ((octets.at(0) & 8) == 0) {
            refuse(Drop::tunnel_malformed);
        }
        return read_ethernet(from(octets, 8), depth);
    }

    Outcome read_geneve(const Bytes& octets, std::size_t depth) const {
        need(octets, 8);
        if (octets.at(0) >= 64) {
            refuse(Drop::tunnel_malformed);
        }
        const Bytes inside = from(octets, 8 + octets.at(0) % 64 * 4U);
        const unsigned type = be16(octets, 2);
        return type == 0x6558 ? read_ethernet(inside, depth) : read_type(type, inside, depth);
    }

    Outcome read_tzsp(const Bytes& octets, std::size_t depth) const {
        need(octets, 4);
        if (octets.at(0) != 1) {
            refuse(Drop::tunnel_malformed);
        }
        if (octets.at(1) > 1 || be16(octets, 2) != 1) {
            refuse(Drop::ethertype_other);
        }
        std::size_t at = 4;
        while (true) {
            need(octets, at + 1);
            const unsigned tag = octets.at(at);
            if (tag == 1) {
                return read_ethernet(from(octets, at + 1), depth);
            }
            if (tag == 0) {
                at += 1;
                continue;
            }
            need(octets, at + 2);
            at += 2 + octets.at(at + 1);
        }
    }

    Outcome read_gre(const Bytes& octets, std::size_t depth) const {
        need(octets, 4);
        const bool has_checksum = octets.at(0) & 0x80;
        const bool has_routing = octets.at(0) & 0x40;
        const bool has_key = octets.at(0) & 0x20;
        const bool has_sequence = octets.at(0) & 0x10;
        const unsigned version = octets.at(1) % 8;
        const unsigned type = be16(octets, 2);
        if (version == 1) {
            if (type != 0x880b || !has_key) {
                refuse(Drop::gre_malformed);
            }
            if (!has_sequence) {
                refuse(Drop::ppp_other);
            }
            const bool has_acknowledgment = octets.at(1) & 0x80;
            return read_ppp(from(octets, has_acknowledgment ? 16 : 12), depth);
        }
        if (version != 0) {
            refuse(Drop::gre_malformed);
        }
        std::size_t at = 4;
        at += has_checksum || has_routing ? 4 : 0;
        at += has_key ? 4 : 0;
        at += has_sequence ? 4 : 0;
        need(octets, at);
        for (bool is_last = !has_routing; !is_last;) {
            need(octets, at + 4);
            const std::size_t length = octets.at(at + 3);
            is_last = be16(octets, at) == 0 && length == 0;
            at += 4 + length;
        }
        const Bytes inside = from(octets, at);
        if (type == 0x6558 || (type == 0x88be && !has_sequence)) {
            return read_ethernet(inside, depth);
        }
        if (type == 0x88be || type == 0x22eb) {
            return read_erspan(inside, deeper(depth));
        }
        if (type == 0x880b) {
            return read_ppp(inside, depth);
        }
        if (type == 0x883e) {
            const bool is_bare = !inside.empty() && inside.at(0) / 16 == 4;
            return read_ip(from(inside, is_bare ? 0 : 4), depth, 1);
        }
        if (type == 0x8909) {
            need(inside, 8);
            return read_type(be16(inside, 0), from(inside, 8), depth);
        }
        return read_type(type, inside, depth);
    }

    Outcome read_erspan(const Bytes& octets, std::size_t depth) const {
        need(octets, 8);
        const unsigned version = octets.at(0) / 16;
        if (version == 1) {
            return read_ethernet(from(octets, 8), depth);
        }
        if (version != 2) {
            refuse(Drop::gre_malformed);
        }
        need(octets, 12);
        const Bytes inside = from(octets, octets.at(11) % 2 == 1 ? 20 : 12);
        switch (octets.at(10) / 4 % 32) {
            case 0:
                return read_ethernet(inside, depth);
            case 2:
                return read_ip(inside, depth, 1);
            default:
                refuse(Drop::ethertype_other);
        }
    }

    std::set<std::uint16_t> dns_ports_;
    std::size_t depth_max_;
};

}  // namespace echotap::reference
