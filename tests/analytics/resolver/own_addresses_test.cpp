// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/own_addresses.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace echotap {
namespace {

ResolverConfig asking(const char* server) {
    ResolverConfig config;
    config.servers = {*NameServer::parse(server)};
    return config;
}

TEST(OwnAddresses, are_never_those_that_no_tap_sees) {
    ResolverConfig config;
    config.servers = {*NameServer::parse("127.0.0.1"), *NameServer::parse("::1"), *NameServer::parse("127.0.0.1:5353")};
    config.source_addresses = {*IpAddress::parse("127.0.0.1")};
    const auto own = own_addresses(config);
    for (const IpAddress& address : own) {
        EXPECT_NE(address.octets()[12], address.is_v4() ? 127 : 256) << address.to_string();
        EXPECT_FALSE(!address.is_v4() && address.octets()[0] == 0xfe) << address.to_string();
    }
    EXPECT_TRUE(std::is_sorted(own.begin(), own.end()));
    EXPECT_EQ(std::adjacent_find(own.begin(), own.end()), own.end());
}

TEST(OwnAddresses, of_a_server_on_this_host_are_all_that_a_server_elsewhere_gives_and_more) {
    // Without a route nothing is known, and nothing is wrong.
    const auto local = own_addresses(asking("127.0.0.1"));
    for (const char* server : {"192.0.2.53", "2001:db8::53"}) {
        const auto towards = own_addresses(asking(server));
        EXPECT_LE(towards.size(), 1U);
        EXPECT_TRUE(std::includes(local.begin(), local.end(), towards.begin(), towards.end()));
    }
}

TEST(OwnAddresses, refuse_a_source_that_is_not_of_this_host) {
    ResolverConfig config;
    config.source_addresses = {*IpAddress::parse("192.0.2.1")};
    EXPECT_THROW(own_addresses(config), std::runtime_error);
}

TEST(OwnAddresses, are_left_out_of_the_line_where_somebody_is_asked) {
    LineConfig line;
    line.own_resolver_addresses = {*IpAddress::parse("192.0.2.9")};
    EXPECT_TRUE(leave_out_own_questions(line, {}).empty());
    EXPECT_EQ(line.own_resolver_addresses.size(), 1U);
    const ResolverConfig config = asking("127.0.0.1");
    EXPECT_EQ(leave_out_own_questions(line, config), own_addresses(config));
    EXPECT_EQ(line.own_resolver_addresses.size(), 1 + own_addresses(config).size());
}

}  // namespace
}  // namespace echotap
