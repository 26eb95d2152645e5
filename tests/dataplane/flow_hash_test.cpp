// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow_hash.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/reference/flow_hash_reference.hpp"

namespace echotap {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes operator+(Bytes one, const Bytes& other) {
    one.insert(one.end(), other.begin(), other.end());
    return one;
}

Bytes ipv4(const std::string& source, const std::string& destination, const Bytes& payload = {}, unsigned offset = 0) {
    Bytes packet{0x45, 0, 0, static_cast<std::uint8_t>(20 + payload.size()), 0x12, 0x34, 0, 0, 64, 17, 0, 0};
    packet[6] = static_cast<std::uint8_t>(offset >> 8U);
    packet[7] = static_cast<std::uint8_t>(offset);
    for (const std::string& text : {source, destination}) {
        const std::array<std::uint8_t, 16> octets = IpAddress::parse(text)->octets();
        packet.insert(packet.end(), octets.begin() + 12, octets.end());
    }
    return packet + payload;
}

Bytes ipv6(const std::string& source, const std::string& destination, std::uint8_t next = 17,
           const Bytes& payload = {}) {
    Bytes packet{0x60, 0, 0, 0, 0, static_cast<std::uint8_t>(payload.size()), next, 64};
    for (const std::string& text : {source, destination}) {
        const std::array<std::uint8_t, 16> octets = IpAddress::parse(text)->octets();
        packet.insert(packet.end(), octets.begin(), octets.end());
    }
    return packet + payload;
}

const Bytes macs{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};

std::uint32_t hash(const Bytes& octets, LinkType link = LinkType::ethernet) {
    Frame frame;
    frame.octets = octets.data();
    frame.captured = static_cast<std::uint32_t>(octets.size());
    frame.link = link;
    return flow_hash(frame);
}

/// What may stand between the link and the outermost IP header: the octets up to it, for IPv4 and for IPv6.
struct Front {
    const char* name;
    LinkType link;
    Bytes v4;
    Bytes v6;
};

const std::vector<Front> fronts{
    {"Ethernet", LinkType::ethernet, macs + Bytes{0x08, 0}, macs + Bytes{0x86, 0xdd}},
    {"802.1Q", LinkType::ethernet, macs + Bytes{0x81, 0, 0, 5, 8, 0}, macs + Bytes{0x81, 0, 0, 5, 0x86, 0xdd}},
    {"QinQ", LinkType::ethernet, macs + Bytes{0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0},
     macs + Bytes{0x91, 0, 0, 5, 0x81, 0, 0, 6, 0x86, 0xdd}},
    {"two MPLS labels", LinkType::ethernet, macs + Bytes{0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64},
     macs + Bytes{0x88, 0x48, 0, 1, 0, 64, 0, 2, 1, 64}},
    {"MPLS pseudowire with control word", LinkType::ethernet,
     macs + Bytes{0x88, 0x47, 0, 1, 1, 64, 0, 0, 0, 0} + macs + Bytes{8, 0},
     macs + Bytes{0x88, 0x47, 0, 1, 1, 64, 0, 0, 0, 0} + macs + Bytes{0x86, 0xdd}},
    {"MPLS pseudowire without", LinkType::ethernet,
     macs + Bytes{0x88, 0x47, 0, 1, 1, 64} + Bytes{0x12} + Bytes(11) + Bytes{8, 0},
     macs + Bytes{0x88, 0x47, 0, 1, 1, 64} + Bytes{0x12} + Bytes(11) + Bytes{0x86, 0xdd}},
    {"PPPoE", LinkType::ethernet, macs + Bytes{0x88, 0x64, 0x11, 0, 0, 1, 0, 9, 0, 0x21},
     macs + Bytes{0x88, 0x64, 0x11, 0, 0, 1, 0, 9, 0, 0x57}},
    {"MPLS in PPPoE behind a tag", LinkType::ethernet,
     macs + Bytes{0x81, 0, 0, 7, 0x88, 0x64, 0x11, 0, 0, 1, 0, 9, 2, 0x81, 0, 1, 1, 64},
     macs + Bytes{0x81, 0, 0, 7, 0x88, 0x64, 0x11, 0, 0, 1, 0, 9, 2, 0x81, 0, 1, 1, 64}},
    {"LLC/SNAP", LinkType::ethernet, macs + Bytes{0, 40, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0},
     macs + Bytes{0, 60, 0xaa, 0xaa, 3, 0, 0, 0, 0x86, 0xdd}},
    {"raw", LinkType::raw, {}, {}},
    {"raw, BSD", LinkType::raw_bsd, {}, {}},
    {"raw, OpenBSD", LinkType::raw_openbsd, {}, {}},
    {"null", LinkType::null, {2, 0, 0, 0}, {30, 0, 0, 0}},
    {"loop", LinkType::loop, {0, 0, 0, 2}, {0, 0, 0, 30}},
    {"cooked v1", LinkType::linux_sll, Bytes(14) + Bytes{8, 0}, Bytes(14) + Bytes{0x86, 0xdd}},
    {"cooked v1 with a tag", LinkType::linux_sll, Bytes(14) + Bytes{0x81, 0, 0, 9, 8, 0},
     Bytes(14) + Bytes{0x81, 0, 0, 9, 0x86, 0xdd}},
    {"cooked v2", LinkType::linux_sll2, Bytes{8, 0} + Bytes(18), Bytes{0x86, 0xdd} + Bytes(18)},
};

TEST(FlowHash, is_the_same_in_both_directions_behind_every_link_layer) {
    const std::uint32_t v4 = flow_hash(*IpAddress::parse("192.0.2.1"), *IpAddress::parse("198.51.100.53"));
    const std::uint32_t v6 = flow_hash(*IpAddress::parse("2001:db8::1"), *IpAddress::parse("2001:db8::53"));
    EXPECT_NE(v4, v6);
    for (const Front& front : fronts) {
        EXPECT_EQ(hash(front.v4 + ipv4("192.0.2.1", "198.51.100.53"), front.link), v4) << front.name;
        EXPECT_EQ(hash(front.v4 + ipv4("198.51.100.53", "192.0.2.1"), front.link), v4) << front.name;
        EXPECT_EQ(hash(front.v6 + ipv6("2001:db8::1", "2001:db8::53"), front.link), v6) << front.name;
        EXPECT_EQ(hash(front.v6 + ipv6("2001:db8::53", "2001:db8::1"), front.link), v6) << front.name;
    }
}

TEST(FlowHash, is_the_same_for_all_fragments_and_ports) {
    const Bytes front = macs + Bytes{8, 0};
    const std::uint32_t whole = hash(front + ipv4("192.0.2.1", "198.51.100.53", {0, 53, 4, 5, 0, 8, 0, 0}));
    EXPECT_EQ(hash(front + ipv4("192.0.2.1", "198.51.100.53", {9, 9, 0, 53, 0, 8, 0, 0}, 0x2000)), whole);
    EXPECT_EQ(hash(front + ipv4("192.0.2.1", "198.51.100.53", {1, 2, 3}, 185)), whole);
    const Bytes front_v6 = macs + Bytes{0x86, 0xdd};
    EXPECT_EQ(hash(front_v6 + ipv6("2001:db8::1", "2001:db8::53", 44, {17, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4})),
              hash(front_v6 + ipv6("2001:db8::1", "2001:db8::53", 17, {1, 2, 3, 4})));
}

TEST(FlowHash, is_0_where_there_are_no_whole_addresses) {
    Bytes tags = macs;
    for (int i = 0; i < 17; ++i) {
        tags = tags + Bytes{0x81, 0, 0, 1};
    }
    const struct {
        const char* name;
        Bytes octets;
    } rows[] = {
        {"nothing", {}},
        {"half an Ethernet header", Bytes(7, 0x45)},
        {"ARP", macs + Bytes{8, 6} + Bytes(28)},
        {"IPv4 cut before the destination", macs + Bytes{8, 0} + Bytes(19, 0x45)},
        {"IPv6 cut before the end of the destination", macs + Bytes{0x86, 0xdd} + Bytes(39, 0x60)},
        {"IP version 5", macs + Bytes{8, 0} + Bytes(40, 0x55)},
        {"PPPoE with LCP", macs + Bytes{0x88, 0x64, 0x11, 0, 0, 1, 0, 9, 0xc0, 0x21} + Bytes(40, 0x45)},
        {"a label stack without a bottom", macs + Bytes{0x88, 0x47} + Bytes(400)},
        {"more tags than are followed", tags + Bytes{8, 0} + Bytes(20, 0x45)},
        {"spanning tree", macs + Bytes{0, 38, 0x42, 0x42, 3} + Bytes(35)},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(hash(row.octets), 0U) << row.name;
    }
}

TEST(FlowHash, never_depends_on_octets_behind_the_captured_ones) {
    for (const Front& front : fronts) {
        const Bytes frame = front.v6 + ipv6("2001:db8::1", "2001:db8::53");
        for (std::size_t size = 0; size < frame.size(); ++size) {
            // At its exact size on the heap, so that ASan sees a read too far.
            EXPECT_EQ(hash(Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size)), front.link), 0U)
                << front.name << " cut to " << size;
        }
    }
}

TEST(FlowHash, agrees_with_the_reference_on_random_frames) {
    std::mt19937 random(20);
    std::size_t with_addresses = 0;
    for (int round = 0; round < 200000; ++round) {
        const Front& front = fronts[random() % fronts.size()];
        Bytes octets = random() % 2 == 0 ? front.v4 + Bytes{0x45} + Bytes(19) : front.v6 + Bytes{0x60} + Bytes(39);
        for (std::size_t change = random() % 4; change > 0; --change) {
            octets[random() % octets.size()] = static_cast<std::uint8_t>(random());
        }
        for (std::size_t i = octets.size() - std::min<std::size_t>(octets.size(), 16); i < octets.size(); ++i) {
            octets[i] = static_cast<std::uint8_t>(random());
        }
        octets.resize(octets.size() - random() % 2 * (random() % octets.size()));
        octets.shrink_to_fit();
        const auto addresses = reference::outermost_addresses(octets, front.link);
        with_addresses += addresses ? 1U : 0U;
        ASSERT_EQ(hash(octets, front.link), addresses ? flow_hash(addresses->first, addresses->second) : 0U)
            << front.name << ", round " << round;
    }
    EXPECT_GT(with_addresses, 50000U);
}

TEST(FlowHash, spreads_neighbours_evenly) {
    // The hard case: addresses that differ in their last octets only, towards one authority.
    const IpAddress authority = *IpAddress::parse("198.51.100.53");
    for (const std::size_t workers : {2U, 3U, 4U, 7U, 16U}) {
        std::map<std::size_t, int> frames;
        const int queriers = 64000;
        for (int i = 0; i < queriers; ++i) {
            const std::uint8_t octets[4] = {192, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
            ++frames[worker_of(flow_hash(IpAddress::from_v4(octets), authority), workers)];
        }
        ASSERT_EQ(frames.size(), workers);
        for (const auto& [worker, count] : frames) {
            const double fair = static_cast<double>(queriers) / static_cast<double>(workers);
            EXPECT_NEAR(count, fair, fair * 0.05) << worker << " of " << workers;
        }
    }
}

}  // namespace
}  // namespace echotap
