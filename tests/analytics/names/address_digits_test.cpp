// SPDX-License-Identifier: Apache-2.0
#include "analytics/names/address_digits.hpp"

#include <gtest/gtest.h>

#include "benchmarks/name_grammar.hpp"
#include "tests/reference/address_digits_reference.hpp"

namespace echotap {
namespace {

struct Row {
    std::string name;
    const char* address;
    bool expected;
};

void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        const std::vector<char> name(row.name.begin(), row.name.end());
        const IpAddress address = *IpAddress::parse(row.address);
        EXPECT_EQ(has_address_digits({name.data(), name.size()}, address), row.expected) << row.name;
        EXPECT_EQ(reference::has_address_digits(row.name, address), row.expected) << "the reference: " << row.name;
    }
}

TEST(AddressDigits, two_neighbouring_octets_of_an_ipv4_address_are_enough) {
    check({
        {"home1-2-3-4.example.com", "1.2.3.4", true},
        {"4.3.2.1.pool.example.com", "1.2.3.4", true},
        {"pool-3-4.example.com", "1.2.3.4", true},
        {"pool-4-3.example.com", "1.2.3.4", true},
        {"pool-1.example.com", "1.2.3.4", false},
        {"pool-1-3.example.com", "1.2.3.4", false},
        {"pool-2-1.4-3.example.com", "1.2.3.4", true},
        {"r201-217-138-139.ir-static", "201.217.138.139", true},
        {"subnet125-162-91.speedy", "125.162.91.169", true},
    });
}

TEST(AddressDigits, octets_may_have_zeros_in_front_and_any_or_no_octet_between) {
    check({
        {"host-001-002-003-004", "1.2.3.4", true},
        {"host001002003004", "1.2.3.4", true},
        {"host192168", "192.168.3.4", true},
        {"host1921683", "192.168.3.4", true},
        {"host19216833", "192.168.3.4", false},
        {"1x2", "1.2.3.4", true},
        {"1--2", "1.2.3.4", false},
        {"host-01-02", "1.2.3.4", true},
        {"host-0001-002", "1.2.3.4", false},
        {"10.0", "10.0.0.1", true},
        {"1000", "10.0.0.1", true},
    });
}

TEST(AddressDigits, no_digit_stands_before_the_first_octet_or_after_the_last) {
    check({
        {"11-2.example.com", "1.2.3.4", false},
        {"1-22.example.com", "1.2.3.4", false},
        {"3-1-2-9", "1.2.3.4", true},
        {"1", "1.2.3.4", false},
        {"", "1.2.3.4", false},
    });
}

TEST(AddressDigits, eight_hexadecimal_digits_are_an_ipv4_address) {
    check({
        {"p5ddb0102.dip.example", "93.219.1.2", true},
        {"p0201db5d.dip.example", "93.219.1.2", true},
        {"p5ddb01.dip.example", "93.219.1.2", false},
        {"5d-db-10-ab", "93.219.16.171", false},
        {"ab5ddb0102ff", "93.219.1.2", true},
    });
}

TEST(AddressDigits, nibbles_of_an_ipv6_address_are_its_digits) {
    const char* address = "2001:db8:abcd:12::1";
    check({
        {"ip-20010db8abcd0012.example", address, true},
        {"2.0.0.1.0.d.b.8.pool", address, true},
        {"8.b.d.0.1.0.0.2.ip6.example", address, true},
        {"2x0x0x1x0xdxbx8.pool", address, true},
        {"2x0x0x1x0xdxbx7.pool", address, false},
        {"2001-0db8", address, true},
        {"2001--0db8", address, false},
        {"20010db", address, false},
        {"00000000", address, false},
        {"00000001", address, true},
    });
}

TEST(AddressDigits, two_neighbouring_groups_of_an_ipv6_address_are_enough) {
    const char* address = "2001:db8:abcd:12::1";
    check({
        {"cable2001-db8.example", address, true},
        {"dyn-db8-2001.example", address, true},
        {"abcd.12", address, true},
        {"abcd.0012", address, true},
        {"2001-abcd", address, false},
        {"db8abcd", address, false},
        {"0-0", address, false},
        {"0-1", address, true},
        {"12001-db8", address, false},
        {"xabcd-12", address, false},
        {"9abcd-12", address, true},
        {"abcd-12z", address, true},
        {"abcd-123", address, false},
        {"abcdx12", address, false},
        {"1-", address, false},
    });
}

TEST(AddressDigits, agrees_with_the_reference_on_generated_names) {
    NameGrammar grammar(3, NameManners::hostile);
    unsigned yes = 0;
    for (unsigned i = 0; i < 2'000; ++i) {
        const GeneratedName generated = grammar.next();
        if (!generated.address) {
            continue;
        }
        const bool expected = reference::has_address_digits(generated.name, *generated.address);
        ASSERT_EQ(has_address_digits(generated.name, *generated.address), expected)
            << testing::PrintToString(generated.name) << " " << generated.address->to_string();
        yes += expected ? 1 : 0;
    }
    EXPECT_GT(yes, 200U);
}

TEST(AddressDigits, agrees_with_the_reference_on_dense_random_names) {
    // Few octets and addresses made of few digits, so that nearly every rule is nearly met.
    Random random(4);
    constexpr std::string_view octets = "0012-.ax";
    unsigned yes = 0;
    for (unsigned i = 0; i < 8'000; ++i) {
        std::string name(random.below(16), '\0');
        for (char& octet : name) {
            octet = octets[random.below(octets.size())];
        }
        std::array<std::uint8_t, 16> bits{};
        for (std::uint8_t& octet : bits) {
            octet = static_cast<std::uint8_t>(random.below(3) + (random.chance(3'000) ? 0x10U * random.below(3) : 0));
        }
        const IpAddress address = i % 2 == 0 ? IpAddress::from_v4(bits.data()) : IpAddress::from_v6(bits.data());
        const bool expected = reference::has_address_digits(name, address);
        ASSERT_EQ(has_address_digits(name, address), expected) << name << " " << address.to_string();
        yes += expected ? 1 : 0;
    }
    EXPECT_GT(yes, 400U);
}

}  // namespace
}  // namespace echotap
