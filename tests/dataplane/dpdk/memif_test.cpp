// SPDX-License-Identifier: Apache-2.0
// Frames of another process over shared memory: a second process sends with net_memif, the tap here receives.
#include <gtest/gtest.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "dataplane/dpdk/tap.hpp"
#include "tests/dataplane/dpdk/numbered_frames.hpp"

namespace echotap {
namespace {

constexpr std::uint32_t count = 3000;

/// The other process: a DPDK program that sends numbered frames as soon as the tap is there. Returns its exit code.
int send_all(const std::string& socket) {
    std::vector<std::string> texts{"sender",
                                   "--no-huge",
                                   "--no-shconf",
                                   "--no-pci",
                                   "--no-telemetry",
                                   "-m",
                                   "64",
                                   "-l",
                                   "0",
                                   "--vdev",
                                   "net_memif0,role=client,socket=" + socket,
                                   "--log-level",
                                   "error"};
    std::vector<char*> arguments;
    for (std::string& text : texts) {
        arguments.push_back(text.data());
    }
    if (rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) < 0) {
        return 2;
    }
    rte_mempool* const pool = rte_pktmbuf_pool_create("sender", 4095, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
    const rte_eth_conf plain{};
    if (pool == nullptr || rte_eth_dev_configure(0, 1, 1, &plain) != 0 ||
        rte_eth_rx_queue_setup(0, 0, 1024, 0, nullptr, pool) != 0 ||
        rte_eth_tx_queue_setup(0, 0, 1024, 0, nullptr) != 0 || rte_eth_dev_start(0) != 0) {
        return 3;
    }
    rte_eth_link link{};
    for (int wait = 0; wait < 1000 && link.link_status == RTE_ETH_LINK_DOWN; ++wait) {
        usleep(10000);
        rte_eth_link_get_nowait(0, &link);
    }
    for (std::uint32_t number = 0; number < count; ++number) {
        rte_mbuf* mbuf = rte_pktmbuf_alloc(pool);
        const std::vector<std::uint8_t> frame = numbered_frame(number);
        std::memcpy(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size())), frame.data(), frame.size());
        for (int wait = 0; rte_eth_tx_burst(0, 0, &mbuf, 1) == 0; ++wait) {
            if (wait == 10000) {
                return 4;
            }
            usleep(1000);
        }
    }
    usleep(500000);
    return 0;
}

TEST(Memif, frames_of_another_process_arrive) {
    const std::string socket = testing::TempDir() + "echotap_memif.sock";
    std::remove(socket.c_str());
    int ready[2];  // net_memif gives up for good where the other side does not listen yet
    ASSERT_EQ(pipe(ready), 0);
    const pid_t sender = fork();  // before DPDK starts here: its threads would not come along
    ASSERT_GE(sender, 0);
    if (sender == 0) {
        char go = 0;
        if (read(ready[0], &go, 1) != 1) {
            std::_Exit(1);
        }
        std::_Exit(send_all(socket));
    }
    FrameKeeper keeper;
    {
        Tap tap({.ports = {"net_memif0,role=server,socket=" + socket}, .huge_pages = HugePages::no});
        ASSERT_EQ(write(ready[1], "g", 1), 1);
        BurstTaker* const takers[] = {&keeper};
        int rounds = 0;
        tap.run(
            takers, [&] { return keeper.frames >= count || ++rounds > 30000; }, [] { return 0U; });
        for (const std::string& line : tap.report()) {
            std::puts(line.c_str());
        }
        EXPECT_EQ(tap.ledger().out[static_cast<std::size_t>(Stage::source)], keeper.frames);
        EXPECT_EQ(tap.ledger().held(Stage::source), 0);
    }
    int status = 0;
    waitpid(sender, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    EXPECT_EQ(keeper.order.size(), count);
    EXPECT_TRUE(std::is_sorted(keeper.order.begin(), keeper.order.end()));
    std::remove(socket.c_str());
}

}  // namespace
}  // namespace echotap
