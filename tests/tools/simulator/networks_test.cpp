// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/networks.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tests/tools/simulator/made_up_networks.hpp"

namespace echotap {
namespace {

TEST(Networks, gives_addresses_of_the_country) {
    const Networks networks =
        Networks::parse("192.0.2.0/24\tDE\t64500\n198.51.100.0/22\tFR\t64501\n2001:db8::/32\tFR\t64501\n", "list");
    ASSERT_EQ(networks.countries().size(), 2U);
    EXPECT_EQ(networks.countries()[0].text(), "FR");
    EXPECT_EQ(networks.country("DE"), 1);
    Random random(1);
    for (int i = 0; i < 100; ++i) {
        Site site;
        EXPECT_EQ(networks.draw_v4_block(random, 1, site), 0xc0000200U);
        EXPECT_EQ(site.as_number, 64'500U);
        EXPECT_EQ(networks.draw_v4_block(random, 0, site) & 0xfffffc00U, 0xc6336400U);
        EXPECT_TRUE(Prefix::parse("2001:db8::/32")->contains(networks.draw_v6_block(random, 1, site)));
        EXPECT_EQ(site.country, 0);
    }
    EXPECT_THROW((void)networks.country("XY"), std::runtime_error);
}

TEST(Networks, says_where_a_list_is_wrong) {
    struct Case {
        std::string text;
        std::string what;
    };
    for (const Case& one :
         {Case{"", "has no IPv4 network"}, Case{"\n", "list:1:"}, Case{"192.0.2.0/24 DE 1\n", "list:1:"},
          Case{"192.0.2.0/24\tDE\t1\n192.0.2.1/24\tDE\t1\n", "list:2:"}, Case{"192.0.2.0/24\tDEU\t1\n", "list:1:"},
          Case{"192.0.2.0/24\tDE\tAS1\n", "list:1:"}, Case{"192.0.2.0/24\tDE\t99999999999\n", "list:1:"},
          Case{"2001:db8::/32\tDE\t1\n", "IPv4"}}) {
        try {
            (void)Networks::parse(one.text, "list");
            ADD_FAILURE() << "took: " << one.text;
        } catch (const std::runtime_error& error) {
            EXPECT_NE(std::string(error.what()).find(one.what), std::string::npos) << error.what();
            EXPECT_NE(std::string(error.what()).find("tools/make_networks"), std::string::npos) << error.what();
        }
    }
    EXPECT_THROW((void)Networks::read("/nowhere/networks.tsv"), std::runtime_error);
}

TEST(Networks, the_digest_names_the_list) {
    const std::string text = test::made_up_network_list();
    EXPECT_EQ(Networks::parse(text, "one").digest(), test::made_up_networks().digest());
    EXPECT_NE(Networks::parse(text + "203.0.113.0/24\tAA\t1\n", "other").digest(), test::made_up_networks().digest());
}

}  // namespace
}  // namespace echotap
