// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/ptr_response.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "analytics/resolver/snapshot_line.hpp"
#include "dataplane/reverse_name.hpp"
#include "tests/dns_writer.hpp"
#include "tests/reference/ptr_response_reference.hpp"

namespace echotap {
namespace {

using test::Answer;
using test::DnsWriter;

PtrReading read(const std::vector<Answer>& answers, unsigned rcode = 0) {
    const auto octets = DnsWriter::response("4.3.2.1.in-addr.arpa", answers, rcode);
    const PtrReading reading = read_ptr_response(octets);
    EXPECT_EQ(reading, reference::read_ptr_response(octets));
    return reading;
}

constexpr const char* asked = "4.3.2.1.in-addr.arpa";
constexpr std::uint16_t cname = 5;
constexpr std::uint16_t ptr = 12;

TEST(PtrResponse, says_what_each_code_means_for_the_querier) {
    const struct {
        unsigned rcode;
        PtrOutcome outcome;
        NameState state;
    } rows[] = {
        {0, PtrOutcome::nodata, NameState::nxdomain},  {1, PtrOutcome::other, NameState::unreach},
        {2, PtrOutcome::servfail, NameState::unreach}, {3, PtrOutcome::nxdomain, NameState::nxdomain},
        {4, PtrOutcome::other, NameState::unreach},    {5, PtrOutcome::refused, NameState::unreach},
        {9, PtrOutcome::other, NameState::unreach},
    };
    for (const auto& row : rows) {
        const PtrReading reading = read({}, row.rcode);
        EXPECT_EQ(reading.outcome, row.outcome) << row.rcode;
        EXPECT_EQ(info(reading.outcome).state, row.state) << row.rcode;
    }
}

TEST(PtrResponse, takes_the_first_name_in_canonical_order_whatever_the_order_of_the_records) {
    // RFC 4034 section 6.3 compares octets on the wire, so a shorter first label comes first.
    EXPECT_EQ(read({{asked, ptr, "b.example.net"}, {asked, ptr, "aa.example.net"}}).name, "b.example.net");
    EXPECT_EQ(read({{asked, ptr, "aa.example.net"}, {asked, ptr, "b.example.net"}}).name, "b.example.net");
    EXPECT_EQ(read({{asked, ptr, "B.example.net"}, {asked, ptr, "a.example.net"}}).name, "a.example.net");
}

TEST(PtrResponse, follows_aliases_and_takes_nothing_that_belongs_to_another_name) {
    EXPECT_EQ(read({{asked, cname, "4.0/25.example"}, {"4.0/25.EXAMPLE", ptr, "x.example"}}).name, "x.example");
    EXPECT_EQ(read({{"4.0/25.example", ptr, "x.example"}, {asked, cname, "4.0/25.example"}}).name, "x.example");
    EXPECT_EQ(read({{"other.example", ptr, "lies.example"}}).outcome, PtrOutcome::nodata);
    EXPECT_EQ(read({{asked, cname, "b.example"}, {"c.example", ptr, "lies.example"}}).outcome, PtrOutcome::nodata);
    EXPECT_EQ(read({{asked, cname, "b.example"}, {"b.example", cname, asked}}).outcome, PtrOutcome::nodata);
}

TEST(PtrResponse, of_the_root_is_no_name) {
    EXPECT_EQ(read({{asked, ptr, ""}}).outcome, PtrOutcome::nodata);
    EXPECT_EQ(read({{asked, ptr, ""}, {asked, ptr, "real.example"}}).name, "real.example");
}

TEST(PtrResponse, prints_hostile_names_as_one_word) {
    EXPECT_EQ(read({{asked, ptr, "a b\tc.example"}}).name, "a\\032b\\009c.example");
    EXPECT_EQ(read({{asked, ptr, std::string("\x1b[2J\n\x7f\xff.example")}}).name, "\\027[2J\\010\\127\\255.example");
    EXPECT_EQ(read({{asked, ptr, "\"(;)@$\\.example"}}).name, "\\\"\\(\\;\\)\\@\\$\\\\.example");
}

TEST(PtrResponse, is_refused_where_it_is_cut_anywhere) {
    const auto whole = DnsWriter::response(asked, {{asked, cname, "b.example"}, {"b.example", ptr, "c.example"}}, 0);
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const std::vector<std::uint8_t> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_EQ(read_ptr_response(cut).outcome, PtrOutcome::malformed) << size;
    }
    EXPECT_EQ(read_ptr_response(whole).name, "c.example");
}

TEST(PtrResponse, is_read_as_the_reference_reads_it_where_octets_are_changed) {
    std::mt19937 engine(7);
    const auto random = [&](std::size_t bound) { return static_cast<unsigned>(engine() % bound); };
    std::array<std::uint64_t, ptr_outcome_count> outcomes{};
    for (int i = 0; i < 200'000; ++i) {
        std::vector<Answer> answers;
        const std::string names[] = {asked, "b.example", "B.Example", "c.d.example", "x", ""};
        for (unsigned count = random(5); count > 0; --count) {
            answers.push_back({names[random(6)], random(3) == 0 ? cname : ptr, names[random(6)]});
        }
        auto octets = DnsWriter::response(asked, answers, random(8) == 0 ? random(16) : 0);
        for (unsigned changes = random(4); changes > 0; --changes) {
            octets[random(octets.size())] = static_cast<std::uint8_t>(random(2) == 0 ? random(256) : 0xc0U);
        }
        octets.resize(octets.size() - (random(8) == 0 ? random(octets.size()) : 0));
        octets.shrink_to_fit();
        const PtrReading reading = read_ptr_response(octets);
        ASSERT_EQ(reading, reference::read_ptr_response(octets)) << i;
        ++outcomes[static_cast<std::size_t>(reading.outcome)];
    }
    EXPECT_GT(outcomes[static_cast<std::size_t>(PtrOutcome::name)], 10'000U);
    EXPECT_GT(outcomes[static_cast<std::size_t>(PtrOutcome::malformed)], 10'000U);
}

TEST(PtrResponse, costs_little_however_it_is_made) {
    // Pointers to pointers, and as many records as fit, each of which begins with the longest walk.
    std::vector<std::uint8_t> octets = DnsWriter::response(asked, {}, 0);
    const std::size_t chain = octets.size();
    octets.insert(octets.end(), 2, 0);
    while (octets.size() < 16'000) {
        const std::size_t to = octets.size() == chain + 2 ? chain : octets.size() - 2;
        octets.push_back(static_cast<std::uint8_t>(0xc0U | to >> 8U));
        octets.push_back(static_cast<std::uint8_t>(to));
    }
    octets[6] = octets[7] = 0xff;
    EXPECT_EQ(read_ptr_response(octets), reference::read_ptr_response(octets));
}

TEST(ReverseNameOf, is_what_the_line_reads_back) {
    EXPECT_EQ(reverse_name_of(*IpAddress::parse("192.0.2.1")), "1.2.0.192.in-addr.arpa");
    EXPECT_EQ(reverse_name_of(*IpAddress::parse("2001:db8::1")),
              "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    std::mt19937_64 random(3);
    for (int i = 0; i < 10'000; ++i) {
        const std::array<std::uint64_t, 2> words{random(), random()};
        const auto octets = std::bit_cast<std::array<std::uint8_t, 16>>(words);
        const IpAddress address = i % 2 == 0 ? IpAddress::from_v6(octets.data()) : IpAddress::from_v4(octets.data());
        ReverseName read_back;
        ASSERT_EQ(parse_reverse_name(DnsWriter::name(reverse_name_of(address)), read_back), Drop::none);
        ASSERT_TRUE(read_back.is_full);
        ASSERT_EQ(read_back.address, address);
    }
}

}  // namespace
}  // namespace echotap
