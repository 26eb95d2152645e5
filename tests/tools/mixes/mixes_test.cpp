// SPDX-License-Identifier: Apache-2.0
#include "tools/mixes/mixes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "benchmarks/floor.hpp"
#include "tests/reference/mixes_reference.hpp"
#include "tools/simulator/random.hpp"

namespace echotap {
namespace {

constexpr std::size_t frame_count = 60'000;

struct Recount {
    std::map<std::string, std::uint64_t> count;
    std::uint64_t checksum = 0;
};

/// Everything that the truth and the shares say, counted again from the octets of the file.
Recount recount(const Mix& mix) {
    Recount result;
    auto& count = result.count;
    for (const auto& frame : reference::read_mix(mix.pcap())) {
        const auto packet = reference::read_packet(frame.octets);
        EXPECT_TRUE(packet.checksums_are_right);
        ++count["frames"];
        count["octets"] += frame.octets.size();
        count["tagged"] += packet.tagged ? 1 : 0;
        count["ipv6"] += packet.kind != "arp" && !packet.source.is_v4() ? 1 : 0;
        count[packet.kind] += 1;
        if (packet.kind == "arp" || packet.kind == "icmp") {
            continue;
        }
        if (packet.source_port != 53 && packet.destination_port != 53) {
            ++count["other_port"];
            continue;
        }
        auto octets = packet.payload;
        if (packet.kind == "tcp") {
            if (octets.empty()) {
                ++count["segment_empty"];
                continue;
            }
            EXPECT_EQ(reference::be16(octets, 0) + 2, octets.size());
            octets.erase(octets.begin(), octets.begin() + 2);
        }
        const auto message = reference::read_message(octets);
        EXPECT_EQ(message.response, packet.source_port == 53);
        ++count["messages"];
        if (message.response) {
            ++count["responses"];
            count["udp_responses"] += packet.kind == "udp" ? 1 : 0;
            continue;
        }
        if (packet.kind == "udp") {
            ++count["udp_queries"];
            count["edns"] += message.edns ? 1 : 0;
            count["mixed_case"] += message.mixed_case ? 1 : 0;
            count["ptr"] += message.type == 12 ? 1 : 0;
        }
        const auto originator = reference::full_reverse_name(message.labels);
        const bool under_reverse = message.labels.size() >= 2 && message.labels.back() == "arpa";
        if (message.opcode != 0) {
            ++count["opcode_other"];
        } else if (message.qclass != 1) {
            ++count["class_other"];
        } else if (originator && message.type == 12) {
            ++count["reverse_" + packet.kind];
            result.checksum += reverse_query_mark(*originator, packet.source, frame.time);
        } else if (originator) {
            ++count["reverse_type_other"];
        } else if (!under_reverse) {
            ++count["name_not_reverse"];
        } else if (message.labels.size() == 2) {
            ++count["reverse_apex"];
        } else if (message.labels[0] == "lb") {
            ++count["reverse_service"];
        } else {
            ++count["minimised"];
        }
    }
    return result;
}

class MixesOfEveryShape : public testing::TestWithParam<MixShape> {};

TEST_P(MixesOfEveryShape, hold_what_their_truth_says) {
    const Mix mix(GetParam(), frame_count, 7);
    auto [count, checksum] = recount(mix);
    const Ledger& ledger = mix.truth().ledger;
    const auto drops = [&](Drop drop) { return ledger.drops[static_cast<std::size_t>(drop)]; };

    const std::vector<std::tuple<std::string, std::uint64_t, std::uint64_t>> rows{
        {"frames", frame_count, count["frames"]},
        {"reverse over UDP", mix.truth().reverse_udp, count["reverse_udp"]},
        {"reverse over TCP", mix.truth().reverse_tcp, count["reverse_tcp"]},
        {"checksum", mix.truth().checksum, checksum},
        {"minimised", ledger.minimised, count["minimised"]},
        {"ethertype_other", drops(Drop::ethertype_other), count["arp"]},
        {"icmp", drops(Drop::icmp), count["icmp"]},
        {"datagram_port", drops(Drop::datagram_port), count["other_port"]},
        {"segment_empty", drops(Drop::segment_empty), count["segment_empty"]},
        {"response", drops(Drop::response), count["responses"]},
        {"opcode_other", drops(Drop::opcode_other), count["opcode_other"]},
        {"class_other", drops(Drop::class_other), count["class_other"]},
        {"name_not_reverse", drops(Drop::name_not_reverse), count["name_not_reverse"]},
        {"reverse_apex", drops(Drop::reverse_apex), count["reverse_apex"]},
        {"reverse_type_other", drops(Drop::reverse_type_other), count["reverse_type_other"]},
        {"reverse_service", drops(Drop::reverse_service), count["reverse_service"]},
        {"datagrams", ledger.in[static_cast<std::size_t>(Stage::datagram)], count["udp"]},
        {"segments", ledger.in[static_cast<std::size_t>(Stage::segment)], count["tcp"]},
        {"messages", ledger.in[static_cast<std::size_t>(Stage::message)], count["messages"]},
        {"octets", mix.shares().octets, count["octets"]},
        {"tagged", mix.shares().tagged, count["tagged"]},
        {"ipv6", mix.shares().ipv6, count["ipv6"]},
        {"TCP", mix.shares().tcp, count["tcp"]},
        {"UDP queries", mix.shares().udp_queries, count["udp_queries"]},
        {"UDP responses", mix.shares().udp_responses, count["udp_responses"]},
        {"EDNS", mix.shares().edns, count["edns"]},
        {"PTR", mix.shares().ptr, count["ptr"]},
    };
    for (const auto& [what, said, counted] : rows) {
        EXPECT_EQ(said, counted) << what;
    }
    // A short name may come out of the dice all in lower case, so this one is not exact.
    EXPECT_NEAR(static_cast<double>(mix.shares().mixed_case), static_cast<double>(count["mixed_case"]), 100);
}

TEST_P(MixesOfEveryShape, have_books_that_balance) {
    const Mix mix(GetParam(), frame_count, 7);
    const Ledger& ledger = mix.truth().ledger;
    for (std::size_t stage = 0; stage < stage_count; ++stage) {
        EXPECT_EQ(ledger.held(static_cast<Stage>(stage)), 0) << stage_table[stage].name;
    }
    EXPECT_EQ(ledger.out[static_cast<std::size_t>(Stage::query)], mix.truth().reverse_queries() + ledger.minimised);
}

TEST_P(MixesOfEveryShape, have_the_shares_that_they_are_made_of) {
    const Mix mix(GetParam(), frame_count, 7);
    const MixShares& shares = mix.shares();
    const bool root = GetParam() == MixShape::root;
    const auto share = [](std::uint64_t part, std::uint64_t whole) {
        return static_cast<double>(part) / static_cast<double>(whole);
    };
    EXPECT_NEAR(share(shares.tcp, frame_count), 0.02, 0.004);
    EXPECT_NEAR(share(shares.udp_responses, frame_count), 0.10, 0.005);
    EXPECT_NEAR(share(shares.tagged, frame_count), 0.01, 0.002);
    EXPECT_NEAR(share(shares.ipv6, frame_count), 0.05, 0.004);
    EXPECT_NEAR(share(shares.repeats, shares.udp_queries), 0.10, 0.005);
    EXPECT_NEAR(share(shares.edns, shares.udp_queries), 0.90, 0.005);
    EXPECT_NEAR(share(shares.mixed_case, shares.udp_queries), 0.03, 0.003);
    EXPECT_NEAR(share(mix.truth().reverse_udp, shares.udp_queries), root ? 0.01 : 0.90, 0.005);
    EXPECT_NEAR(share(shares.octets, frame_count), root ? 95 : 105, 3);
}

TEST_P(MixesOfEveryShape, come_out_the_same_for_the_same_seed_and_otherwise_for_another) {
    const Mix mix(GetParam(), 5000, 1);
    const Mix same(GetParam(), 5000, 1, Pages::huge);
    const Mix other(GetParam(), 5000, 2);
    EXPECT_TRUE(std::ranges::equal(mix.pcap(), same.pcap()));
    EXPECT_EQ(mix.truth().checksum, same.truth().checksum);
    EXPECT_FALSE(std::ranges::equal(mix.pcap(), other.pcap()));
}

TEST_P(MixesOfEveryShape, have_frames_that_are_those_of_their_file) {
    const Mix mix(GetParam(), 5000, 3);
    const auto frames = reference::read_mix(mix.pcap());
    ASSERT_EQ(frames.size(), mix.frames().size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
        EXPECT_TRUE(std::ranges::equal(frames[i].octets, mix.frames()[i].span()));
        EXPECT_EQ(frames[i].time, mix.frames()[i].time);
        EXPECT_EQ(frames[i].time, mix.frames()[i].clock);
        EXPECT_EQ(mix.frames()[i].length, mix.frames()[i].captured);
        EXPECT_EQ(mix.frames()[i].sequence, i);
        EXPECT_LT(i == 0 ? mix_start - std::chrono::nanoseconds(1) : frames[i - 1].time, frames[i].time);
    }
    EXPECT_LT(frames.back().time, mix_start + mix_span);
}

TEST_P(MixesOfEveryShape, repeat_a_query_only_within_the_time_of_repeats) {
    const Mix mix(GetParam(), frame_count, 7);
    // A repeat cannot be told from chance, but there must be at least as many queries that come within the time after
    // the same question of the same querier as there are repeats. One repeat in a hundred too late shows.
    std::map<std::tuple<IpAddress, IpAddress, std::vector<std::string>>, Timestamp> last;
    std::uint64_t near = 0;
    for (const auto& frame : reference::read_mix(mix.pcap())) {
        const auto packet = reference::read_packet(frame.octets);
        if (packet.kind != "udp" || packet.destination_port != 53) {
            continue;
        }
        const auto labels = reference::read_message(packet.payload).labels;
        const auto [row, first] = last.insert({{packet.source, packet.destination, labels}, frame.time});
        near += !first && frame.time - row->second < mix_repeat_within ? 1 : 0;
        row->second = frame.time;
    }
    EXPECT_GE(near, mix.shares().repeats);
}

TEST_P(MixesOfEveryShape, have_floors_that_agree_with_the_truth) {
    const Mix mix(GetParam(), frame_count, 7);
    EXPECT_EQ(walk_frames(mix.frames()), mix.shares().ptr);
    EXPECT_EQ(walk_pcap(mix.pcap()), mix.shares().ptr);
    std::uint64_t sum = 0;
    for (const Frame& frame : mix.frames()) {
        for (std::uint32_t i = 0; i < std::min(frame.captured, touched_octets_max); ++i) {
            if (i == 0 || reinterpret_cast<std::uintptr_t>(frame.octets + i) % 64 == 0) {
                std::uint32_t word = 0;
                std::memcpy(&word, frame.octets + i, sizeof word);
                sum += word;
            }
        }
    }
    EXPECT_EQ(touch_frames(mix.frames()), sum);
}

INSTANTIATE_TEST_SUITE_P(Mixes, MixesOfEveryShape, testing::Values(MixShape::root, MixShape::reverse, MixShape::wide),
                         [](const auto& row) { return std::string(name_of(row.param)); });

TEST(Mixes, of_one_frame_are_mixes_too) {
    for (const std::size_t count : std::initializer_list<std::size_t>{1, 2, 63, 64, 500}) {
        const Mix mix(MixShape::root, count, 1);
        EXPECT_EQ(mix.frames().size(), count);
        EXPECT_EQ(recount(mix).count["frames"], count);
    }
}

TEST(Mixes, are_written_as_the_file_that_they_are) {
    const Mix mix(MixShape::reverse, 1000, 1);
    const std::string path = testing::TempDir() + "echotap_mix.pcap";
    mix.write_pcap(path);
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> octets{std::istreambuf_iterator<char>(file), {}};
    EXPECT_TRUE(
        std::ranges::equal(octets, mix.pcap(), {}, [](char octet) { return static_cast<std::uint8_t>(octet); }));
    EXPECT_THROW(mix.write_pcap("/nonexistent/mix.pcap"), std::runtime_error);
}

TEST(ZipfRanks, come_as_often_as_their_law_says) {
    constexpr std::uint32_t ranks = 1000;
    constexpr int draws = 2'000'000;
    const ZipfRanks zipf(ranks);
    Random random(5);
    std::vector<int> count(ranks);
    for (int i = 0; i < draws; ++i) {
        ++count[zipf.draw(random)];
    }
    double sum = 0;
    for (std::uint32_t rank = 0; rank < ranks; ++rank) {
        sum += 1.0 / (rank + 1.0);
    }
    for (const std::uint32_t rank : {0U, 1U, 9U, 99U, 999U}) {
        const double expected = draws / (sum * (rank + 1.0));
        EXPECT_NEAR(count[rank], expected, 5 * std::sqrt(expected)) << rank;
    }
}

}  // namespace
}  // namespace echotap
