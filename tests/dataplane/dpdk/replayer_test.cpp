// SPDX-License-Identifier: Apache-2.0
// A generator into a tap of two queues: at a rate that both bear, and as fast as it can into a worker that sleeps.
#include "dataplane/dpdk/replayer.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <limits>
#include <stdexcept>
#include <thread>

#include "dataplane/dpdk/tap.hpp"
#include "dataplane/flow_hash.hpp"
#include "tests/dataplane/dpdk/numbered_frames.hpp"

namespace echotap {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t frame_count = 512;
constexpr std::uint32_t unchanged = 256;  // frames below this number are sent as they are in every pass

/// Keeps frames, and sleeps while it is told to.
class SleepyKeeper final : public BurstTaker {
public:
    void feed(Burst burst) override {
        while (sleeps.load()) {
            std::this_thread::sleep_for(1ms);
        }
        keeper.feed(burst);
    }
    void finish() override { keeper.finish(); }

    FrameKeeper keeper;
    std::atomic<bool> sleeps = false;
};

TEST(Replayer, sends_at_a_rate_and_counts_what_finds_no_room) {
    std::vector<std::vector<std::uint8_t>> octets;
    std::vector<ReplayFrame> frames;
    for (std::uint32_t number = 0; number < frame_count; ++number) {
        octets.push_back(numbered_frame(number));
        Frame frame;
        frame.octets = octets.back().data();
        frame.captured = frame.length = static_cast<std::uint32_t>(octets.back().size());
        ReplayFrame& added = frames.emplace_back();
        added.octets = frame.octets;
        added.size = static_cast<std::uint16_t>(frame.captured);
        added.queue = static_cast<std::uint16_t>(worker_of(flow_hash(frame), 2));
        added.source = number < unchanged ? 0 : 40;
        added.destination = number < unchanged ? 0 : 50;
    }
    PortConfig config;
    config.ports = {"net_ring0,slots=4096,queues=2"};
    config.workers = 2;
    config.huge_pages = HugePages::no;
    config.memory_mib = 256;
    Tap tap(config);
    for (const std::string& line : tap.report()) {
        std::puts(line.c_str());
    }
    Replayer replayer(frames, parse_port_spec(config.ports.front()));
    SleepyKeeper first;
    SleepyKeeper second;
    ReplayCount steady;
    ReplayCount flood;
    std::atomic<std::uint64_t> fed_steady = 0;
    std::atomic<bool> has_ended = false;
    const std::atomic<bool> stop = false;
    std::thread generator([&] {
        const ReplayLcore lcore(static_cast<unsigned>(sched_getcpu()));
        constexpr double rate = 20'000;
        steady = replayer.send(rate, 200ms, stop);
        std::this_thread::sleep_for(300ms);
        fed_steady = first.keeper.frames + second.keeper.frames;
        first.sleeps = true;
        flood = replayer.send(std::numeric_limits<double>::infinity(), 200ms, stop);
        first.sleeps = false;
        has_ended = true;
    });
    BurstTaker* const takers[] = {&first, &second};
    tap.run(
        takers, [&] { return has_ended.load(); }, [] { return std::size_t{0}; });
    generator.join();

    EXPECT_EQ(steady.refused, 0U);
    EXPECT_LE(steady.offered, 4001U);
    EXPECT_GE(steady.offered, 1000U) << "more is up to what else runs here";
    EXPECT_NEAR(steady.rate(), static_cast<double>(steady.offered) / steady.seconds, 1);
    EXPECT_EQ(fed_steady, steady.offered);
    EXPECT_GT(flood.offered, flood.refused);
    EXPECT_GT(flood.refused, 0U) << "a ring of 4,096 slots whose worker sleeps";
    EXPECT_GT(flood.octets, 60 * flood.offered);

    const std::uint64_t accepted = steady.accepted() + flood.accepted();
    EXPECT_EQ(first.keeper.frames + second.keeper.frames, accepted);
    EXPECT_EQ(tap.ledger().in[static_cast<std::size_t>(Stage::source)], accepted);
    EXPECT_EQ(tap.ledger().held(Stage::source), 0);
    EXPECT_GT(first.keeper.others + second.keeper.others, 0U) << "passes have changed their addresses";
    for (std::uint16_t queue = 0; queue < 2; ++queue) {
        const FrameKeeper& keeper = (queue == 0 ? first : second).keeper;
        EXPECT_GT(keeper.times_seen.size(), unchanged / 4U);
        for (const auto& [number, times] : keeper.times_seen) {
            ASSERT_LT(number, unchanged);
            ASSERT_EQ(frames[number].queue, queue);
        }
    }
    const rte_mempool* const pool = rte_mempool_lookup("echotap_replay");
    ASSERT_NE(pool, nullptr);
    EXPECT_EQ(rte_mempool_in_use_count(pool), 0U) << "every buffer was given back";
}

TEST(Replayer, needs_a_cpu_that_is_there) {
    EXPECT_THROW(ReplayLcore(CPU_SETSIZE - 1), std::runtime_error);
}

}  // namespace
}  // namespace echotap
