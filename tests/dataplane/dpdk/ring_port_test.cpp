// SPDX-License-Identifier: Apache-2.0
// Two ports at once, net_ring (a loopback that the test fills) and net_null (empty frames without end), with huge pages
// where there are some: times by burst, a slow worker whose ring runs full, and books that balance all the same.
#include <gtest/gtest.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "dataplane/dpdk/stop.hpp"
#include "dataplane/dpdk/tap.hpp"
#include "tests/dataplane/dpdk/numbered_frames.hpp"

namespace echotap {
namespace {

using namespace std::chrono_literals;

/// As slow as a worker that cannot keep up.
class SlowKeeper final : public BurstTaker {
public:
    void feed(Burst burst) override {
        keeper.feed(burst);
        std::this_thread::sleep_for(2ms);
    }
    void finish() override { keeper.finish(); }

    FrameKeeper keeper;
};

TEST(RingPort, keeps_the_books_where_a_worker_falls_behind) {
    constexpr std::uint32_t count = 500;  // fewer than the 1,024 of the driver's ring
    const auto before = std::chrono::system_clock::now();
    Tap tap({.ports = {"net_ring0", "net_null0,size=64"}, .workers = 2, .hand_over_frames = 64});
    for (const std::string& line : tap.report()) {
        std::puts(line.c_str());
    }

    const std::unique_ptr<rte_mempool, void (*)(rte_mempool*)> pool(
        rte_pktmbuf_pool_create("test_frames", 1023, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0), rte_mempool_free);
    ASSERT_NE(pool, nullptr);
    rte_ring* const ring = rte_ring_lookup("ETH_RXTX0_net_ring0");
    ASSERT_NE(ring, nullptr);
    for (std::uint32_t number = 0; number < count; ++number) {
        rte_mbuf* const mbuf = rte_pktmbuf_alloc(pool.get());
        ASSERT_NE(mbuf, nullptr);
        const std::vector<std::uint8_t> frame = numbered_frame(number);
        std::memcpy(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size())), frame.data(), frame.size());
        ASSERT_EQ(rte_ring_enqueue(ring, mbuf), 0);
    }

    SlowKeeper slow;
    FrameKeeper quick;
    BurstTaker* const takers[] = {&quick, &slow};
    std::size_t drains = 0;
    Stop stop(300ms);
    tap.run(takers, std::ref(stop), [&drains] {
        ++drains;
        return 0U;
    });
    const auto after = std::chrono::system_clock::now();

    EXPECT_GT(drains, 10U);
    EXPECT_EQ(slow.keeper.finishes + quick.finishes, 2);
    EXPECT_GT(slow.keeper.order.size() + quick.order.size(), 0U);
    for (const FrameKeeper* keeper : {&std::as_const(slow.keeper), &std::as_const(quick)}) {
        for (const auto& [number, time] : keeper->times) {
            ASSERT_GE(time + 1us, before);
            ASSERT_LE(time, after);
            ASSERT_EQ(time.time_since_epoch() % 1us, 0ns) << "a poll cannot know more digits";
        }
    }
    const Ledger& ledger = tap.ledger();
    const std::uint64_t fed = slow.keeper.order.size() + slow.keeper.others + quick.order.size() + quick.others;
    EXPECT_EQ(ledger.out[static_cast<std::size_t>(Stage::source)], fed);
    EXPECT_GT(ledger.drops[static_cast<std::size_t>(Drop::worker_ring_full)], 0U);
    EXPECT_EQ(ledger.held(Stage::source), 0);
    EXPECT_EQ(rte_mempool_in_use_count(pool.get()), 0U) << "every buffer was given back";
}

}  // namespace
}  // namespace echotap
