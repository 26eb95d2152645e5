// SPDX-License-Identifier: Apache-2.0
#include "config/ip_address.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <random>

namespace echotap {
namespace {

TEST(IpAddress, prints_ipv6_as_rfc_5952_asks) {
    for (const char* text : {"::", "::1", "1::", "2001:db8::1", "2001:db8:0:1:1:1:1:1", "2001:0:0:1::1",
                             "fe80::1:0:0:1", "1:2:3:4:5:6:7:8", "0:1::", "192.0.2.1", "255.255.255.255", "0.0.0.0"}) {
        const auto address = IpAddress::parse(text);
        ASSERT_TRUE(address) << text;
        EXPECT_EQ(address->to_string(), text);
    }
    EXPECT_EQ(IpAddress::parse("1:0:0:2:0:0:3:4")->to_string(), "1::2:0:0:3:4") << "first of two equal runs";
}

TEST(IpAddress, agrees_with_inet_ntop_on_random_addresses) {
    std::mt19937 random(1);
    for (int round = 0; round < 100000; ++round) {
        std::array<std::uint8_t, 16> octets{};
        for (auto& octet : octets) {
            octet = random() % 3 == 0 ? static_cast<std::uint8_t>(random()) : 0;
        }
        octets[0] = 0x20;  // outside ::/96, where inet_ntop prints dotted quads
        std::array<char, INET6_ADDRSTRLEN> expected{};
        ASSERT_NE(inet_ntop(AF_INET6, octets.data(), expected.data(), expected.size()), nullptr);
        const std::string text = IpAddress::from_v6(octets.data()).to_string();
        ASSERT_EQ(text, expected.data());
        ASSERT_EQ(IpAddress::parse(text), IpAddress::from_v6(octets.data()));
    }
}

TEST(IpAddress, refuses_what_is_no_address) {
    for (const char* text : {"", "1.2.3", "1.2.3.256", "1.2.3.4.5", "::g", "1.2.3.4/32", " 1.2.3.4"}) {
        EXPECT_FALSE(IpAddress::parse(text)) << text;
    }
}

TEST(Prefix, contains_its_addresses_and_no_others) {
    const auto prefix = Prefix::parse("192.0.2.0/25");
    ASSERT_TRUE(prefix);
    EXPECT_TRUE(prefix->contains(*IpAddress::parse("192.0.2.127")));
    EXPECT_FALSE(prefix->contains(*IpAddress::parse("192.0.2.128")));
    EXPECT_FALSE(prefix->contains(*IpAddress::parse("::c000:0200")));
    EXPECT_TRUE(Prefix::parse("::/0")->contains(*IpAddress::parse("2001:db8::1")));
    EXPECT_FALSE(Prefix::parse("::/0")->contains(*IpAddress::parse("192.0.2.1"))) << "of the other family";
    EXPECT_FALSE(Prefix::parse("0.0.0.0/0")->contains(*IpAddress::parse("2001:db8::1"))) << "of the other family";
    EXPECT_EQ(prefix->to_string(), "192.0.2.0/25");
    EXPECT_EQ(Prefix::parse("2001:db8::/32")->to_string(), "2001:db8::/32");
    EXPECT_EQ(Prefix::parse("2001:db8::1")->length(), 128U);
}

TEST(Prefix, refuses_host_bits_and_wrong_lengths) {
    for (const char* text : {"192.0.2.1/24", "192.0.2.0/33", "2001:db8::/129", "2001:db8::1/32", "192.0.2.0/", "/24",
                             "192.0.2.0/-1", "192.0.2.0/2x"}) {
        EXPECT_FALSE(Prefix::parse(text)) << text;
    }
}

}  // namespace
}  // namespace echotap
