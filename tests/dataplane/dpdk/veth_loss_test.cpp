// SPDX-License-Identifier: Apache-2.0
// Loss at a kernel interface is counted to the frame: a worker that stands still while more frames come than the packet
// socket can hold, and is then asked to end, so that all that the socket holds must be collected on the way out.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "dataplane/dpdk/tap.hpp"
#include "tests/dataplane/dpdk/numbered_frames.hpp"
#include "tests/dataplane/dpdk/veth_pair.hpp"

namespace echotap {
namespace {

/// Stands still in its first burst until it is told to go on.
class StandingKeeper final : public BurstTaker {
public:
    void feed(Burst burst) override {
        keeper.feed(burst);
        stands = true;
        while (!go_on) {
            std::this_thread::yield();
        }
    }
    void finish() override { keeper.finish(); }

    FrameKeeper keeper;
    std::atomic<bool> stands = false;
    std::atomic<bool> go_on = false;
};

TEST(VethLoss, is_counted_to_the_frame) {
    if (const std::string reason = make_veth_pair(); !reason.empty()) {
        GTEST_SKIP() << reason;
    }
    constexpr std::uint32_t count = 6000;
    Tap tap({.ports = {"net_af_packet0,iface=tap1,framecnt=2048"}, .huge_pages = HugePages::no});
    StandingKeeper taker;
    BurstTaker* const takers[] = {&taker};
    std::atomic<bool> sent = false;
    std::thread sending([&taker, &sent] {
        const Sender sender("tap0");
        EXPECT_TRUE(sender.send(numbered_frame(0)));
        while (!taker.stands) {
            std::this_thread::yield();
        }
        for (std::uint32_t number = 1; number < count; ++number) {
            EXPECT_TRUE(sender.send(numbered_frame(number)));
        }
        // The last frames may still be on their way through the kernel.
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        sent = true;
    });
    bool ending = false;
    tap.run(
        takers, [&] { return ending = sent; },
        [&] {
            taker.go_on = ending;
            return 0U;
        });
    sending.join();

    const Ledger& ledger = tap.ledger();
    EXPECT_EQ(ledger.in[static_cast<std::size_t>(Stage::source)], count);
    EXPECT_EQ(ledger.out[static_cast<std::size_t>(Stage::source)], taker.keeper.order.size());
    EXPECT_EQ(ledger.drops[static_cast<std::size_t>(Drop::nic_missed)], count - taker.keeper.order.size());
    EXPECT_GT(ledger.drops[static_cast<std::size_t>(Drop::nic_missed)], 2000U);
    EXPECT_GE(taker.keeper.order.size(), 2048U);
    EXPECT_EQ(ledger.held(Stage::source), 0);
}

}  // namespace
}  // namespace echotap
