// SPDX-License-Identifier: Apache-2.0
// Builds packets for tests, from the outermost header to the payload, as they are drawn in books:
//
//     PacketBuilder().ethernet().vlan(7).ipv4("192.0.2.1", "192.0.2.2").udp(1024, 53).payload("...").octets()
//
// Type and protocol fields are filled in by the header that follows, and lengths when the packet is done; set() writes
// over any of it. Checksums stay 0: the line reads none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "config/ip_address.hpp"

namespace echotap {

class PacketBuilder {
public:
    using Bytes = std::vector<std::uint8_t>;

    PacketBuilder& ethernet() {
        follow({.ethertype = 0x6558});
        append({2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2});
        return type_field(Field::ethertype);
    }

    /// 802.1Q by default; QinQ is 0x88a8 or 0x9100.
    PacketBuilder& vlan(std::uint16_t id, std::uint16_t type = 0x8100) {
        follow({.ethertype = type});
        append16(id);
        return type_field(Field::ethertype);
    }

    /// An 802.3 frame with LLC and SNAP in place of the type field.
    PacketBuilder& snap() {
        to_fill_.push_back({Fill::length_behind, octets_.size() - 2});
        field_ = Field::none;
        append({0xaa, 0xaa, 3, 0, 0, 0});
        return type_field(Field::ethertype);
    }

    PacketBuilder& linux_sll() {
        append({0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0});
        return type_field(Field::ethertype);
    }

    PacketBuilder& linux_sll2() {
        type_field(Field::ethertype);
        append({0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0});
        return *this;
    }

    PacketBuilder& mpls(std::uint32_t label, bool is_bottom) {
        follow({.ethertype = 0x8847, .protocol = 137, .ppp = 0x0281});
        append32(label << 12U | (is_bottom ? 0x100U : 0U) | 64U);
        field_ = Field::none;
        return *this;
    }

    PacketBuilder& pppoe() {
        follow({.ethertype = 0x8864});
        append({0x11, 0, 0, 7});
        to_fill_.push_back({Fill::length_behind, octets_.size()});
        append16(0);
        return type_field(Field::ppp);
    }

    PacketBuilder& ipv4(std::string_view source, std::string_view destination) {
        follow({.ethertype = 0x0800, .protocol = 4, .ppp = 0x0021});
        ip_at_ = octets_.size();
        to_fill_.push_back({Fill::ipv4_total, ip_at_ + 2});
        append({0x45, 0, 0, 0, 0, 0, 0, 0, 64, 0, 0, 0});
        field_ = Field::protocol;
        field_at_ = ip_at_ + 9;
        append_address(source, 12);
        append_address(destination, 12);
        return *this;
    }

    /// Makes the IPv4 header just added one of a fragment; `offset` in octets.
    PacketBuilder& ipv4_fragment(std::uint16_t id, std::size_t offset, bool more) {
        set16(ip_at_ + 4, id);
        return set16(ip_at_ + 6, static_cast<std::uint16_t>(offset / 8 | (more ? 0x2000U : 0U)));
    }

    /// Options for the IPv4 header just added; a multiple of 4 octets.
    PacketBuilder& ipv4_options(std::size_t size) {
        octets_[ip_at_] = static_cast<std::uint8_t>(octets_[ip_at_] + size / 4);
        octets_.insert(octets_.end(), size, 1);
        return *this;
    }

    PacketBuilder& ipv6(std::string_view source, std::string_view destination) {
        follow({.ethertype = 0x86dd, .protocol = 41, .ppp = 0x0057});
        ip_at_ = octets_.size();
        to_fill_.push_back({Fill::ipv6_length, ip_at_ + 4});
        append({0x60, 0, 0, 0, 0, 0, 0, 64});
        field_ = Field::protocol;
        field_at_ = ip_at_ + 6;
        append_address(source, 0);
        append_address(destination, 0);
        return *this;
    }

    /// An IPv6 extension header of 8 octets and 8 times `more`, or an authentication header of 8 and 4 times `more`.
    PacketBuilder& extension(std::uint8_t number, std::uint8_t more = 0) {
        follow({.protocol = number});
        field_ = Field::protocol;
        field_at_ = octets_.size();
        append({0, more});
        octets_.insert(octets_.end(), 6 + std::size_t{more} * (number == 51 ? 4 : 8), 0);
        return *this;
    }

    /// An IPv6 fragment header; `offset` in octets.
    PacketBuilder& ipv6_fragment(std::uint32_t id, std::size_t offset, bool more) {
        follow({.protocol = 44});
        field_ = Field::protocol;
        field_at_ = octets_.size();
        append({0, 0});
        append16(static_cast<std::uint16_t>(offset | (more ? 1U : 0U)));
        append32(id);
        return *this;
    }

    PacketBuilder& udp(std::uint16_t source, std::uint16_t destination) {
        follow({.protocol = 17});
        append16(source);
        append16(destination);
        to_fill_.push_back({Fill::udp_length, octets_.size()});
        append32(0);
        return *this;
    }

    /// `flags`: FIN 1, SYN 2, RST 4, PSH 8, ACK 16.
    PacketBuilder& tcp(std::uint16_t source, std::uint16_t destination, std::uint32_t sequence = 1,
                       std::uint32_t acknowledgment = 1, std::uint8_t flags = 0x18) {
        follow({.protocol = 6});
        append16(source);
        append16(destination);
        append32(sequence);
        append32(acknowledgment);
        append({0x50, flags, 0xff, 0xff, 0, 0, 0, 0});
        return *this;
    }

    /// `flags`: checksum 0x8000, key 0x2000, sequence 0x1000; their fields are added.
    PacketBuilder& gre(std::uint16_t flags = 0) {
        follow({.protocol = 47});
        append16(flags);
        type_field(Field::ethertype);
        for (const unsigned flag : {0x8000U, 0x2000U, 0x1000U}) {
            if ((flags & flag) != 0) {
                append32(0x01020304);
            }
        }
        return *this;
    }

    /// PPTP's GRE, with a sequence number and perhaps an acknowledgment; PPP follows.
    PacketBuilder& gre_pptp(bool has_acknowledgment) {
        follow({.protocol = 47});
        append16(has_acknowledgment ? 0x3081 : 0x3001);
        append16(0x880b);
        append({0, 0, 0, 9, 0, 0, 0, 1});
        if (has_acknowledgment) {
            append32(1);
        }
        return type_field(Field::ppp);
    }

    PacketBuilder& erspan_ii() {
        follow({.ethertype = 0x88be});
        append({0x10, 0, 0, 1, 0, 0, 0, 0});
        field_ = Field::none;
        return *this;
    }

    /// `frame_type`: 0 Ethernet, 2 IP.
    PacketBuilder& erspan_iii(bool has_platform_header, std::uint8_t frame_type = 0) {
        follow({.ethertype = 0x22eb});
        append({0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(frame_type << 2U)});
        append({static_cast<std::uint8_t>(has_platform_header ? 1 : 0)});
        octets_.insert(octets_.end(), has_platform_header ? 8 : 0, 0);
        field_ = Field::none;
        return *this;
    }

    PacketBuilder& vxlan() { return append({8, 0, 0, 0, 0, 0, 7, 0}); }

    /// With `options` times 4 octets of options.
    PacketBuilder& geneve(std::uint8_t options = 0) {
        append({options, 0});
        type_field(Field::ethertype);
        append({0, 0, 7, 0});
        octets_.insert(octets_.end(), std::size_t{options} * 4, 0);
        return *this;
    }

    /// With a padding tag, a tag of three octets and the end tag.
    PacketBuilder& tzsp() { return append({1, 0, 0, 1, 0, 10, 3, 1, 1, 1, 1}); }

    /// Fills in the type or protocol field of the header just added, where what follows is written by hand.
    PacketBuilder& carries(std::uint16_t number) {
        follow({.ethertype = number, .protocol = static_cast<std::uint8_t>(number), .ppp = number});
        return *this;
    }

    PacketBuilder& payload(std::string_view text) {
        octets_.insert(octets_.end(), text.begin(), text.end());
        return *this;
    }

    PacketBuilder& payload(const Bytes& octets) {
        octets_.insert(octets_.end(), octets.begin(), octets.end());
        return *this;
    }

    PacketBuilder& append(std::initializer_list<std::uint8_t> octets) {
        octets_.insert(octets_.end(), octets.begin(), octets.end());
        return *this;
    }

    /// Octets behind the packet that no length counts, as Ethernet pads its frames.
    PacketBuilder& padding(std::size_t size) {
        padding_ = size;
        return *this;
    }

    PacketBuilder& set(std::size_t position, std::uint8_t value) {
        octets_.at(position) = value;
        return *this;
    }

    PacketBuilder& set16(std::size_t position, std::uint16_t value) {
        octets_.at(position) = static_cast<std::uint8_t>(value >> 8U);
        octets_.at(position + 1) = static_cast<std::uint8_t>(value);
        return *this;
    }

    /// Octets so far: where the next header will begin.
    std::size_t size() const { return octets_.size(); }

    /// The packet, lengths filled in, at its exact size.
    Bytes octets() const {
        PacketBuilder done = *this;
        for (const auto& [fill, at] : to_fill_) {
            const std::size_t behind = octets_.size() - at;
            // A field of UDP, IPv4 or IPv6 is 4, 2 or 4 octets into a header, and IPv6 does not count its own 40.
            const std::size_t length = fill == Fill::ipv4_total      ? behind + 2
                                       : fill == Fill::ipv6_length   ? behind + 4 - 40
                                       : fill == Fill::length_behind ? behind - 2
                                                                     : behind + 4;
            done.set16(at, static_cast<std::uint16_t>(length));
        }
        Bytes all(done.octets_.begin(), done.octets_.end());
        all.insert(all.end(), padding_, 0xee);
        all.shrink_to_fit();
        return all;
    }

private:
    enum class Field : std::uint8_t { none, ethertype, protocol, ppp };
    enum class Fill : std::uint8_t { ipv4_total, ipv6_length, udp_length, length_behind };

    /// The numbers of a header in the fields that may announce it.
    struct Numbers {
        std::uint16_t ethertype = 0;
        std::uint8_t protocol = 0;
        std::uint16_t ppp = 0;
    };

    struct ToFill {
        Fill fill;
        std::size_t at;
    };

    void follow(const Numbers& numbers) {
        switch (field_) {
            case Field::none:
                break;
            case Field::ethertype:
                set16(field_at_, numbers.ethertype);
                break;
            case Field::protocol:
                set(field_at_, numbers.protocol);
                break;
            case Field::ppp:
                set16(field_at_, numbers.ppp);
                break;
        }
        field_ = Field::none;
    }

    PacketBuilder& type_field(Field field) {
        field_ = field;
        field_at_ = octets_.size();
        append16(0);
        return *this;
    }

    void append16(std::uint16_t value) {
        append({static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)});
    }

    void append32(std::uint32_t value) {
        append16(static_cast<std::uint16_t>(value >> 16U));
        append16(static_cast<std::uint16_t>(value));
    }

    void append_address(std::string_view text, std::size_t from) {
        const auto address = IpAddress::parse(text);
        if (!address) {
            throw std::invalid_argument("not an IP address in a test: " + std::string(text));
        }
        octets_.insert(octets_.end(), address->octets().begin() + static_cast<std::ptrdiff_t>(from),
                       address->octets().end());
    }

    Bytes octets_;
    std::vector<ToFill> to_fill_;
    std::size_t padding_ = 0;
    std::size_t ip_at_ = 0;
    Field field_ = Field::none;
    std::size_t field_at_ = 0;
};

}  // namespace echotap
