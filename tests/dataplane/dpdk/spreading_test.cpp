// SPDX-License-Identifier: Apache-2.0
// Spreading in software over two workers: every frame exactly once, both directions of a flow on one worker and in
// order; and frames larger than a buffer (several mbufs), which are put together.
#include <gtest/gtest.h>

#include <cstdio>

#include "dataplane/dpdk/tap.hpp"
#include "dataplane/flow_hash.hpp"
#include "tests/dataplane/dpdk/numbered_frames.hpp"

namespace echotap {
namespace {

TEST(Spreading, gives_every_frame_to_the_worker_that_owns_its_flow) {
    constexpr std::uint32_t count = 20000;
    constexpr std::size_t padding = 5000;  // three buffers
    const std::string path = testing::TempDir() + "echotap_spreading.pcap";
    write_pcap(path, count, padding);

    // The file is read as fast as it can be, so the rings must hold what a worker that does not run leaves in them.
    Tap tap({.ports = {"net_pcap0,rx_pcap=" + path},
             .workers = 2,
             .huge_pages = HugePages::no,
             .memory_mib = 1024,
             .hand_over_frames = 32768});
    std::array<FrameKeeper, 2> keepers{FrameKeeper(padding), FrameKeeper(padding)};
    BurstTaker* const takers[] = {&keepers[0], &keepers[1]};
    int rounds = 0;
    tap.run(
        takers, [&] { return keepers[0].frames + keepers[1].frames == count || ++rounds > 100000; }, [] { return 0U; });
    std::remove(path.c_str());

    EXPECT_EQ(keepers[0].others + keepers[1].others, 0U);
    EXPECT_GT(keepers[0].order.size(), count / 4);
    EXPECT_GT(keepers[1].order.size(), count / 4);
    for (std::uint32_t number = 0; number < count; ++number) {
        const std::vector<std::uint8_t> octets = numbered_frame(number, padding);
        Frame frame;
        frame.octets = octets.data();
        frame.captured = static_cast<std::uint32_t>(octets.size());
        const std::size_t owner = worker_of(flow_hash(frame), 2);
        ASSERT_EQ(keepers[owner].times_seen[number], 1) << number;
        ASSERT_EQ(keepers[1 - owner].times_seen.count(number), 0U) << number;
        ASSERT_EQ(keepers[owner].times[number], numbered_time(number)) << number;
    }
    for (const FrameKeeper& keeper : keepers) {
        EXPECT_TRUE(std::is_sorted(keeper.order.begin(), keeper.order.end()));
        EXPECT_FALSE(keeper.clock_ran_back);
        EXPECT_EQ(keeper.finishes, 1);
    }
    EXPECT_EQ(tap.ledger().in[static_cast<std::size_t>(Stage::source)], count);
    EXPECT_EQ(tap.ledger().out[static_cast<std::size_t>(Stage::source)], count);
    EXPECT_NE(tap.report()[1].find("spread in software: port net_pcap0:"), std::string::npos) << tap.report()[1];
}

}  // namespace
}  // namespace echotap
