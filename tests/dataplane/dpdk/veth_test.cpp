// SPDX-License-Identifier: Apache-2.0
// Real frames over a veth pair in a network namespace of their own, received by net_af_packet on two workers: every one
// of 20,000 arrives, tags included, and the kernel's own count of loss is found. Skipped where namespaces are not
// allowed.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

#include "dataplane/dpdk/tap.hpp"
#include "tests/dataplane/dpdk/numbered_frames.hpp"
#include "tests/dataplane/dpdk/veth_pair.hpp"

namespace echotap {
namespace {

using namespace std::chrono_literals;

TEST(Veth, every_frame_sent_over_a_real_interface_arrives) {
    if (const std::string reason = make_veth_pair(); !reason.empty()) {
        GTEST_SKIP() << reason;
    }
    constexpr std::uint32_t count = 20000;
    Tap tap({.ports = {"net_af_packet0,iface=tap1"}, .workers = 2, .huge_pages = HugePages::no});
    for (const std::string& line : tap.report()) {
        std::puts(line.c_str());
    }
    std::array<FrameKeeper, 2> keepers;
    BurstTaker* const takers[] = {&keepers[0], &keepers[1]};
    std::atomic<std::uint32_t> sent = 0;
    const auto begin = std::chrono::system_clock::now();
    std::thread sending([&sent] {
        const Sender sender("tap0");
        for (std::uint32_t number = 0; number < count; ++number) {
            while (!sender.send(numbered_frame(number))) {
                std::this_thread::sleep_for(1ms);
            }
            ++sent;
            if (number % 100 == 99) {
                std::this_thread::sleep_for(5ms);  // at most 20,000 frames/s: the kernel's share of two CPUs
            }
        }
    });
    int quiet_rounds = 0;
    tap.run(
        takers, [&] { return sent == count && ++quiet_rounds > 400; }, [] { return 0U; });
    sending.join();
    const auto end = std::chrono::system_clock::now();

    const Ledger& ledger = tap.ledger();
    EXPECT_EQ(ledger.drops[static_cast<std::size_t>(Drop::nic_missed)], 0U);
    EXPECT_EQ(ledger.held(Stage::source), 0);
    std::size_t arrived = 0;
    for (std::uint32_t number = 0; number < count; number += 2) {
        for (FrameKeeper& keeper : keepers) {
            const bool there = keeper.times_seen.count(number) != 0;
            ASSERT_EQ(there, keeper.times_seen.count(number + 1) != 0) << "two directions of a flow parted: " << number;
            if (there) {
                ASSERT_EQ(keeper.times_seen[number], 1) << number;
                ASSERT_EQ(keeper.times_seen[number + 1], 1) << number + 1;
                ASSERT_GE(keeper.times[number] + 1us, begin);
                ASSERT_LE(keeper.times[number], end);
                arrived += 2;
            }
        }
    }
    EXPECT_EQ(arrived, count);
    EXPECT_GT(keepers[0].order.size(), count / 4);
    EXPECT_GT(keepers[1].order.size(), count / 4);
    std::printf("%zu of %u frames arrived, %llu others\n", arrived, count,
                static_cast<unsigned long long>(keepers[0].others + keepers[1].others));
    bool loss_known = false;
    for (const std::string& line : tap.report()) {
        loss_known =
            loss_known || line == "port net_af_packet0: loss known: the kernel counts it at the driver's packet socket";
    }
    EXPECT_TRUE(loss_known);
}

}  // namespace
}  // namespace echotap
