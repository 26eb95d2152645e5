// SPDX-License-Identifier: Apache-2.0
#include "analytics/names/provider_ranges.hpp"

#include <gtest/gtest.h>

#include "tools/simulator/random.hpp"

namespace echotap {
namespace {

/// The first rule that holds the address, by looking at each.
std::optional<std::uint16_t> first_of(const std::vector<RangeRule>& rules, const IpAddress& address) {
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (rules[i].range.contains(address)) {
            return static_cast<std::uint16_t>(i);
        }
    }
    return std::nullopt;
}

TEST(ProviderRanges, agree_with_a_look_at_every_range) {
    Random random(1);
    for (unsigned round = 0; round < 300; ++round) {
        std::vector<RangeRule> rules;
        for (std::uint32_t count = random.below(30); count > 0; --count) {
            // Few bits differ, so that ranges nest, touch and repeat.
            std::array<std::uint8_t, 4> octets{static_cast<std::uint8_t>(random.chance(5'000) ? 0xff : 0xfe), 0,
                                               static_cast<std::uint8_t>(random.below(4) * 0x55U), 0xff};
            rules.push_back({NameCategory::cdn, Prefix(IpAddress::from_v4(octets.data()), 102 + random.below(27))});
        }
        const ProviderRanges ranges(rules);
        std::vector<IpAddress> addresses{IpAddress(), *IpAddress::parse("255.255.255.255"),
                                         *IpAddress::parse("ffff::")};
        for (const RangeRule& rule : rules) {
            auto octets = rule.range.address().octets();
            addresses.push_back(rule.range.address());
            for (const unsigned bit : {1U, 8U, 64U, 255U}) {
                octets[15] = static_cast<std::uint8_t>(octets[15] ^ bit);
                addresses.push_back(IpAddress::from_v6(octets.data()));
                octets[14] = static_cast<std::uint8_t>(octets[14] ^ bit);
                addresses.push_back(IpAddress::from_v6(octets.data()));
            }
        }
        for (const IpAddress& address : addresses) {
            ASSERT_EQ(ranges.find(address), first_of(rules, address)) << address.to_string() << " round " << round;
        }
    }
}

TEST(ProviderRanges, reach_to_the_last_address) {
    const std::vector<RangeRule> rules{{NameCategory::ms, *Prefix::parse("ff00::/8")},
                                       {NameCategory::aws, *Prefix::parse("::/0")}};
    const ProviderRanges ranges(rules);
    EXPECT_EQ(ranges.find(*IpAddress::parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")), 0);
    EXPECT_EQ(ranges.find(*IpAddress::parse("fe00::")), 1);
}

}  // namespace
}  // namespace echotap
