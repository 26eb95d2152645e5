// SPDX-License-Identifier: Apache-2.0
#include "analytics/geo/mmdb_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace echotap {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A file put together by hand from the specification, so that every octet of it can be wrong.
struct HandMade {
    std::uint8_t node_count = 1;
    std::uint8_t record_size = 24;
    std::uint8_t ip_version = 4;
    std::uint8_t format = 2;
    std::vector<std::uint8_t> tree{0, 0, 17, 0, 0, 1};  // left: the record at 0; right: nothing
    std::vector<std::uint8_t> records{0x42, 'D', 'E'};
    bool has_marker = true;
    std::vector<std::uint8_t> languages{0x00, 0x04};  // an empty array

    /// At the exact size on the heap.
    std::vector<std::uint8_t> octets() const {
        std::vector<std::uint8_t> file = tree;
        file.insert(file.end(), 16, 0);
        file.insert(file.end(), records.begin(), records.end());
        if (has_marker) {
            append(file, "\xab\xcd\xefMaxMind.com");
        }
        file.push_back(0xe6);  // a map of six
        append_text(file, "languages");
        file.insert(file.end(), languages.begin(), languages.end());
        append_number(file, "node_count", node_count);
        append_number(file, "record_size", record_size);
        append_number(file, "ip_version", ip_version);
        append_number(file, "binary_format_major_version", format);
        append_text(file, "database_type");
        append_text(file, "Hand");
        file.shrink_to_fit();
        return file;
    }

    static void append(std::vector<std::uint8_t>& file, std::string_view text) {
        file.insert(file.end(), text.begin(), text.end());
    }
    static void append_text(std::vector<std::uint8_t>& file, std::string_view text) {
        file.push_back(static_cast<std::uint8_t>(0x40U | text.size()));
        append(file, text);
    }
    static void append_number(std::vector<std::uint8_t>& file, std::string_view key, std::uint8_t number) {
        append_text(file, key);
        file.push_back(0xa1);
        file.push_back(number);
    }
};

/// Eight arrays of 8 that point to the next one each: 8^8 values in 140 octets. The first stands at 11 of the metadata.
std::vector<std::uint8_t> bomb() {
    std::vector<std::uint8_t> octets;
    for (std::uint8_t level = 0; level < 8; ++level) {
        octets.insert(octets.end(), {0x08, 0x04});
        const auto next = static_cast<std::uint8_t>(11 + octets.size() + 14);
        for (int i = 0; i < 7; ++i) {
            octets.insert(octets.end(), {0x20, level < 7 ? next : std::uint8_t{1}});
        }
        // The eighth is the next array itself, where the pointers lead.
        octets.insert(octets.end(), level < 7 ? 0 : 1, 0x40);
    }
    return octets;
}

std::string fault_of(const std::vector<std::uint8_t>& octets) {
    try {
        check_mmdb(octets);
    } catch (const MmdbFault& fault) {
        return fault.what();
    }
    return "none";
}

std::vector<std::uint8_t> test_file(const std::string& name) {
    std::ifstream file(std::filesystem::path(ECHOTAP_TEST_GEO) / name, std::ios::binary);
    std::vector<std::uint8_t> octets{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    octets.shrink_to_fit();
    return octets;
}

TEST(MmdbCheck, outlines_a_file_made_by_hand) {
    const MmdbOutline outline = check_mmdb(HandMade{}.octets());
    EXPECT_EQ(outline.node_count, 1U);
    EXPECT_EQ(outline.record_size, 24U);
    EXPECT_EQ(outline.ip_version, 4U);
    EXPECT_EQ(outline.database_type, "Hand");
    EXPECT_THAT(outline.records, ElementsAre(0));
}

TEST(MmdbCheck, takes_the_files_of_the_writer) {
    for (const char* name : {"country_v6_24", "registered_v6_28", "as_v6_32", "as_v4_24", "everything"}) {
        EXPECT_EQ(fault_of(test_file(std::string(name) + ".mmdb")), "none") << name;
    }
}

TEST(MmdbCheck, says_what_is_wrong_with_a_file) {
    struct Case {
        const char* what;
        HandMade file;
        const char* fault;
    };
    const Case cases[] = {
        {"no marker", {.has_marker = false}, "no MaxMind DB file"},
        {"format 3", {.format = 3}, "version 3 of the format"},
        {"IP version 5", {.ip_version = 5}, "IP version 5"},
        {"records of 20 bits", {.record_size = 20}, "records of 20 bits"},
        {"no nodes", {.node_count = 0}, "search tree of 0 nodes"},
        {"a tree larger than the file", {.node_count = 255}, "cut or damaged"},
        {"a record inside the separator", {.tree = {0, 0, 16, 0, 0, 1}}, "node 0 of its search tree leads out"},
        {"a record behind the data", {.tree = {0, 0, 20, 0, 0, 1}}, "node 0 of its search tree leads out"},
        {"a tree in circles", {.tree = {0, 0, 0, 0, 0, 1}}, "runs in circles"},
        {"a text over the end", {.records = {0x43, 'D', 'E'}}, "runs over the end at octet 0 of its data section"},
        {"a head over the end", {.records = {0x5e, 1}}, "runs over the end"},
        {"a pointer out", {.records = {0x20, 9}}, "a pointer leads out"},
        {"a pointer to a pointer", {.records = {0x20, 2, 0x20, 4, 0x42, 'D', 'E'}}, "a pointer leads to a pointer"},
        {"a value in itself", {.records = {0x01, 0x04, 0x20, 0}}, "nested too deep"},
        {"a map with more entries than octets", {.records = {0xfd, 255, 0x42, 'D', 'E'}}, "more entries"},
        {"a map with a number for a key", {.records = {0xe1, 0xa1, 1, 0xa1, 1}}, "where a text is wanted"},
        {"an end marker", {.records = {0x00, 0x06}}, "unknown type"},
        {"type 16", {.records = {0x00, 0x09}}, "unknown type"},
        {"a double of 7 octets", {.records = {0x67, 1, 2, 3, 4, 5, 6, 7}}, "a number has a wrong size"},
        {"a uint16 of 3 octets", {.records = {0xa3, 1, 2, 3}}, "a number has a wrong size"},
        {"metadata that unfolds to 16 million values", {.languages = bomb()}, "too many at octet"},
        {"languages that are numbers", {.languages = {0x01, 0x04, 0xa1, 1}}, "where a text is wanted"},
        {"languages that are one text", {.languages = {0x42, 'e', 'n'}}, "where texts are wanted"},
        {"a boolean of 2", {.records = {0x02, 0x07}}, "a boolean is neither"},
    };
    for (const Case& each : cases) {
        EXPECT_THAT(fault_of(each.file.octets()), HasSubstr(each.fault)) << each.what;
    }
}

TEST(MmdbCheck, takes_every_kind_of_value) {
    // A map: a double, 3 octets, numbers of each size, an array, true, a float, a text behind a pointer to the key.
    const HandMade file{.records = {0xea,                                                      //
                                    0x41, 'a', 0x68, 0,    0,    0,   0,    0,    0, 0, 0,     //
                                    0x41, 'b', 0x83, 1,    2,    3,                            //
                                    0x41, 'c', 0xa2, 1,    2,                                  //
                                    0x41, 'd', 0xc4, 1,    2,    3,   4,                       //
                                    0x41, 'e', 0x04, 0x01, 1,    2,   3,    4,                 //
                                    0x41, 'f', 0x08, 0x02, 1,    2,   3,    4,    5, 6, 7, 8,  //
                                    0x41, 'g', 0x01, 0x03, 9,                                  //
                                    0x41, 'h', 0x02, 0x04, 0x41, 'x', 0x01, 0x07,              //
                                    0x41, 'i', 0x04, 0x08, 0,    0,   0,    0,                 //
                                    0x20, 1,   0x20, 1}};
    EXPECT_EQ(fault_of(file.octets()), "none");
}

TEST(MmdbCheck, cut_anywhere_a_file_is_refused) {
    const std::vector<std::uint8_t> whole = test_file("everything.mmdb");
    ASSERT_FALSE(whole.empty());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_NE(fault_of({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}), "none") << size;
    }
}

}  // namespace
}  // namespace echotap
