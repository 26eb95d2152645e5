// SPDX-License-Identifier: Apache-2.0
#include "analytics/formats/pseudonyms.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <bit>
#include <random>
#include <set>

#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using testing::HasSubstr;

using Key = std::array<std::uint8_t, Pseudonyms::key_size>;

/// The key of the sample trace that came with the authors' own program.
constexpr Key sample_key{21,  34,  23,  141, 51,  164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16,
                         216, 152, 143, 131, 121, 121, 101, 39,  98, 87, 76, 45, 42, 132, 34,  2};

IpAddress address(const std::string& text) {
    return IpAddress::parse(text).value();
}

/// How many first bits two addresses have in common.
unsigned common(const IpAddress& one, const IpAddress& other) {
    unsigned bits = 0;
    for (std::size_t i = 0; i < 16; ++i) {
        const auto differ = static_cast<std::uint8_t>(one.octets()[i] ^ other.octets()[i]);
        bits += static_cast<unsigned>(std::countl_zero(differ));
        if (differ != 0) {
            break;
        }
    }
    return bits;
}

TEST(Pseudonyms, are_those_of_the_published_sample) {
    const Pseudonyms pseudonyms(sample_key);
    const std::vector<std::pair<const char*, const char*>> sample{
        {"128.11.68.132", "135.242.180.132"},   {"129.118.74.4", "134.136.186.123"},
        {"130.132.252.244", "133.68.164.234"},  {"141.223.7.43", "141.167.8.160"},
        {"141.233.145.108", "141.129.237.235"}, {"152.163.225.39", "151.140.114.167"},
        {"156.29.3.236", "147.225.12.42"},      {"165.247.96.84", "162.9.99.234"},
        {"166.107.77.190", "160.132.178.185"},  {"192.102.249.13", "252.138.62.131"},
        {"205.188.147.153", "242.96.16.101"},   {"205.188.248.25", "242.96.88.27"},
        {"24.0.250.221", "100.15.198.226"},     {"38.15.67.68", "64.3.66.187"},
        {"4.3.88.225", "124.60.155.63"},        {"64.14.118.196", "0.255.183.58"},
        {"10.185.25.118", "117.161.29.118"}};
    for (const auto& [real, pseudonym] : sample) {
        EXPECT_EQ(pseudonyms.of(address(real)).to_string(), pseudonym) << real;
    }
}

TEST(Pseudonyms, of_ipv6_are_those_of_other_programs) {
    // The same key, as the Go package Yawning/cryptopan has it.
    const Pseudonyms sample(sample_key);
    EXPECT_EQ(sample.of(address("::1")).to_string(), "78ff:f001:9fc0:20df:8380:b1f1:704:ed");
    EXPECT_EQ(sample.of(address("2001:db8::1")).to_string(), "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1e");
    EXPECT_EQ(sample.of(address("2001:db8::2")).to_string(), "4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1c");
    // The example in the description of the Python package yacryptopan.
    constexpr std::string_view text = "32-char-str-for-AES-key-and-pad.";
    Key key{};
    text.copy(reinterpret_cast<char*>(key.data()), key.size());
    const Pseudonyms other(key);
    EXPECT_EQ(other.of(address("192.0.2.1")).to_string(), "192.0.125.244");
    EXPECT_EQ(other.of(address("2001:db8::1")).to_string(), "27fe:8bc7:fee:1e:1e1f:f0fe:f0e1:83fd");
}

TEST(Pseudonyms, have_as_many_first_bits_in_common_as_their_addresses) {
    const Pseudonyms pseudonyms(sample_key);
    std::mt19937_64 random(7);
    for (int i = 0; i < 2000; ++i) {
        std::array<std::uint8_t, 16> octets{};
        std::ranges::generate(octets, [&] { return static_cast<std::uint8_t>(random()); });
        const bool v4 = i % 2 == 0;
        const IpAddress one = v4 ? IpAddress::from_v4(octets.data()) : IpAddress::from_v6(octets.data());
        octets[random() % (v4 ? 4 : 16)] ^= static_cast<std::uint8_t>(1U << random() % 8);
        const IpAddress other = v4 ? IpAddress::from_v4(octets.data()) : IpAddress::from_v6(octets.data());
        ASSERT_EQ(common(pseudonyms.of(one), pseudonyms.of(other)), common(one, other)) << one.to_string();
        ASSERT_EQ(pseudonyms.of(one).is_v4(), v4);
    }
}

TEST(Pseudonyms, are_different_for_different_addresses) {
    const Pseudonyms pseudonyms(sample_key);
    std::set<IpAddress> seen;
    for (unsigned i = 0; i < 4096; ++i) {
        const std::array<std::uint8_t, 4> octets{198, 51, static_cast<std::uint8_t>(i >> 8U),
                                                 static_cast<std::uint8_t>(i)};
        seen.insert(pseudonyms.of(IpAddress::from_v4(octets.data())));
    }
    EXPECT_EQ(seen.size(), 4096U);
}

TEST(Pseudonyms, of_a_prefix_are_what_those_of_its_addresses_begin_with) {
    const Pseudonyms pseudonyms(sample_key);
    const std::vector<std::pair<const char*, const char*>> cases{{"2001:db8:7::/48", "2001:db8:7:ff00::9"},
                                                                 {"2001:db8:7:8::/64", "2001:db8:7:8::1"},
                                                                 {"192.0.2.0/24", "192.0.2.200"},
                                                                 {"192.0.2.7/32", "192.0.2.7"}};
    for (const auto& [prefix, inside] : cases) {
        const Prefix pseudonym = pseudonyms.of(Prefix::parse(prefix).value());
        EXPECT_EQ(pseudonym.length(), Prefix::parse(prefix)->length());
        EXPECT_TRUE(pseudonym.contains(pseudonyms.of(address(inside)))) << prefix;
    }
}

TEST(Pseudonyms, without_a_key_are_the_addresses_themselves) {
    const Pseudonyms none;
    EXPECT_FALSE(none.has_key());
    EXPECT_EQ(none.of(address("192.0.2.1")), address("192.0.2.1"));
    EXPECT_FALSE(Pseudonyms::from_file("").has_key());
}

class KeyFiles : public testing::Test {
protected:
    std::string file(const std::string& text, mode_t mode = 0600) const {
        std::string path = folder_.write("key", std::vector<std::uint8_t>(text.begin(), text.end()));
        ::chmod(path.c_str(), mode);
        return path;
    }

    static std::string refusal(const std::string& path) {
        try {
            Pseudonyms::from_file(path);
        } catch (const std::runtime_error& error) {
            return error.what();
        }
        return "";
    }

    const test::TemporaryFolder folder_;
    const std::string hex_ = "1522178d33a4cf80130a5b1649907d10D8988F837979652762574C2D2A842202";
};

TEST_F(KeyFiles, hold_octets_or_hexadecimal_digits) {
    const std::string octets(sample_key.begin(), sample_key.end());
    for (const std::string& text : {octets, hex_, hex_ + "\n"}) {
        EXPECT_EQ(Pseudonyms::from_file(file(text)).of(address("128.11.68.132")), address("135.242.180.132"));
    }
}

TEST_F(KeyFiles, that_are_no_keys_are_refused_with_the_cure) {
    for (const std::string& text :
         {std::string(), std::string("secret\n"), hex_.substr(1), hex_ + "0", hex_ + "\n\n",
          std::string("g").append(hex_.substr(1)), std::string(31, 'x'), std::string(33, 'x')}) {
        EXPECT_THAT(refusal(file(text)), HasSubstr("32 octets or 64 hexadecimal digits; make one with: (umask 077; "
                                                   "openssl rand -hex 32 > "))
            << text;
    }
    EXPECT_THAT(refusal(folder_.path() / "none"), HasSubstr("No such file"));
    EXPECT_THAT(refusal(folder_.path() / "none"), HasSubstr("openssl rand"));
}

TEST_F(KeyFiles, that_others_can_read_are_refused) {
    for (const mode_t mode : {0644U, 0640U, 0604U, 0660U}) {
        EXPECT_THAT(refusal(file(hex_, mode)), HasSubstr("chmod 600")) << mode;
    }
}

}  // namespace
}  // namespace echotap
