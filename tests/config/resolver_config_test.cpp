// SPDX-License-Identifier: Apache-2.0
#include "config/resolver_config.hpp"

#include <gtest/gtest.h>

namespace echotap {
namespace {

TEST(NameServer, is_an_address_with_or_without_a_port) {
    const struct {
        const char* text;
        const char* printed;
    } rows[] = {
        {"192.0.2.1", "192.0.2.1:53"},
        {"192.0.2.1:5353", "192.0.2.1:5353"},
        {"192.0.2.1:65535", "192.0.2.1:65535"},
        {"2001:db8::1", "[2001:db8::1]:53"},
        {"2001:db8::1:5353", "[2001:db8::1:5353]:53"},  // all of it is the address
        {"[2001:db8::1]:5353", "[2001:db8::1]:5353"},
        {"::1", "[::1]:53"},
    };
    for (const auto& row : rows) {
        const auto server = NameServer::parse(row.text);
        ASSERT_TRUE(server.has_value()) << row.text;
        EXPECT_EQ(server->to_string(), row.printed);
        EXPECT_EQ(NameServer::parse(server->to_string()), server) << row.text;
    }
}

TEST(NameServer, is_nothing_else) {
    for (const char* text :
         {"", "ns.example.net", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:53x", "192.0.2.1:-1",
          "[192.0.2.1]:53", "[2001:db8::1]", "2001:db8::1:99999", "[]:53", ":53", "192.0.2.256", "[2001:db8::1]53"}) {
        EXPECT_FALSE(NameServer::parse(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace echotap
