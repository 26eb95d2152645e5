// SPDX-License-Identifier: Apache-2.0
// A capture through net_pcap, without huge pages and without any privilege: every frame, octet by octet, with its own
// timestamp; also the other ways in which a Tap can fail or be used wrongly, since DPDK starts once per process.
#include <gtest/gtest.h>

#include <cstdio>
#include <stdexcept>

#include "dataplane/dpdk/tap.hpp"
#include "tests/dataplane/dpdk/numbered_frames.hpp"

namespace echotap {
namespace {

TEST(PcapPort, gives_every_frame_with_its_own_timestamp) {
    constexpr std::uint32_t count = 30000;
    const std::string path = testing::TempDir() + "echotap_pcap_port.pcap";
    write_pcap(path, count);
    {
        Tap tap({.ports = {"net_pcap0,rx_pcap=" + path}, .huge_pages = HugePages::no});
        FrameKeeper keeper;
        BurstTaker* const takers[] = {&keeper};
        int rounds_after_the_last = 0;
        tap.run(
            takers, [&] { return keeper.frames >= count && ++rounds_after_the_last > 20; }, [] { return 0U; });

        ASSERT_EQ(keeper.order.size(), count);
        for (std::uint32_t number = 0; number < count; ++number) {
            ASSERT_EQ(keeper.order[number], number);
            ASSERT_EQ(keeper.times[number], numbered_time(number)) << number;
        }
        EXPECT_EQ(keeper.others, 0U);
        EXPECT_EQ(keeper.clock, numbered_time(count - 1));
        EXPECT_FALSE(keeper.clock_ran_back);
        EXPECT_EQ(keeper.finishes, 1);

        const Ledger& ledger = tap.ledger();
        EXPECT_EQ(ledger.in[static_cast<std::size_t>(Stage::source)], count);
        EXPECT_EQ(ledger.out[static_cast<std::size_t>(Stage::source)], count);
        EXPECT_EQ(ledger.held(Stage::source), 0);

        const std::vector<std::string> report = tap.report();
        ASSERT_GE(report.size(), 4U);
        EXPECT_NE(report[0].find("1 worker, "), std::string::npos) << report[0];
        EXPECT_NE(report[0].find("without huge pages"), std::string::npos) << report[0];
        EXPECT_EQ(report[1], "port net_pcap0 (net_pcap): 1 queue, one worker");
        EXPECT_EQ(report[2], "port net_pcap0: timestamps: the capture's own, to the microsecond");
        EXPECT_EQ(report[3], "port net_pcap0: no loss: a file waits");
        for (const std::string& line : report) {
            std::puts(line.c_str());
        }
    }
    std::remove(path.c_str());
    try {
        Tap second({.ports = {"net_null0"}, .huge_pages = HugePages::no});
        ADD_FAILURE() << "DPDK started twice";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("once per process"), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace echotap
