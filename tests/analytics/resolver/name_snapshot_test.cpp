// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/name_snapshot.hpp"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "analytics/resolver/querier_names.hpp"
#include "dataplane/capture/compression.hpp"
#include "tests/reference/snapshot_reference.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Order = NameSnapshot::Order;

constexpr std::size_t plenty = std::size_t{1} << 30U;

std::vector<std::uint8_t> octets_of(std::string_view text) {
    return {text.begin(), text.end()};
}

IpAddress address_of(const char* text) {
    return IpAddress::parse(text).value();
}

std::string refusal_of(const std::string& path, std::size_t load_octets_max = plenty) {
    try {
        const NameSnapshot snapshot(path, load_octets_max);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "none";
}

/// Rows of random addresses in few networks, some of them several times, with names of all lengths.
std::vector<std::string> random_lines(std::size_t count) {
    std::mt19937_64 chance(20'260'102);
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < count; ++i) {
        std::array<std::uint8_t, 16> octets{};
        for (std::uint8_t& octet : octets) {
            octet = static_cast<std::uint8_t>(chance());
        }
        octets[0] = 0x20;
        octets[2] = 0;
        const bool is_v4 = chance() % 4 != 0;
        octets[12] &= 3;
        const IpAddress address = is_v4 ? IpAddress::from_v4(octets.data() + 12) : IpAddress::from_v6(octets.data());
        const std::string names[] = {"NXDOMAIN", "UNREACH", std::string(1 + chance() % 60, 'x') + ".example",
                                     std::string(1 + chance() % 1000, 'y')};
        const std::size_t which = chance() % 16;
        lines.push_back(address.to_string() + "\t" + names[which < 4 ? which : 2]);
        if (chance() % 8 == 0) {
            lines.push_back(address.to_string() + "\tlater.example");
        }
    }
    return lines;
}

std::string join(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) {
        text += line + "\n";
    }
    return text;
}

void expect_agreement(const NameSnapshot& snapshot, const std::string& text) {
    const auto rows = test::read_snapshot(text).value();
    for (const auto& [address, name] : rows) {
        ASSERT_EQ(snapshot.find(address), name) << address.to_string();
        std::array<std::uint8_t, 16> octets = address.octets();
        octets[15] ^= 1;
        const IpAddress neighbour = IpAddress::from_v6(octets.data());
        const auto other = rows.find(neighbour);
        ASSERT_EQ(snapshot.find(neighbour), other == rows.end() ? QuerierName{} : other->second);
    }
    EXPECT_EQ(snapshot.stale(), 0U);
}

TEST(NameSnapshot, says_the_same_whether_sorted_unsorted_or_compressed) {
    const test::TemporaryFolder folder;
    std::vector<std::string> lines = random_lines(20'000);
    const std::string unsorted = join(lines);
    const NameSnapshot loaded(folder.write("unsorted.tsv", octets_of(unsorted)), plenty);
    EXPECT_TRUE(loaded.is_loaded());
    EXPECT_EQ(loaded.size(), test::read_snapshot(unsorted)->size());
    expect_agreement(loaded, unsorted);

    std::sort(lines.begin(), lines.end());
    const std::string by_text = join(lines);
    const NameSnapshot text_order(folder.write("text.tsv", octets_of(by_text)), 0);
    EXPECT_EQ(text_order.order(), Order::text);
    EXPECT_FALSE(text_order.is_loaded());
    EXPECT_EQ(text_order.size(), lines.size());
    expect_agreement(text_order, by_text);

    std::stable_sort(lines.begin(), lines.end(), [](const std::string& one, const std::string& other) {
        return IpAddress::parse(one.substr(0, one.find('\t'))) < IpAddress::parse(other.substr(0, other.find('\t')));
    });
    const std::string by_address = join(lines);
    const NameSnapshot address_order(folder.write("address.tsv", octets_of(by_address)), 0);
    EXPECT_EQ(address_order.order(), Order::address);
    EXPECT_LT(address_order.octets() * 50, by_address.size());
    expect_agreement(address_order, by_address);

    const NameSnapshot packed(folder.write("packed", pack_zstd(octets_of(by_address))), plenty);
    EXPECT_TRUE(packed.is_loaded());
    expect_agreement(packed, by_address);
}

TEST(NameSnapshot, reads_what_people_write) {
    const test::TemporaryFolder folder;
    const NameSnapshot snapshot(folder.write("names.tsv", octets_of("# of today\n"
                                                                    "\n"
                                                                    "192.0.2.1\tmail.example.net.\r\n"
                                                                    "192.0.2.2\tNXDOMAIN\n"
                                                                    "192.0.2.3\tUNREACH\n"
                                                                    "# IPv6\n"
                                                                    "192.0.2.4\tends.in.a.dot\\.\n"
                                                                    "192.0.2.5\tnxdomain\n"
                                                                    "192.0.2.6\t.\n"
                                                                    "2001:DB8:0::1\tsix.example")),
                                0);
    const std::pair<const char*, QuerierName> cases[] = {
        {"192.0.2.0", {}},
        {"192.0.2.1", {NameState::name, "mail.example.net"}},
        {"192.0.2.2", {NameState::nxdomain, ""}},
        {"192.0.2.3", {NameState::unreach, ""}},
        {"192.0.2.4", {NameState::name, "ends.in.a.dot\\."}},
        {"192.0.2.5", {NameState::name, "nxdomain"}},
        {"192.0.2.6", {NameState::name, "."}},
        {"2001:db8::1", {NameState::name, "six.example"}},
        {"ffff::", {}},
    };
    for (const auto& [address, name] : cases) {
        EXPECT_EQ(snapshot.find(address_of(address)), name) << address;
    }
    EXPECT_EQ(snapshot.size(), 7U);
}

TEST(NameSnapshot, of_several_lines_of_an_address_the_last_one_counts) {
    const test::TemporaryFolder folder;
    std::string sorted;
    // More of them than a block holds.
    for (int i = 0; i < 1000; ++i) {
        sorted += fmt::format("192.0.2.1\tx{}.example\n", i);
    }
    const NameSnapshot on_disk(folder.write("sorted.tsv", octets_of(sorted)), 0);
    const NameSnapshot loaded(folder.write("unsorted.tsv", octets_of(fmt::format("192.0.2.9\tx\n{}", sorted))), plenty);
    ASSERT_FALSE(on_disk.is_loaded());
    ASSERT_TRUE(loaded.is_loaded());
    for (const NameSnapshot* each : {&on_disk, &loaded}) {
        EXPECT_EQ(each->find(address_of("192.0.2.1")).name, "x999.example");
    }
    EXPECT_EQ(loaded.size(), 2U);
}

TEST(NameSnapshot, an_empty_file_knows_nothing) {
    const test::TemporaryFolder folder;
    const NameSnapshot snapshot(folder.write("empty.tsv", {}), 0);
    EXPECT_EQ(snapshot.find(address_of("192.0.2.1")), QuerierName{});
    EXPECT_EQ(snapshot.size(), 0U);
}

TEST(NameSnapshot, names_file_and_line_of_what_is_wrong) {
    const test::TemporaryFolder folder;
    const std::string good = "192.0.2.1\ta.example\n192.0.2.2\tNXDOMAIN\n";
    const std::pair<std::string, const char*> cases[] = {
        {"192.0.2.3 b.example", "no tab"},
        {"192.0.2.3", "no tab"},
        {"192.0.2.300\tb.example", "does not begin with an IP address"},
        {"\tb.example", "does not begin with an IP address"},
        {"192.0.2.3\tb.example\t3600", "a second tab"},
        {"192.0.2.3\tb example", "has a blank"},
        {"192.0.2.3\t", "a name of no"},
        {fmt::format("192.0.2.3\t{}", std::string(1021, 'b')), "more than 1020"},
        {std::string(1281, '#'), "longer than 1280"},
        {std::string(100'000, 'b'), "longer than 1280"},
    };
    for (const auto& [line, fault] : cases) {
        for (const char* before : {"", "200.0.0.1\tunsorted\n"}) {
            std::string text(before);
            text += good;
            text += line;
            text += "\n";
            const std::string path = folder.write("names.tsv", octets_of(text));
            EXPECT_THAT(refusal_of(path),
                        AllOf(HasSubstr(path + (*before == '\0' ? ":3: " : ":4: ")), HasSubstr(fault)));
        }
    }
    const std::string missing = (folder.path() / "missing").string();
    EXPECT_THAT(refusal_of(missing), HasSubstr(missing));
}

TEST(NameSnapshot, a_cut_compressed_file_is_refused) {
    const test::TemporaryFolder folder;
    std::vector<std::uint8_t> packed = pack_zstd(octets_of(join(random_lines(1000))));
    packed.resize(packed.size() / 2);
    const std::string path = folder.write("cut.zst", packed);
    EXPECT_THAT(refusal_of(path), AllOf(HasSubstr(path), HasSubstr("fetch or make it again")));
}

TEST(NameSnapshot, what_would_take_too_much_memory_is_refused) {
    const test::TemporaryFolder folder;
    const std::string path = folder.write("unsorted.tsv", octets_of(join(random_lines(20'000))));
    EXPECT_THAT(refusal_of(path, 1U << 20U),
                AllOf(HasSubstr(path + ":"), HasSubstr("over 1 MiB"), HasSubstr("sort it")));
    EXPECT_EQ(refusal_of(path, 16U << 20U), "none");
}

TEST(NameSnapshot, a_file_that_changes_under_it_is_a_counted_miss) {
    const test::TemporaryFolder folder;
    const std::string path = folder.write("names.tsv", octets_of("192.0.2.1\ta.example\n192.0.2.2\tb.example\n"));
    const NameSnapshot snapshot(path, 0);
    EXPECT_EQ(snapshot.find(address_of("192.0.2.2")).name, "b.example");
    // In place, as `cp` does it: a mapping would end the program.
    for (const char* text :
         {"", "192.0.2.9\tz.example\n192.0.2.2\tb.example\n", "192.0.2.1\ta.example\nwrong     \t\t\t\n\n\n"}) {
        std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
        EXPECT_EQ(snapshot.find(address_of("192.0.2.2")), QuerierName{});
    }
    EXPECT_EQ(snapshot.stale(), 3U);
}

TEST(NameSnapshot, reads_a_pipe_once) {
    const test::TemporaryFolder folder;
    const std::string path = (folder.path() / "pipe").string();
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    std::thread writer([&] { std::ofstream(path) << "192.0.2.1\ta.example\n"; });
    const NameSnapshot snapshot(path, plenty);
    writer.join();
    EXPECT_TRUE(snapshot.is_loaded());
    EXPECT_EQ(snapshot.find(address_of("192.0.2.1")).name, "a.example");
}

TEST(QuerierNames, the_first_snapshot_that_knows_answers) {
    const test::TemporaryFolder folder;
    NamesConfig config;
    config.snapshot_paths = {folder.write("one.tsv", octets_of("192.0.2.1\tone.example\n192.0.2.2\tNXDOMAIN\n")),
                             folder.write("two.tsv", octets_of("192.0.2.2\ttwo.example\n192.0.2.3\tUNREACH\n"))};
    const QuerierNames names(config);
    EXPECT_EQ(names.find(address_of("192.0.2.1")).name, "one.example");
    EXPECT_EQ(names.find(address_of("192.0.2.2")).state, NameState::nxdomain);
    EXPECT_EQ(names.find(address_of("192.0.2.3")).state, NameState::unreach);
    EXPECT_EQ(names.find(address_of("192.0.2.4")).state, NameState::unknown);
    EXPECT_EQ(names.stale(), 0U);
    std::ofstream(config.snapshot_paths[0], std::ios::trunc) << "";
    EXPECT_EQ(names.find(address_of("192.0.2.1")).state, NameState::unknown);
    EXPECT_EQ(names.stale(), 1U);
    EXPECT_EQ(QuerierNames(NamesConfig{}).find(address_of("192.0.2.1")).state, NameState::unknown);
}

}  // namespace
}  // namespace echotap
