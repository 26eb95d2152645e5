// SPDX-License-Identifier: Apache-2.0
// The promises of a world: the same octets from the same seed, and a truth that the line finds again.
#include "tools/simulator/world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "dataplane/capture/capture_set.hpp"
#include "dataplane/state/source_digest.hpp"
#include "tests/temporary_folder.hpp"
#include "tests/tools/simulator/worlds.hpp"
#include "tools/simulator/pcap_writer.hpp"
#include "tools/simulator/world_files.hpp"

namespace echotap {
namespace {

using test::FoundInWorld;
using test::made_up_networks;
using test::read_world;
using test::world_of;

constexpr const char* busy_world = R"(
name = "busy"
duration = "2h"
small = 300
ipv6_originators = 0.2
population.ipv6_share = 0.2
class.scan.labelled = 12
class.mail.labelled = 10
class.p2p.others = 10
traffic.tcp_share = 0.05
campaign = [{ class = "scan", originators = 30 }]
flood = [{ originators = 3, queries = 500, begin = 0.5, length = 0.1 }]
)";

std::string octets_of(World& world) {
    std::vector<std::uint8_t> octets;
    for (Burst burst = world.next_burst(); !burst.empty(); burst = world.next_burst()) {
        for (const Frame& frame : burst) {
            const auto time = static_cast<std::uint64_t>(frame.time.time_since_epoch().count());
            for (unsigned i = 0; i < 8; ++i) {
                octets.push_back(static_cast<std::uint8_t>(time >> (8 * i)));
            }
            octets.insert(octets.end(), frame.octets, frame.octets + frame.captured);
        }
    }
    return SourceDigest::of(octets).to_string();
}

TEST(World, is_the_same_octets_from_the_same_seed) {
    World one(world_of(busy_world), made_up_networks(), 1);
    World again(world_of(busy_world), made_up_networks(), 1);
    World other(world_of(busy_world), made_up_networks(), 2);
    const std::string octets = octets_of(one);
    EXPECT_EQ(octets, octets_of(again));
    EXPECT_NE(octets, octets_of(other));
    // Written down once, on one machine. Whoever changes it changes every world and every figure that was measured in
    // one.
    EXPECT_EQ(octets, "87c876156bde1f61f7ce294234db1897");
}

TEST(World, is_the_same_octets_however_time_is_cut) {
    World whole(world_of(busy_world), made_up_networks(), 1);
    World cut(world_of(busy_world), made_up_networks(), 1, 1'000);
    EXPECT_EQ(octets_of(whole), octets_of(cut));
    EXPECT_EQ(whole.frames(), cut.frames());
    ASSERT_EQ(whole.truth().size(), cut.truth().size());
    for (std::size_t i = 0; i < whole.truth().size(); ++i) {
        EXPECT_EQ(whole.truth()[i].counts.queriers, cut.truth()[i].counts.queriers);
        EXPECT_EQ(whole.truth()[i].counts.sent, cut.truth()[i].counts.sent);
    }
}

TEST(World, holds_what_the_line_finds_in_it_and_nothing_else) {
    for (const char* more : {"", "authority = \"national\"\ntraffic.minimising_share = 0.4\n",
                             "authority = \"root\"\ntraffic.minimising_share = 0.4\ntraffic.sampling = 3\n"}) {
        World world(world_of(std::string(more) + busy_world), made_up_networks(), 5, 20'000);
        FoundInWorld found;
        const Ledger ledger = read_world(world, found);
        std::uint64_t sent = 0;
        std::uint32_t minimised = 0;
        for (const World::TruthRow& row : world.truth()) {
            const Originator& one = world.cast().originators()[row.originator];
            const FoundInWorld::Counts& counts = found.originators[one.address];
            EXPECT_EQ(counts.sent, row.counts.sent);
            if (one.standing != Standing::spoofed) {
                EXPECT_EQ(counts.queriers.size(), row.counts.queriers);
                EXPECT_EQ(counts.questions, row.counts.questions);
            }
            sent += row.counts.sent;
            minimised += row.counts.minimised;
        }
        EXPECT_GT(sent, 3'000U);
        // A minimised name at a root is only "in-addr.arpa", which tells of no address.
        const auto apex = ledger.drops[static_cast<std::size_t>(Drop::name_not_reverse)] +
                          ledger.drops[static_cast<std::size_t>(Drop::reverse_apex)];
        EXPECT_EQ(found.minimised + apex, minimised);
        for (const DropInfo& drop : drop_table) {
            if (drop.drop != Drop::segment_empty && drop.drop != Drop::name_not_reverse &&
                drop.drop != Drop::reverse_apex) {
                EXPECT_EQ(ledger.drops[static_cast<std::size_t>(drop.drop)], 0U) << drop.name;
            }
        }
        for (const Stage stage : {Stage::frame, Stage::datagram, Stage::segment, Stage::message, Stage::query}) {
            EXPECT_EQ(ledger.held(stage), 0);
        }
    }
}

TEST(World, can_be_written_and_read_back) {
    const test::TemporaryFolder folder;
    const std::string path = (folder.path() / "world.pcap").string();
    World written(world_of(busy_world), made_up_networks(), 1);
    PcapWriter pcap(path);
    for (Burst burst = written.next_burst(); !burst.empty(); burst = written.next_burst()) {
        pcap.write(burst);
    }
    pcap.close();

    Ledger ledger;
    CaptureSet captures(std::vector<std::string>{path}, ledger);
    World world(world_of(busy_world), made_up_networks(), 1);
    std::uint64_t frames = 0;
    Burst expected;
    for (Burst burst = captures.next_burst(); !burst.empty(); burst = captures.next_burst()) {
        for (const Frame& frame : burst) {
            if (expected.empty()) {
                expected = world.next_burst();
                ASSERT_FALSE(expected.empty());
            }
            ASSERT_EQ(frame.time, expected.front().time);
            ASSERT_TRUE(std::ranges::equal(frame.span(), expected.front().span()));
            expected = expected.subspan(1);
            ++frames;
        }
    }
    EXPECT_EQ(frames, written.frames());
    EXPECT_EQ(ledger.dropped(Stage::source), 0U);
    EXPECT_THROW(PcapWriter("/nowhere/world.pcap"), std::runtime_error);
}

TEST(World, names_every_querier_once_and_labels_what_is_labelled) {
    World world(world_of(busy_world), made_up_networks(), 1);
    FoundInWorld found;
    read_world(world, found);
    std::set<IpAddress> queriers;
    for (const auto& [originator, counts] : found.originators) {
        queriers.insert(counts.queriers.begin(), counts.queriers.end());
    }
    std::vector<IpAddress> named;
    for_each_name(world, made_up_networks(), [&](const WorldName& one) { named.push_back(one.address); });
    EXPECT_TRUE(std::ranges::equal(named, queriers));

    const std::vector<WorldLabel> labels = labels_of(world);
    EXPECT_EQ(labels.size(), 22U);
    EXPECT_TRUE(std::ranges::is_sorted(labels, {}, &WorldLabel::originator));
    EXPECT_EQ(std::ranges::count(labels, "scan", &WorldLabel::class_name), 12);
    const test::TemporaryFolder folder;
    write_labels(world, made_up_networks(), folder.path() / "labels.csv");
    std::ifstream file(folder.path() / "labels.csv");
    std::string first;
    std::getline(file, first);
    EXPECT_NE(first.find(world.config().hash()), std::string::npos) << first;
}

TEST(World, label_noise_makes_some_labels_wrong) {
    World world(world_of(std::string("label_noise = 0.3\nclass.spam.labelled = 400\n") + busy_world),
                made_up_networks(), 1);
    const std::vector<WorldLabel> labels = labels_of(world);
    const auto wrong =
        labels.size() - static_cast<std::size_t>(std::ranges::count(labels, "spam", &WorldLabel::class_name));
    EXPECT_NEAR(static_cast<double>(wrong), 22 + .3 * 400, 40);
}

TEST(World, masks_queriers) {
    World world(world_of(std::string("traffic.masked = true\n") + busy_world), made_up_networks(), 1);
    FoundInWorld found;
    read_world(world, found);
    for (const auto& [originator, counts] : found.originators) {
        for (const IpAddress& querier : counts.queriers) {
            EXPECT_EQ(querier.octets()[15], 0);
            EXPECT_TRUE(querier.is_v4() || std::ranges::all_of(std::span(querier.octets()).subspan(8),
                                                               [](std::uint8_t octet) { return octet == 0; }));
        }
    }
    int names = 0;
    for_each_name(world, made_up_networks(), [&](const WorldName&) { ++names; });
    EXPECT_EQ(names, 0);
}

TEST(World, weeks_bring_new_originators_and_keep_some) {
    World world(world_of("duration = \"5w\"\nclass.scan.labelled = 150\nimmortal_share = 0.3\n"), made_up_networks(),
                1);
    FoundInWorld found;
    read_world(world, found);
    std::vector<std::set<std::uint32_t>> weeks(5);
    for (const World::TruthRow& row : world.truth()) {
        weeks[row.week].insert(row.originator);
        EXPECT_GT(row.counts.queriers, 0U);
    }
    for (std::size_t week = 0; week + 1 < weeks.size(); ++week) {
        EXPECT_EQ(weeks[week].size(), 150U);
        const auto stay =
            std::ranges::count_if(weeks[week], [&](std::uint32_t one) { return weeks[week + 1].contains(one); });
        // 0.3 never go, and of the others half in six weeks.
        EXPECT_NEAR(static_cast<double>(stay), 150 * (1 - .7 * .109), 15);
    }
}

TEST(World, a_flood_keeps_to_its_time_and_makes_up_sources) {
    World world(world_of(busy_world), made_up_networks(), 1);
    FoundInWorld found;
    read_world(world, found);
    EXPECT_EQ(world.spoofed().size(), 1'500U);
    for (const Originator& one : world.cast().originators()) {
        if (one.standing == Standing::spoofed) {
            EXPECT_EQ(found.originators.at(one.address).sent, 500U);
            EXPECT_GT(found.originators.at(one.address).queriers.size(), 490U);
        }
    }
}

TEST(World, refuses_authorities_that_are_no_addresses) {
    EXPECT_THROW(World(world_of("authority_v4 = \"2001:db8::1\""), made_up_networks(), 1), std::runtime_error);
    EXPECT_THROW(World(world_of("authority_v6 = \"ns1\""), made_up_networks(), 1), std::runtime_error);
    EXPECT_THROW(World(world_of("originator_country = \"ZZ\"\nclass.scan.others = 1"), made_up_networks(), 1),
                 std::runtime_error);
}

}  // namespace
}  // namespace echotap
