// SPDX-License-Identifier: Apache-2.0
#include "config/window_config.hpp"

#include <gtest/gtest.h>

namespace echotap {
namespace {

using namespace std::chrono_literals;

TEST(WindowConfigs, read_durations_and_nothing_else) {
    EXPECT_EQ(parse_duration("90s"), 90s);
    EXPECT_EQ(parse_duration("10m"), 10min);
    EXPECT_EQ(parse_duration("36h"), 36h);
    EXPECT_EQ(parse_duration("7d"), 168h);
    EXPECT_EQ(parse_duration("5w"), 840h);
    for (const char* const text :
         {"", "s", "10", "-1s", "+1s", "1.5h", "1h30m", "1 d", "99999999999999999999s", "99999w"}) {
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
    }
}

TEST(WindowConfigs, read_lengths_from_a_minute_to_five_weeks_for_either_family) {
    EXPECT_EQ(WindowLength::parse("whole"), WindowLength{});
    EXPECT_EQ(WindowLength::parse("1d"), (WindowLength{24h, OriginatorFamilies::all}));
    EXPECT_EQ(WindowLength::parse("7d:v6"), (WindowLength{168h, OriginatorFamilies::v6}));
    EXPECT_EQ(WindowLength::parse("whole:v4"), (WindowLength{0s, OriginatorFamilies::v4}));
    EXPECT_TRUE(WindowLength::parse("1m"));
    EXPECT_TRUE(WindowLength::parse("5w"));
    for (const char* const text : {"59s", "0s", "36d", "6w", "day", "1d:v5", "1d:", ":v4", ""}) {
        EXPECT_EQ(WindowLength::parse(text), std::nullopt) << text;
    }
}

TEST(WindowConfigs, read_octets) {
    EXPECT_EQ(parse_octets("4096"), 4096U);
    EXPECT_EQ(parse_octets("512M"), 512U << 20U);
    EXPECT_EQ(parse_octets("2G"), std::size_t{2} << 30U);
    for (const char* const text : {"", "G", "1.5G", "-1", "1024T", "2GB", "99999999999999999999"}) {
        EXPECT_EQ(parse_octets(text), std::nullopt) << text;
    }
}

TEST(WindowConfigs, read_times) {
    const std::chrono::sys_seconds day{std::chrono::seconds(1'398'729'600)};
    EXPECT_EQ(parse_time("1398729600"), day);
    EXPECT_EQ(parse_time("2014-04-29"), day);
    EXPECT_EQ(parse_time("2014-04-29T12:30"), day + 12h + 30min);
    EXPECT_EQ(parse_time("2014-04-29T12:30:05"), day + 12h + 30min + 5s);
    for (const char* const text : {"", "2014-4-29x", "2014-02-30", "2014-04-29T", "2014-04-29T25:00",
                                   "2014-04-29T12:30:", "2014-04-29T12:30:05Z", "2014-04-29 12:30", "9999-01-01"}) {
        EXPECT_EQ(parse_time(text), std::nullopt) << text;
    }
}

TEST(WindowConfigs, read_a_sample_key_of_32_hexadecimal_digits) {
    EXPECT_EQ(parse_sample_key("000102030405060708090a0b0c0d0e0f"),
              (std::array<std::uint64_t, 2>{0x0001'0203'0405'0607U, 0x0809'0a0b'0c0d'0e0fU}));
    EXPECT_EQ(parse_sample_key("00"), std::nullopt);
    EXPECT_EQ(parse_sample_key("000102030405060708090a0b0c0d0e0g"), std::nullopt);
}

}  // namespace
}  // namespace echotap
