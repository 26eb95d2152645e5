// SPDX-License-Identifier: Apache-2.0
#include "analytics/names/public_suffixes.hpp"

#include <gtest/gtest.h>

namespace echotap {
namespace {

TEST(PublicSuffixes, the_last_component_is_public_and_known_ends_are) {
    const PublicSuffixes suffixes({"co", "net"}, {"ns.ca", "in-addr.arpa", "c.example", "a.b.c.example"});
    const struct {
        std::string_view name;
        std::string_view end;
    } rows[] = {
        {"www.example.com", "com"},
        {"www.example.co.uk", "co.uk"},
        {"co.uk", "co.uk"},
        {"uk", "uk"},
        {"", ""},
        {"x.co.com", "com"},
        {"x.co.u1", "u1"},
        {"xco.uk", "uk"},
        {"gov.ns.ca", "ns.ca"},
        {"gov.xns.ca", "ca"},
        {"ns.ca", "ns.ca"},
        {"1.in-addr.arpa", "in-addr.arpa"},
        {"x.a.b.c.example", "a.b.c.example"},
        {"b.c.example", "c.example"},
        {"bc.example", "example"},
        {"net..uk", "uk"},
        {"a.", ""},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(row.name.substr(suffixes.begin_in(row.name)), row.end) << row.name;
    }
}

TEST(PublicSuffixes, without_words_only_the_last_component_is_public) {
    EXPECT_EQ(PublicSuffixes().begin_in("example.co.uk"), 11U);
}

TEST(PublicSuffixes, knows_what_lies_below_an_end) {
    const PublicSuffixes suffixes({}, {"a.b.example"});
    EXPECT_TRUE(suffixes.has_below("b.example"));
    EXPECT_TRUE(suffixes.has_below("a.b.example"));
    EXPECT_FALSE(suffixes.has_below("x.a.b.example"));
    EXPECT_FALSE(suffixes.has_below("xample"));
}

}  // namespace
}  // namespace echotap
