// SPDX-License-Identifier: Apache-2.0
#include "tools/line_rate/traffic.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <vector>

#include "dataplane/line.hpp"
#include "tests/capture_writer.hpp"
#include "tests/temporary_folder.hpp"
#include "tools/line_rate/rate_run.hpp"

namespace echotap {
namespace {

struct Found {
    std::uint64_t queries = 0;
    std::set<IpAddress> queriers;
    std::set<IpAddress> originators;
};

/// What a line finds in the first `count` frames of `passes` passes, sent as the generator sends them.
Found find(const Traffic& traffic, unsigned passes, std::size_t count) {
    Found found;
    Line line{LineConfig{}};
    for (unsigned pass = 0; pass < passes; ++pass) {
        for (std::size_t i = 0; i < count; ++i) {
            const ReplayFrame& frame = traffic.frames()[i];
            std::vector<std::uint8_t> octets(frame.octets, frame.octets + frame.size);
            for (const std::uint16_t address : {frame.source, frame.destination}) {
                if (address != 0) {
                    octets.at(address) ^= static_cast<std::uint8_t>(pass >> 8U);
                    octets.at(address + 1U) ^= static_cast<std::uint8_t>(pass);
                }
            }
            Frame sent;
            sent.octets = octets.data();
            sent.captured = sent.length = frame.size;
            line.feed({&sent, 1}, [&found](const auto& query) {
                ++found.queries;
                found.queriers.insert(query.querier);
                if constexpr (requires { query.originator; }) {
                    found.originators.insert(query.originator);
                }
            });
        }
    }
    return found;
}

TEST(Traffic, knows_the_queries_in_any_number_of_frames) {
    constexpr std::size_t frames = 20'000;
    const Traffic traffic = Traffic::of_mix(MixShape::reverse, frames);
    ASSERT_EQ(traffic.frames().size(), frames);
    EXPECT_EQ(traffic.queries_in(0), 0U);
    for (const std::size_t count : {std::size_t{1}, std::size_t{777}, frames - 1, frames}) {
        EXPECT_EQ(find(traffic, 1, count).queries, traffic.queries_in(count)) << count;
    }
    EXPECT_EQ(traffic.queries_in(3 * frames + 777), 3 * traffic.queries_in(frames) + traffic.queries_in(777));
    EXPECT_EQ(traffic.left_out(), 0U);
}

TEST(Traffic, has_other_queriers_and_flows_in_every_pass) {
    for (const MixShape shape : {MixShape::root, MixShape::reverse}) {
        const Traffic traffic = Traffic::of_mix(shape, 20'000);
        const Found once = find(traffic, 1, traffic.frames().size());
        const Found thrice = find(traffic, 3, traffic.frames().size());
        EXPECT_EQ(thrice.queries, 3 * once.queries) << "a flow over TCP that came twice would be found once";
        EXPECT_EQ(thrice.originators, once.originators);
        EXPECT_GT(thrice.queriers.size(), once.queriers.size() * 29 / 10);
    }
}

TEST(Traffic, spreads_both_directions_of_a_flow_into_one_queue) {
    Traffic traffic = Traffic::of_mix(MixShape::root, 20'000);
    traffic.spread(4);
    std::array<std::size_t, 4> frames{};
    std::map<std::pair<IpAddress, IpAddress>, std::uint16_t> queues;
    for (const ReplayFrame& frame : traffic.frames()) {
        ++frames.at(frame.queue);
        Frame plain;
        plain.octets = frame.octets;
        plain.captured = plain.length = frame.size;
        Packet packet;
        if (parse_plain_frame(plain, {.dns_ports = {}, .header_depth_max = 24}, packet)) {
            const auto pair = std::minmax(packet.source, packet.destination);
            EXPECT_EQ(queues.emplace(std::pair(pair.first, pair.second), frame.queue).first->second, frame.queue);
        }
    }
    EXPECT_GT(*std::min_element(frames.begin(), frames.end()), 3000U);
    traffic.spread(1);
    EXPECT_TRUE(std::ranges::all_of(traffic.frames(), [](const ReplayFrame& frame) { return frame.queue == 0; }));
}

class TrafficOfCaptures : public testing::Test {
protected:
    test::TemporaryFolder folder_;
};

TEST_F(TrafficOfCaptures, is_the_mix_that_was_written_there) {
    const Mix mix(MixShape::reverse, 3000, mix_seed_default);
    const std::string path = folder_.path() / "mix.pcap";
    mix.write_pcap(path);
    const Traffic written = Traffic::of_captures({path}, 1U << 30U);
    const Traffic made = Traffic::of_mix(MixShape::reverse, 3000);
    EXPECT_EQ(written.name(), "mix.pcap");
    ASSERT_EQ(written.frames().size(), made.frames().size());
    EXPECT_EQ(written.queries_in(3000), made.queries_in(3000));
    EXPECT_EQ(written.mean_size(), made.mean_size());
}

TEST_F(TrafficOfCaptures, leaves_out_what_cannot_be_sent_and_counts_it) {
    test::PcapWriter writer;
    writer.frame(1, 0, std::vector<std::uint8_t>(60, 1));
    writer.frame(2, 0, std::vector<std::uint8_t>(replay_size_max + 1, 1));
    writer.frame(3, 0, std::vector<std::uint8_t>(replay_size_max, 1));
    writer.frame(4, 0, std::vector<std::uint8_t>(60, 1));
    const std::string path = folder_.write("some.pcap", writer.bytes());
    const Traffic traffic = Traffic::of_captures({path}, replay_size_max + 60);
    EXPECT_EQ(traffic.frames().size(), 2U) << "the fourth is beyond the memory that it may take";
    EXPECT_EQ(traffic.left_out(), 2U);
    EXPECT_THROW(Traffic::of_captures({path}, 10), std::runtime_error);
}

TEST(Places, give_the_generator_a_cpu_and_the_main_thread_what_is_left) {
    const Places two = places_for({4, 6}, 1);
    EXPECT_EQ(two.tap, (std::vector<unsigned>{4, 6}));
    EXPECT_EQ(two.generator, 4U);
    EXPECT_TRUE(two.is_shared);
    EXPECT_EQ(automatic_slots(two), 262144U);
    const Places four = places_for({0, 1, 2, 3}, 2);
    EXPECT_EQ(four.tap, (std::vector<unsigned>{0, 1, 2}));
    EXPECT_EQ(four.generator, 3U);
    EXPECT_FALSE(four.is_shared);
    EXPECT_EQ(automatic_slots(four), 4096U);
    EXPECT_THROW(places_for({0}, 1), std::runtime_error);
    EXPECT_FALSE(four.is_crowded);
    const Places crowded = places_for({4, 6}, 2);
    EXPECT_EQ(crowded.tap, (std::vector<unsigned>{6}))
        << "the generator is alone: else sending would wait for receiving";
    EXPECT_EQ(crowded.generator, 4U);
    EXPECT_TRUE(crowded.is_crowded);
    EXPECT_EQ(automatic_slots(crowded), 262144U);
}

}  // namespace
}  // namespace echotap
