// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/rss.hpp"

#include <gtest/gtest.h>

#include <random>

namespace echotap {
namespace {

/// Toeplitz as Microsoft's RSS specification has it, bit by bit.
std::uint32_t toeplitz(const std::vector<std::uint8_t>& key, const std::vector<std::uint8_t>& input) {
    std::uint32_t hash = 0;
    for (std::size_t bit = 0; bit < input.size() * 8; ++bit) {
        if ((input[bit / 8] >> (7 - bit % 8) & 1U) != 0) {
            for (std::size_t i = 0; i < 32; ++i) {
                const std::size_t at = bit + i;
                hash ^= (key.at(at / 8) >> (7 - at % 8) & 1U) << (31 - i);
            }
        }
    }
    return hash;
}

TEST(Rss, hashes_both_directions_to_the_same_value) {
    std::mt19937 random(3);
    const std::vector<std::uint8_t> key = symmetric_key(40);
    for (const std::size_t size : {4U, 16U}) {
        for (int round = 0; round < 500; ++round) {
            std::vector<std::uint8_t> one(size);
            std::vector<std::uint8_t> other(size);
            for (std::size_t i = 0; i < size; ++i) {
                one[i] = static_cast<std::uint8_t>(random());
                other[i] = static_cast<std::uint8_t>(random());
            }
            std::vector<std::uint8_t> there = one;
            there.insert(there.end(), other.begin(), other.end());
            std::vector<std::uint8_t> back = other;
            back.insert(back.end(), one.begin(), one.end());
            ASSERT_EQ(toeplitz(key, there), toeplitz(key, back));
        }
    }
}

TEST(Rss, accepts_addresses_only_of_both_families_with_the_symmetric_key) {
    const std::uint64_t both = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6;
    const struct {
        const char* name;
        std::uint64_t types;
        std::vector<std::uint8_t> key;
        const char* fault;
    } rows[] = {
        {"all that looks at addresses", address_hashes, symmetric_key(40), ""},
        {"the two families", both, symmetric_key(52), ""},
        {"nothing", 0, symmetric_key(40), "it hashes nothing, not both ipv4 and ipv6 addresses"},
        {"one family", RTE_ETH_RSS_IPV4, symmetric_key(40), "it hashes ipv4, not both ipv4 and ipv6 addresses"},
        {"ports as well", both | RTE_ETH_RSS_NONFRAG_IPV4_UDP, symmetric_key(40),
         "it insists on hashing more than addresses (ipv4 ipv6 others 0x20)"},
        {"home addresses", both | RTE_ETH_RSS_IPV6_EX, symmetric_key(40),
         "it insists on hashing more than addresses (ipv4 ipv6 others 0x8000)"},
        {"sources only", both | RTE_ETH_RSS_L3_SRC_ONLY, symmetric_key(40),
         "it insists on hashing more than addresses (ipv4 ipv6 others 0x8000000000000000)"},
        {"another key", both, std::vector<std::uint8_t>(40, 7), "it keeps a key of its own, which is not symmetric"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(spreading_fault(row.types, row.key), row.fault) << row.name;
    }
}

}  // namespace
}  // namespace echotap
