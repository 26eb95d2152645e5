// SPDX-License-Identifier: Apache-2.0
#include "analytics/geo/geo_lookup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/octets.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Content = GeoFile::Content;

std::string file(const std::string& name) {
    return (std::filesystem::path(ECHOTAP_TEST_GEO) / name).string();
}

GeoFile open(const std::string& path, Content content) {
    const GeoConfig config;
    return GeoFile(path, content, content == Content::country ? config.country_fields : config.as_fields);
}

std::string refusal_of(const std::string& path, Content content) {
    try {
        open(path, content);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "none";
}

/// The slow and obvious look-up: the longest of all prefixes in the .tsv beside a file.
class Reference {
public:
    explicit Reference(const std::string& name) {
        std::ifstream rows(file(name + ".tsv"));
        for (std::string network, country, number; rows >> network >> country >> number;) {
            networks_.push_back({Prefix::parse(network).value(), country, number});
        }
    }

    std::uint32_t find(const IpAddress& address, Content content) const {
        const Network* longest = nullptr;
        for (const Network& each : networks_) {
            if (each.prefix.contains(address) &&
                (longest == nullptr || each.prefix.length() > longest->prefix.length())) {
                longest = &each;
            }
        }
        if (longest == nullptr) {
            return 0;
        }
        const std::string& text = content == Content::country ? longest->country : longest->number;
        if (text == "-") {
            return 0;
        }
        return content == Content::country ? country_of_text(text) : static_cast<std::uint32_t>(std::stoul(text));
    }

    /// The first address of a network, or one of random host bits in it, or anything.
    IpAddress random_address(std::mt19937_64& chance) const {
        std::array<std::uint8_t, 16> octets = networks_[chance() % networks_.size()].prefix.address().octets();
        const bool is_v4 = IpAddress::from_v6(octets.data()).is_v4();
        if (chance() % 2 == 0) {
            octets[15] ^= static_cast<std::uint8_t>(chance());
            octets[14] ^= static_cast<std::uint8_t>(chance());
        }
        if (chance() % 4 == 0) {
            octets[is_v4 ? 13 : 5] ^= static_cast<std::uint8_t>(chance());
        }
        return IpAddress::from_v6(octets.data());
    }

private:
    struct Network {
        Prefix prefix;
        std::string country;
        std::string number;
    };
    std::vector<Network> networks_;
};

TEST(GeoLookup, agrees_with_the_longest_prefix_alone_and_in_columns_of_any_order) {
    struct Case {
        const char* name;
        Content content;
    };
    for (const Case& each : std::initializer_list<Case>{{"country_v6_24", Content::country},
                                                        {"registered_v6_28", Content::country},
                                                        {"registered_v6_28", Content::as_number},
                                                        {"as_v6_32", Content::as_number},
                                                        {"as_v4_24", Content::as_number},
                                                        {"ipinfo_v6_24", Content::country},
                                                        {"ipinfo_v6_24", Content::as_number},
                                                        {"old_ipinfo_v4_28", Content::country},
                                                        {"old_ipinfo_v4_28", Content::as_number}}) {
        const GeoFile geo = open(file(std::string(each.name) + ".mmdb"), each.content);
        const Reference reference(each.name);
        std::mt19937_64 chance(20'260'101);
        std::vector<IpAddress> addresses(10'000);
        std::generate(addresses.begin(), addresses.end(), [&] { return reference.random_address(chance); });
        for (const bool is_sorted : {false, true}) {
            if (is_sorted) {
                std::sort(addresses.begin(), addresses.end());
            }
            std::vector<std::uint32_t> values(addresses.size());
            const std::size_t unknown = geo.find(addresses, values);
            EXPECT_EQ(unknown, static_cast<std::size_t>(std::count(values.begin(), values.end(), 0U)));
            std::vector<std::uint32_t> numbers;
            std::vector<std::uint32_t> of_numbers;
            for (std::size_t row = 0; row < addresses.size(); ++row) {
                ASSERT_EQ(values[row], reference.find(addresses[row], each.content))
                    << each.name << " " << addresses[row].to_string();
                ASSERT_EQ(values[row], geo.find(addresses[row])) << each.name << " " << addresses[row].to_string();
                if (addresses[row].is_v4()) {
                    numbers.push_back(load_be32(addresses[row].octets().data() + 12));
                    of_numbers.push_back(values[row]);
                }
            }
            std::vector<std::uint32_t> found(numbers.size());
            geo.find(numbers, found);
            EXPECT_EQ(found, of_numbers) << each.name;
        }
    }
}

TEST(GeoLookup, narrow_columns_hold_the_same_countries) {
    const GeoFile geo = open(file("country_v6_24.mmdb"), Content::country);
    const Reference reference("country_v6_24");
    std::mt19937_64 chance(3);
    std::vector<IpAddress> addresses(2'000);
    std::generate(addresses.begin(), addresses.end(), [&] { return reference.random_address(chance); });
    std::vector<std::uint32_t> wide(addresses.size());
    std::vector<std::uint16_t> narrow(addresses.size());
    EXPECT_EQ(geo.find(addresses, wide), geo.find(addresses, narrow));
    EXPECT_TRUE(std::equal(wide.begin(), wide.end(), narrow.begin()));
}

TEST(GeoLookup, a_file_of_one_network_answers_every_address) {
    const GeoFile geo = open(file("everything.mmdb"), Content::as_number);
    for (const char* address : {"0.0.0.0", "255.255.255.255", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
        EXPECT_EQ(geo.find(IpAddress::parse(address).value()), 64496U) << address;
    }
    EXPECT_EQ(geo.database_type(), "Test-everything");
    EXPECT_EQ(geo.build_epoch(), 1'600'000'000U);
}

TEST(GeoLookup, a_column_of_other_length_is_refused) {
    const GeoFile geo = open(file("everything.mmdb"), Content::country);
    std::vector<std::uint32_t> numbers(3);
    std::vector<std::uint32_t> values(2);
    EXPECT_THROW(geo.find(numbers, values), std::invalid_argument);
    EXPECT_EQ(geo.find(std::span<const std::uint32_t>{}, std::span<std::uint32_t>{}), 0U);
}

TEST(GeoLookup, countries_are_two_letters) {
    EXPECT_EQ(text_of_country(country_of_text("DE")), "DE");
    EXPECT_EQ(country_of_text("DE"), 'D' * 256 + 'E');
    EXPECT_EQ(text_of_country(country_of_text("us")), "US");
    EXPECT_EQ(text_of_country(country_of_text("A1")), "A1");
    for (const char* text : {"", "D", "DEU", "1A", "D ", "-1", "\xc3\xa4"}) {
        EXPECT_EQ(country_of_text(text), 0) << text;
    }
    EXPECT_EQ(text_of_country(0), "");
}

TEST(GeoLookup, fields_can_be_named) {
    const std::vector<std::string> fields{"no.such", "continent.code"};
    const GeoFile geo(file("country_v6_24.mmdb"), Content::country, fields);
    std::vector<std::uint32_t> values(1);
    const Reference reference("country_v6_24");
    std::mt19937_64 chance(5);
    for (int i = 0; i < 1000; ++i) {
        const IpAddress address = reference.random_address(chance);
        const bool is_known = reference.find(address, Content::country) != 0;
        EXPECT_EQ(text_of_country(static_cast<std::uint16_t>(geo.find(address))), is_known ? "XX" : "");
    }
}

TEST(GeoLookup, says_why_a_file_is_refused_and_what_to_do) {
    const test::TemporaryFolder folder;
    const std::string text = folder.write("text.mmdb", {'h', 'e', 'l', 'l', 'o'});
    const std::string empty = folder.write("empty.mmdb", {});
    const std::string missing = (folder.path() / "missing.mmdb").string();
    EXPECT_THAT(refusal_of(missing, Content::country), AllOf(HasSubstr(missing), HasSubstr("No such file")));
    EXPECT_THAT(refusal_of(folder.path().string(), Content::country), HasSubstr("no regular file"));
    EXPECT_THAT(refusal_of(empty, Content::country), AllOf(HasSubstr(empty), HasSubstr("0 octets")));
    EXPECT_THAT(refusal_of(text, Content::country), AllOf(HasSubstr(text), HasSubstr("no MaxMind DB file")));
    EXPECT_THAT(refusal_of(file("as_v4_24.mmdb"), Content::country),
                AllOf(HasSubstr("as_v4_24.mmdb"), HasSubstr("has no country in any of its"),
                      HasSubstr("country.iso_code, registered_country.iso_code")));
    EXPECT_THAT(refusal_of(file("nothing_known.mmdb"), Content::as_number), HasSubstr("has no AS number"));
}

TEST(GeoLookup, a_configuration_without_files_has_none) {
    const GeoLookup lookup{GeoConfig{}};
    EXPECT_EQ(lookup.countries(), nullptr);
    EXPECT_EQ(lookup.as_numbers(), nullptr);
    EXPECT_TRUE(lookup.is_current());
}

/// A file with a life of its own: copies of test files come and go at one path.
class Changing {
public:
    std::string path() const { return (folder_.path() / "as.mmdb").string(); }
    void rename_over(const std::string& name) const {
        const auto part = folder_.path() / "part";
        std::filesystem::copy_file(file(name), part);
        std::filesystem::rename(part, path());
    }
    void write(const std::string& octets) const { std::ofstream(path(), std::ios::binary | std::ios::trunc) << octets; }

private:
    test::TemporaryFolder folder_;
};

GeoConfig config_of(const Changing& changing) {
    GeoConfig config;
    config.as_path = changing.path();
    return config;
}

TEST(GeoLookup, reads_a_file_again_once_it_has_changed) {
    const Changing changing;
    changing.rename_over("everything.mmdb");
    GeoSource source(config_of(changing));
    EXPECT_FALSE(source.reload_if_changed());
    const auto before = source.current();
    changing.rename_over("as_v6_32.mmdb");
    EXPECT_TRUE(source.reload_if_changed());
    EXPECT_FALSE(source.reload_if_changed());
    EXPECT_EQ(source.current()->as_numbers()->database_type(), "Test-as_v6_32");
    // Who began with the old files finishes with them.
    EXPECT_EQ(before->as_numbers()->find(IpAddress::parse("8.8.8.8").value()), 64496U);
}

TEST(GeoLookup, keeps_the_old_file_where_the_new_one_is_broken_or_gone) {
    const Changing changing;
    changing.rename_over("everything.mmdb");
    GeoSource source(config_of(changing));
    const IpAddress address = IpAddress::parse("8.8.8.8").value();
    // Written over in place, as `cp` does: a mapping of the file would end the program here.
    changing.write("half of a file");
    EXPECT_THROW(source.reload_if_changed(), std::runtime_error);
    EXPECT_EQ(source.current()->as_numbers()->find(address), 64496U);
    std::filesystem::remove(changing.path());
    EXPECT_THROW(source.reload_if_changed(), std::runtime_error);
    EXPECT_EQ(source.current()->as_numbers()->find(address), 64496U);
    changing.rename_over("as_v4_24.mmdb");
    EXPECT_TRUE(source.reload_if_changed());
    EXPECT_EQ(source.current()->as_numbers()->database_type(), "Test-as_v4_24");
}

TEST(GeoLookup, threads_look_up_while_another_reloads) {
    const Changing changing;
    changing.rename_over("everything.mmdb");
    GeoSource source(config_of(changing));
    std::atomic<bool> is_over = false;
    std::atomic<std::uint64_t> wrong = 0;
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i) {
        readers.emplace_back([&] {
            while (!is_over) {
                const auto lookup = source.current();
                wrong += lookup->as_numbers()->find(IpAddress::parse("8.8.8.8").value()) != 64496U ? 1U : 0U;
            }
        });
    }
    for (int i = 0; i < 50; ++i) {
        changing.rename_over("everything.mmdb");
        EXPECT_TRUE(source.reload_if_changed());
    }
    is_over = true;
    for (std::thread& reader : readers) {
        reader.join();
    }
    EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace echotap
