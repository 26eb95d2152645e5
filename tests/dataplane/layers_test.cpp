// SPDX-License-Identifier: Apache-2.0
// What the layers make of every header that they know, and of frames that are cut, damaged or too deep.
#include "dataplane/layers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/packet_builder.hpp"
#include "tests/reference/layers_agreement.hpp"

namespace echotap {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::string_view v4_querier = "192.0.2.1";
constexpr std::string_view v4_authority = "198.51.100.53";
constexpr std::string_view v6_querier = "2001:db8::1";
constexpr std::string_view v6_authority = "2001:db8:53::53";
constexpr std::string_view outer = "10.0.0.1";
constexpr std::string_view outer_far = "10.0.0.2";
constexpr std::string_view outer_v6 = "fd00::1";
constexpr std::string_view outer_v6_far = "fd00::2";

/// The datagram that every accepted row carries somewhere.
Bytes datagram() {
    return PacketBuilder().udp(1024, 53).payload("who is it").octets();
}

/// The packet that tunnels carry.
PacketBuilder& dns_v4(PacketBuilder& packet) {
    return packet.ipv4(v4_querier, v4_authority).udp(1024, 53).payload("who is it");
}

PacketBuilder& dns_v6(PacketBuilder& packet) {
    return packet.ipv6(v6_querier, v6_authority).udp(1024, 53).payload("who is it");
}

PacketBuilder build() {
    return {};
}

struct Row {
    const char* name;
    LinkType link;
    Bytes octets;
    Drop drop = Drop::none;
    bool is_v6 = false;
    int depth = 0;  // headers counted; 0: not of interest
};

struct Parsed {
    Drop drop;
    Packet packet;
    Bytes payload;
};

Parsed parse(LinkType link, const Bytes& octets, std::size_t depth_max = 24) {
    constexpr std::array<std::uint16_t, 1> dns_ports{53};
    const auto copy = std::make_unique_for_overwrite<std::uint8_t[]>(octets.size());
    std::copy(octets.begin(), octets.end(), copy.get());
    Frame frame;
    frame.octets = copy.get();
    frame.captured = frame.length = static_cast<std::uint32_t>(octets.size());
    frame.link = link;
    Parsed parsed{};
    parsed.drop = parse_frame(frame, {.dns_ports = dns_ports, .header_depth_max = depth_max}, parsed.packet);
    if (parsed.drop == Drop::none) {
        parsed.payload.assign(parsed.packet.payload.begin(), parsed.packet.payload.end());
        parsed.packet.payload = {};
    }
    return parsed;
}

std::vector<Row> rows() {
    constexpr auto ethernet = LinkType::ethernet;
    std::vector<Row> rows;
    const auto v4 = [&](const char* name, LinkType link, PacketBuilder packet, int depth = 0) {
        rows.push_back({name, link, dns_v4(packet).octets(), Drop::none, false, depth});
    };
    const auto v6 = [&](const char* name, LinkType link, PacketBuilder packet, int depth = 0) {
        rows.push_back({name, link, dns_v6(packet).octets(), Drop::none, true, depth});
    };
    const auto whole = [&](const char* name, LinkType link, const PacketBuilder& packet, bool is_v6 = false) {
        rows.push_back({name, link, packet.octets(), Drop::none, is_v6});
    };
    const auto drop = [&](const char* name, Drop reason, LinkType link, const PacketBuilder& packet) {
        rows.push_back({name, link, packet.octets(), reason});
    };
    const auto outside = [] { return build().ethernet().ipv4(outer, outer_far); };

    // Link types.
    v4("Ethernet, IPv4", ethernet, build().ethernet(), 1);
    v6("Ethernet, IPv6", ethernet, build().ethernet(), 1);
    for (const auto link : {LinkType::raw, LinkType::raw_bsd, LinkType::raw_openbsd, LinkType::raw_v4}) {
        v4("raw IPv4", link, build(), 1);
    }
    for (const auto link : {LinkType::raw, LinkType::raw_bsd, LinkType::raw_openbsd, LinkType::raw_v6}) {
        v6("raw IPv6", link, build(), 1);
    }
    v4("Linux cooked v1, IPv4", LinkType::linux_sll, build().linux_sll());
    v6("Linux cooked v1, IPv6", LinkType::linux_sll, build().linux_sll());
    v4("Linux cooked v1, VLAN", LinkType::linux_sll, build().linux_sll().vlan(7), 2);
    v4("Linux cooked v2, IPv4", LinkType::linux_sll2, build().linux_sll2());
    v6("Linux cooked v2, IPv6", LinkType::linux_sll2, build().linux_sll2());
    v4("null, big-endian host", LinkType::null, build().append({0, 0, 0, 2}));
    v4("null, little-endian host", LinkType::null, build().append({2, 0, 0, 0}));
    for (const auto family : std::to_array<std::uint8_t>({10, 24, 28, 30})) {
        v6("null, a number for IPv6", LinkType::null, build().append({family, 0, 0, 0}));
        v6("loop, a number for IPv6", LinkType::loop, build().append({0, 0, 0, family}));
    }
    v4("loop, IPv4", LinkType::loop, build().append({0, 0, 0, 2}));
    v4("ARCNET, RFC 1051", LinkType::arcnet_linux, build().append({1, 2, 0, 0, 0xf0}));
    v4("ARCNET, RFC 1201", LinkType::arcnet_linux, build().append({1, 2, 0, 0, 0xd4, 0, 0, 1}));
    drop("ARCNET, a split packet", Drop::ethertype_other, LinkType::arcnet_linux,
         build().append({1, 2, 0, 0, 0xd4, 1, 0, 1}));
    drop("ARCNET, ARP", Drop::ethertype_other, LinkType::arcnet_linux, build().append({1, 2, 0, 0, 0xd5, 0, 0, 1}));
    drop("null, another family", Drop::ethertype_other, LinkType::null, build().append({7, 0, 0, 0}));
    drop("an unknown link type", Drop::link_unknown, LinkType{105}, build().ethernet());
    drop("no octets at all", Drop::link_truncated, ethernet, build());
    drop("no octets at all, raw", Drop::link_truncated, LinkType::raw, build());

    // Ethernet and what stands between it and IP.
    v4("802.1Q", ethernet, build().ethernet().vlan(7), 2);
    v6("802.1Q, IPv6", ethernet, build().ethernet().vlan(7), 2);
    v4("QinQ 0x88a8", ethernet, build().ethernet().vlan(7, 0x88a8).vlan(8), 3);
    v4("QinQ 0x9100", ethernet, build().ethernet().vlan(7, 0x9100).vlan(8), 3);
    v6("three tags", ethernet, build().ethernet().vlan(7, 0x88a8).vlan(8, 0x88a8).vlan(9), 4);
    v4("LLC and SNAP", ethernet, build().ethernet().snap());
    v4("VLAN, LLC and SNAP", ethernet, build().ethernet().vlan(7).snap());
    v4("Cisco metadata", ethernet,
       build().append({2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x89, 0x09, 1, 1, 0, 1, 0, 0, 0x08, 0}));
    v4("MPLS", ethernet, build().ethernet().mpls(100, true), 2);
    v6("MPLS, three labels", ethernet, build().ethernet().mpls(16, false).mpls(17, false).mpls(18, true), 4);
    v4("MPLS pseudowire", ethernet, build().ethernet().mpls(100, true).ethernet());
    v4("MPLS pseudowire with a control word", ethernet,
       build().ethernet().mpls(100, true).append({0, 0, 0, 1}).ethernet());
    v4("MPLS pseudowire, VLAN", ethernet, build().ethernet().mpls(100, true).ethernet().vlan(7));
    v4("PPPoE", ethernet, build().ethernet().pppoe());
    v6("PPPoE, IPv6", ethernet, build().ethernet().pppoe());
    v4("VLAN, PPPoE, MPLS", ethernet, build().ethernet().vlan(7).pppoe().mpls(100, true));
    drop("ARP", Drop::ethertype_other, ethernet, build().ethernet().carries(0x0806).payload("who has 192.0.2.1?"));
    drop("spanning tree", Drop::ethertype_other, ethernet,
         build().ethernet().append({0x42, 0x42, 3, 0, 0, 0, 0, 0}).set16(12, 8));
    drop("SNAP of another organisation", Drop::ethertype_other, ethernet,
         build().ethernet().append({0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0}).set16(12, 8));
    drop("MPLS over something else", Drop::mpls_malformed, ethernet,
         build().ethernet().mpls(100, true).payload("\x10 associated channel"));
    drop("PPPoE discovery under the session's type", Drop::ppp_other, ethernet,
         build().ethernet().pppoe().set(15, 9).append({0, 0}));
    drop("PPPoE, LCP", Drop::ppp_other, ethernet, build().ethernet().pppoe().carries(0xc021).append({1, 1}));

    // IP in IP and extension headers.
    v4("4in4", ethernet, outside(), 2);
    v6("6in4", ethernet, outside(), 2);
    v4("4in6", ethernet, build().ethernet().ipv6(outer_v6, outer_v6_far), 2);
    v6("6in6", ethernet, build().ethernet().ipv6(outer_v6, outer_v6_far), 2);
    v4("MPLS in IP", ethernet, outside().mpls(5, true));
    const auto v6_packet = [&] { return build().ethernet().ipv6(v6_querier, v6_authority); };
    const auto with_datagram = [&](PacketBuilder packet) { return packet.udp(1024, 53).payload("who is it"); };
    whole("hop-by-hop options", ethernet, with_datagram(v6_packet().extension(0)), true);
    whole("routing header", ethernet, with_datagram(v6_packet().extension(43, 2)), true);
    whole("destination options", ethernet, with_datagram(v6_packet().extension(60, 1)), true);
    whole("authentication header", ethernet, with_datagram(v6_packet().extension(51, 4)), true);
    whole("mobility, HIP and shim6", ethernet, with_datagram(v6_packet().extension(135).extension(139).extension(140)),
          true);
    whole("every extension header", ethernet,
          with_datagram(v6_packet().extension(0).extension(60).extension(43).ipv6_fragment(9, 0, false).extension(60)),
          true);
    whole("atomic fragment", ethernet, with_datagram(v6_packet().ipv6_fragment(9, 0, false)), true);
    whole("authentication header, IPv4", ethernet,
          with_datagram(build().ethernet().ipv4(v4_querier, v4_authority).extension(51, 4)));
    whole("IPv4 options", ethernet, with_datagram(build().ethernet().ipv4(v4_querier, v4_authority).ipv4_options(12)));
    drop("hop-by-hop options that are not first", Drop::ipv6_malformed, ethernet,
         with_datagram(v6_packet().extension(60).extension(0)));
    drop("an extension header beyond the end", Drop::ipv6_malformed, ethernet,
         with_datagram(v6_packet().extension(60)).set(55, 200));
    drop("destination options in IPv4", Drop::protocol_other, ethernet, with_datagram(outside().extension(60)));
    drop("ICMP that quotes a query", Drop::icmp, ethernet,
         build().ethernet().ipv4(outer, outer_far).carries(1).append({3, 3, 0, 0, 0, 0, 0, 0}).payload(datagram()));
    drop("ICMPv6", Drop::icmp, ethernet, v6_packet().carries(58).append({1, 4, 0, 0, 0, 0, 0, 0}));
    drop("ESP", Drop::protocol_other, ethernet, outside().carries(50).append({1, 4, 0, 0, 0, 0, 0, 0}));
    drop("no next header", Drop::protocol_other, ethernet, v6_packet().carries(59).append({0, 0}));
    drop("IP version 5", Drop::ip_version, ethernet, with_datagram(outside()).set(14, 0x55));
    drop("IPv4 header under 20 octets", Drop::ipv4_malformed, ethernet, with_datagram(outside()).set(14, 0x44));
    drop("IPv4 total length under its header", Drop::ipv4_malformed, LinkType::raw,
         build().append({0x45, 0, 0, 19, 0, 0, 0, 0, 64, 17, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2}));

    // GRE and ERSPAN.
    v4("GRE", ethernet, outside().gre(), 3);
    v6("GRE, IPv6", ethernet, outside().gre());
    v4("GRE over IPv6", ethernet, build().ethernet().ipv6(outer_v6, outer_v6_far).gre());
    v4("GRE with a checksum", ethernet, outside().gre(0x8000));
    v4("GRE with a key", ethernet, outside().gre(0x2000));
    v4("GRE with a sequence number", ethernet, outside().gre(0x1000));
    v4("GRE with all three", ethernet, outside().gre(0xb000));
    v4("GRE, Ethernet", ethernet, outside().gre(0x2000).ethernet());
    v4("GRE, MPLS", ethernet, outside().gre().mpls(4, true));
    v4("GRE in GRE", ethernet, outside().gre().ipv4(outer, outer_far).gre(0x2000));
    v4("GRE with source routing", ethernet,
       outside().carries(47).append({0x40, 0, 8, 0, 0, 0, 0, 0, 8, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0}));
    v4("GRE, WCCP v1", ethernet, outside().carries(47).append({0, 0, 0x88, 0x3e}));
    v4("GRE, WCCP v2", ethernet, outside().carries(47).append({0, 0, 0x88, 0x3e, 5, 0x59, 0, 0x48}));
    v4("GRE, Cisco metadata", ethernet,
       outside().carries(47).append({0x20, 0, 0x89, 9, 0, 0, 0, 0x28, 8, 0, 1, 1, 0, 1, 0, 0}));
    v4("PPTP", ethernet, outside().gre_pptp(false));
    v4("PPTP with an acknowledgment", ethernet, outside().gre_pptp(true));
    v4("PPTP with address and control", ethernet,
       outside().carries(47).append({0x30, 1, 0x88, 0x0b, 0, 0, 0, 9, 0, 0, 0, 1, 0xff, 3, 0, 0x21}));
    v4("PPTP with a shortened protocol", ethernet,
       outside().carries(47).append({0x30, 1, 0x88, 0x0b, 0, 0, 0, 9, 0, 0, 0, 1, 0x21}));
    v4("ERSPAN I", ethernet, outside().carries(47).append({0, 0, 0x88, 0xbe}).ethernet());
    v4("ERSPAN II", ethernet, outside().gre(0x1000).erspan_ii().ethernet());
    v4("ERSPAN II, VLAN", ethernet, outside().gre(0x1000).erspan_ii().ethernet().vlan(7));
    v4("ERSPAN III", ethernet, outside().gre(0x1000).erspan_iii(false).ethernet());
    v4("ERSPAN III with a platform header", ethernet, outside().gre(0x1000).erspan_iii(true).ethernet());
    v4("ERSPAN III, IP without Ethernet", ethernet, outside().gre(0x1000).erspan_iii(false, 2));
    drop("PPTP, a mere acknowledgment", Drop::ppp_other, ethernet,
         outside().carries(47).append({0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 9, 0, 0, 0, 1}));
    drop("GRE version 2", Drop::gre_malformed, ethernet, outside().gre(2));
    drop("GRE version 1 without PPP", Drop::gre_malformed, ethernet, outside().gre(0x3001));
    drop("ERSPAN of version 3", Drop::gre_malformed, ethernet, outside().gre(0x1000).erspan_ii().set(42, 0x30));
    drop("GRE keepalive", Drop::ethertype_other, ethernet, outside().gre());

    // Tunnels over UDP.
    v4("VXLAN", ethernet, outside().udp(50000, 4789).vxlan().ethernet(), 3);
    v6("VXLAN over IPv6, VLAN inside", ethernet,
       build().ethernet().ipv6(outer_v6, outer_v6_far).udp(50000, 4789).vxlan().ethernet().vlan(7));
    v4("VXLAN, answering to the port that asked", ethernet, outside().udp(4789, 50000).vxlan().ethernet());
    v4("GENEVE, Ethernet", ethernet, outside().udp(50000, 6081).geneve().ethernet());
    v4("GENEVE, options", ethernet, outside().udp(50000, 6081).geneve(3).ethernet());
    v4("GENEVE, IPv4", ethernet, outside().udp(50000, 6081).geneve(1));
    v6("GENEVE, IPv6", ethernet, outside().udp(50000, 6081).geneve());
    v4("TZSP", ethernet, outside().udp(50000, 37008).tzsp().ethernet());
    v4("VXLAN in GRE in QinQ", ethernet,
       build()
           .ethernet()
           .vlan(1, 0x88a8)
           .vlan(2)
           .ipv4(outer, outer_far)
           .gre()
           .ipv4(outer, outer_far)
           .udp(9, 4789)
           .vxlan()
           .ethernet(),
       7);
    drop("VXLAN without its flag", Drop::tunnel_malformed, ethernet,
         outside().udp(50000, 4789).append({0, 0, 0, 0, 0, 0, 7, 0}));
    drop("GENEVE version 1", Drop::tunnel_malformed, ethernet,
         outside().udp(50000, 6081).append({0x40, 0, 0x65, 0x58, 0, 0, 7, 0}));
    drop("TZSP version 2", Drop::tunnel_malformed, ethernet, outside().udp(50000, 37008).append({2, 0, 0, 1, 1}));
    drop("TZSP keepalive", Drop::ethertype_other, ethernet, outside().udp(50000, 37008).append({1, 4, 0, 0}));
    drop("TZSP without an end tag", Drop::link_truncated, ethernet,
         outside().udp(50000, 37008).append({1, 0, 0, 1, 0, 0, 10, 3, 1, 1, 1}));
    return rows;
}

TEST(Layers, reads_every_combination_down_to_the_innermost_packet) {
    for (const Row& row : rows()) {
        SCOPED_TRACE(row.name);
        const Parsed parsed = parse(row.link, row.octets);
        ASSERT_EQ(info(parsed.drop).name, info(row.drop).name);
        if (row.drop != Drop::none) {
            continue;
        }
        EXPECT_EQ(parsed.packet.source, *IpAddress::parse(row.is_v6 ? v6_querier : v4_querier));
        EXPECT_EQ(parsed.packet.destination, *IpAddress::parse(row.is_v6 ? v6_authority : v4_authority));
        EXPECT_EQ(parsed.packet.is_v6, row.is_v6);
        EXPECT_EQ(parsed.packet.protocol, Protocol::udp);
        EXPECT_EQ(parsed.packet.missing, 0U);
        EXPECT_EQ(parsed.packet.frames, 1U);
        EXPECT_FALSE(parsed.packet.is_fragment);
        EXPECT_EQ(parsed.payload, datagram());
        if (row.depth != 0) {
            EXPECT_EQ(parsed.packet.depth, row.depth);
        }
    }
}

TEST(Layers, agrees_with_the_reference_on_every_row_cut_anywhere) {
    for (const Row& row : rows()) {
        for (std::size_t size = 0; size <= row.octets.size(); ++size) {
            const Bytes cut(row.octets.begin(), row.octets.begin() + static_cast<std::ptrdiff_t>(size));
            ASSERT_EQ(reference::disagreement(row.link, cut, 24), "") << row.name << ", " << size << " octets";
        }
    }
}

TEST(Layers, agrees_with_the_reference_on_damaged_frames) {
    std::mt19937 random(2);
    const std::vector<Row> all = rows();
    for (int round = 0; round < 200000; ++round) {
        const Row& row = all[random() % all.size()];
        Bytes octets = row.octets;
        for (auto damage = 1 + random() % 3; damage > 0 && !octets.empty(); --damage) {
            octets[random() % octets.size()] = static_cast<std::uint8_t>(random());
        }
        ASSERT_EQ(reference::disagreement(row.link, octets, 1 + random() % 8), "") << row.name << " damaged";
    }
}

TEST(Layers, takes_the_straight_path_for_plain_frames_only) {
    constexpr std::array<std::uint16_t, 1> dns_ports{53};
    const auto is_plain = [&](const Bytes& octets, std::size_t depth_max) {
        Frame frame;
        frame.octets = octets.data();
        frame.captured = frame.length = static_cast<std::uint32_t>(octets.size());
        Packet packet;
        return parse_plain_frame(frame, {.dns_ports = dns_ports, .header_depth_max = depth_max}, packet);
    };
    PacketBuilder plain;
    PacketBuilder tagged;
    PacketBuilder v6;
    EXPECT_TRUE(is_plain(dns_v4(plain.ethernet()).octets(), 1));
    EXPECT_TRUE(is_plain(dns_v4(tagged.ethernet().vlan(7)).octets(), 2));
    EXPECT_FALSE(is_plain(tagged.octets(), 1)) << "one header more than allowed";
    EXPECT_TRUE(is_plain(dns_v6(v6.ethernet().vlan(7)).octets(), 2));
    EXPECT_TRUE(is_plain(build().ethernet().ipv4(outer, outer_far).tcp(1024, 53).octets(), 1));
    EXPECT_FALSE(is_plain(build().ethernet().ipv4(outer, outer_far).udp(1024, 4789).vxlan().octets(), 1));
}

TEST(Layers, cuts_ethernet_padding_off_by_the_length_in_the_ip_header) {
    EXPECT_EQ(parse(LinkType::ethernet,
                    build().ethernet().ipv4(outer, outer_far).carries(17).payload(datagram()).padding(30).octets())
                  .payload,
              datagram());
    EXPECT_EQ(
        parse(LinkType::ethernet,
              build().ethernet().ipv6(outer_v6, outer_v6_far).carries(17).payload(datagram()).padding(30).octets())
            .payload,
        datagram());
    EXPECT_TRUE(parse(LinkType::ethernet, build().ethernet().ipv4(outer, outer_far).carries(17).padding(26).octets())
                    .payload.empty());
}

TEST(Layers, reads_a_length_of_zero_as_captured) {
    // Segmentation offload leaves the field empty in captures of the sending host; jumbograms have it by design.
    Bytes v4 = build().ethernet().ipv4(outer, outer_far).udp(1024, 53).payload("who is it").octets();
    v4[16] = v4[17] = 0;
    EXPECT_EQ(parse(LinkType::ethernet, v4).payload, datagram());
    EXPECT_EQ(parse(LinkType::ethernet, v4).packet.missing, 0U);
    Bytes v6 = build().ethernet().ipv6(outer_v6, outer_v6_far).extension(0).udp(1024, 53).payload("who is it").octets();
    v6[18] = v6[19] = 0;
    EXPECT_EQ(parse(LinkType::ethernet, v6).payload, datagram());
}

TEST(Layers, says_how_many_octets_the_snap_length_cut) {
    for (const bool is_v6 : {false, true}) {
        PacketBuilder packet;
        packet.ethernet();
        Bytes octets = (is_v6 ? dns_v6(packet) : dns_v4(packet)).octets();
        octets.resize(octets.size() - 5);
        const Parsed parsed = parse(LinkType::ethernet, octets);
        ASSERT_EQ(parsed.drop, Drop::none);
        EXPECT_EQ(parsed.packet.missing, 5U);
        EXPECT_EQ(parsed.payload.size(), datagram().size() - 5);
    }
    // Through a tunnel it is the innermost packet that tells.
    PacketBuilder packet;
    Bytes octets = dns_v4(packet.ethernet().ipv4(outer, outer_far).udp(1, 4789).vxlan().ethernet()).octets();
    octets.resize(octets.size() - 5);
    EXPECT_EQ(parse(LinkType::ethernet, octets).packet.missing, 5U);
}

TEST(Layers, knows_an_extension_header_that_was_cut_from_one_that_lies) {
    Bytes octets =
        build().ethernet().ipv6(outer_v6, outer_v6_far).extension(60, 3).udp(1024, 53).payload("who is it").octets();
    octets.resize(14 + 40 + 16);
    EXPECT_EQ(parse(LinkType::ethernet, octets).drop, Drop::link_truncated);
    octets[18] = 0;
    octets[19] = 16;
    EXPECT_EQ(parse(LinkType::ethernet, octets).drop, Drop::ipv6_malformed);
}

TEST(Layers, lets_a_dns_port_win_over_a_tunnel_port) {
    // A resolver may happen to ask from port 4789.
    for (const auto port : std::to_array<std::uint16_t>({4789, 6081, 37008})) {
        for (const bool is_response : {false, true}) {
            PacketBuilder packet;
            packet.ethernet().ipv4(v4_querier, v4_authority);
            packet.udp(is_response ? 53 : port, is_response ? port : 53).payload("who is it");
            const Parsed parsed = parse(LinkType::ethernet, packet.octets());
            ASSERT_EQ(parsed.drop, Drop::none) << port;
            EXPECT_EQ(parsed.packet.source, *IpAddress::parse(v4_querier));
        }
    }
}

TEST(Layers, ends_at_a_fragment_and_says_where_it_belongs) {
    const Parsed first =
        parse(LinkType::ethernet,
              build().ethernet().ipv4(v4_querier, v4_authority).ipv4_fragment(77, 0, true).udp(1, 53).octets());
    ASSERT_EQ(first.drop, Drop::none);
    EXPECT_TRUE(first.packet.is_fragment && first.packet.more_fragments);
    EXPECT_EQ(first.packet.fragment_id, 77U);
    EXPECT_EQ(first.packet.fragment_offset, 0U);
    EXPECT_EQ(first.payload.size(), 8U);

    const Parsed first_v6 =
        parse(LinkType::ethernet,
              build().ethernet().ipv6(v6_querier, v6_authority).ipv6_fragment(9, 0, true).udp(1, 53).octets());
    ASSERT_EQ(first_v6.drop, Drop::none);
    EXPECT_TRUE(first_v6.packet.is_fragment && first_v6.packet.more_fragments);
    EXPECT_EQ(first_v6.packet.fragment_id, 9U);

    const Parsed last = parse(LinkType::ethernet, build()
                                                      .ethernet()
                                                      .ipv6(v6_querier, v6_authority)
                                                      .extension(0)
                                                      .extension(43)
                                                      .ipv6_fragment(0xdeadbeef, 65528, false)
                                                      .payload("tail")
                                                      .set(70, 17)
                                                      .octets());
    ASSERT_EQ(last.drop, Drop::none);
    EXPECT_TRUE(last.packet.is_fragment && !last.packet.more_fragments);
    EXPECT_EQ(last.packet.fragment_id, 0xdeadbeefU);
    EXPECT_EQ(last.packet.fragment_offset, 65528U);
    EXPECT_EQ(last.packet.protocol, Protocol::udp) << "what the fragment header says";
    EXPECT_EQ(last.payload.size(), 4U);
    EXPECT_EQ(last.packet.depth, 4U);
}

TEST(Layers, walks_on_into_a_reassembled_packet) {
    // A tunnel whose outer packet was fragmented: its payload, once whole, is a GRE packet with a query in it.
    PacketBuilder inside;
    const Bytes payload = dns_v4(inside.append({0, 0, 8, 0})).octets();
    Packet packet;
    packet.payload = payload;
    packet.protocol = Protocol::gre;
    packet.depth = 3;
    packet.frames = 7;
    constexpr std::array<std::uint16_t, 1> dns_ports{53};
    ASSERT_EQ(parse_payload({.dns_ports = dns_ports, .header_depth_max = 5}, packet), Drop::none);
    EXPECT_EQ(packet.source, *IpAddress::parse(v4_querier));
    EXPECT_EQ(packet.frames, 7U);
    EXPECT_EQ(packet.depth, 5U);
    packet.payload = payload;
    packet.protocol = Protocol::gre;
    packet.depth = 4;
    EXPECT_EQ(parse_payload({.dns_ports = dns_ports, .header_depth_max = 5}, packet), Drop::header_too_deep);
}

TEST(Layers, goes_as_deep_as_it_may_and_no_deeper) {
    const auto stacked = [](int labels) {
        PacketBuilder packet;
        packet.ethernet();
        for (int i = 1; i <= labels; ++i) {
            packet.mpls(16, i == labels);
        }
        return dns_v4(packet).octets();
    };
    EXPECT_EQ(parse(LinkType::ethernet, stacked(23), 24).drop, Drop::none);
    EXPECT_EQ(parse(LinkType::ethernet, stacked(24), 24).drop, Drop::header_too_deep);
    EXPECT_EQ(parse(LinkType::ethernet, stacked(254), 255).drop, Drop::none);
    EXPECT_EQ(parse(LinkType::ethernet, stacked(255), 1000).drop, Drop::header_too_deep) << "255 is the most";
    PacketBuilder nested;
    nested.ethernet();
    for (int i = 0; i < 24; ++i) {
        nested.ipv4(outer, outer_far);
    }
    EXPECT_EQ(parse(LinkType::ethernet, dns_v4(nested).octets(), 24).drop, Drop::header_too_deep);
}

TEST(Layers, tells_ipv6_from_ipv4_by_the_header_and_not_by_the_address) {
    const Parsed parsed = parse(LinkType::ethernet, build()
                                                        .ethernet()
                                                        .ipv6("::ffff:192.0.2.1", "::ffff:192.0.2.2")
                                                        .extension(60)
                                                        .udp(1024, 53)
                                                        .payload("who is it")
                                                        .octets());
    ASSERT_EQ(parsed.drop, Drop::none);
    EXPECT_TRUE(parsed.packet.is_v6);
    EXPECT_EQ(parsed.payload, datagram());
}

}  // namespace
}  // namespace echotap
