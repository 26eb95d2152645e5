// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/eal_arguments.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>

namespace echotap {
namespace {

Machine machine(std::vector<unsigned> cpus, std::size_t huge_pages_free_mib = 0) {
    return {.cpus = std::move(cpus),
            .huge_pages_free_mib = huge_pages_free_mib,
            .huge_pages_present = huge_pages_free_mib / 2,
            .lockable_octets = SIZE_MAX,
            .process = 42};
}

std::string arguments(const PortConfig& config, const Machine& on) {
    std::string text;
    for (const std::string& argument : eal_arguments(config, check(config), on)) {
        text += (text.empty() ? "" : " ") + argument;
    }
    return text;
}

TEST(EalArguments, say_what_the_configuration_and_the_machine_ask_for) {
    const struct {
        const char* name;
        PortConfig config;
        Machine on;
        std::string expected;
    } rows[] = {
        {"a kernel interface on a laptop",
         {.ports = {"net_af_packet0,iface=veth1"}, .memory_mib = 64},
         machine({0, 1}),
         "echotap --main-lcore 0 --lcores 0@0,1@1 --no-huge --no-shconf -m 64 --file-prefix echotap-42 --no-telemetry "
         "--log-level warning --no-pci --vdev net_af_packet0,iface=veth1,framecnt=4096"},
        {"a NIC with huge pages and four workers",
         {.ports = {"0000:03:00.0"}, .workers = 4},
         machine({0, 1, 2, 3, 4, 5}, 4096),
         "echotap --main-lcore 0 --lcores 0@0,1@1,2@2,3@3,4@4 --in-memory --file-prefix echotap-42 --no-telemetry "
         "--log-level warning -a 0000:03:00.0"},
        {"more workers than CPUs share them in turn and let the main thread float",
         {.ports = {"net_null0"}, .workers = 3, .huge_pages = HugePages::no, .memory_mib = 100},
         machine({2, 5}, 4096),
         "echotap --main-lcore 0 --lcores 0@(2,5),1@2,2@5,3@2 --no-huge --no-shconf -m 100 --file-prefix echotap-42 "
         "--no-telemetry --log-level warning --no-pci --vdev net_null0"},
        {"two ports, one of them a NIC, on chosen CPUs, with a limit of memory in huge pages",
         {.ports = {"03:00.1", "net_ring0", "net_ring1,slots=4096"},
          .cpus = {7, 3},
          .huge_pages = HugePages::yes,
          .memory_mib = 512,
          .file_prefix = "site"},
         machine({0, 3, 7}, 2),
         "echotap --main-lcore 0 --lcores 0@7,1@3 --in-memory -m 512 --file-prefix site-42 --no-telemetry --log-level "
         "warning -a 0000:03:00.1 --vdev net_ring0"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(arguments(row.config, row.on), row.expected) << row.name;
    }
}

TEST(EalArguments, give_a_packet_socket_as_many_frames_as_may_be_locked) {
    const struct {
        const char* port;
        std::size_t lockable_octets;
        const char* expected;
    } rows[] = {
        {"net_af_packet0,iface=a", SIZE_MAX, "net_af_packet0,iface=a,framecnt=4096"},
        {"net_af_packet0,iface=a", 8U << 20U, "net_af_packet0,iface=a,framecnt=2048"},
        {"net_af_packet0,iface=a", 4096U * 7, "net_af_packet0,iface=a,framecnt=6"},
        {"net_af_packet0,iface=a", 0, "net_af_packet0,iface=a,framecnt=2"},
        {"net_af_packet0,iface=a,framecnt=64", SIZE_MAX, "net_af_packet0,iface=a,framecnt=64"},
        {"net_pcap0,rx_iface=a", SIZE_MAX, "net_pcap0,rx_iface=a"},
    };
    for (const auto& row : rows) {
        Machine on = machine({0});
        on.lockable_octets = row.lockable_octets;
        PortConfig config;
        config.ports = {row.port};
        EXPECT_EQ(eal_arguments(config, check(config), on).back(), row.expected);
    }
}

TEST(EalArguments, take_huge_pages_by_themselves_only_where_enough_are_free) {
    const PortConfig config{.ports = {"net_null0"}};
    const std::size_t needed = memory_needed_mib(config, check(config));
    EXPECT_TRUE(use_huge_pages(config, check(config), machine({0}, needed)));
    EXPECT_FALSE(use_huge_pages(config, check(config), machine({0}, needed - 1)));
}

TEST(EalArguments, ask_for_more_memory_for_more_of_anything) {
    const auto needed = [](const PortConfig& config) { return memory_needed_mib(config, check(config)); };
    const PortConfig least{.ports = {"03:00.0"}};
    for (const std::function<void(PortConfig&)>& more :
         {std::function<void(PortConfig&)>([](PortConfig& config) { config.workers = 8; }),
          std::function<void(PortConfig&)>([](PortConfig& config) { config.ports.emplace_back("03:00.1"); }),
          std::function<void(PortConfig&)>([](PortConfig& config) { config.descriptors *= 4; }),
          std::function<void(PortConfig&)>([](PortConfig& config) { config.hand_over_frames *= 64; }),
          std::function<void(PortConfig&)>(
              [](PortConfig& config) { config.ports = {"net_af_packet0,iface=a,framesz=16384"}; })}) {
        PortConfig config = least;
        more(config);
        EXPECT_GT(needed(config), needed(least));
    }
}

TEST(EalArguments, refuse_what_cannot_be_and_say_why) {
    const struct {
        PortConfig config;
        std::string part;
    } rows[] = {
        {{}, "the number of ports is 0"},
        {{.ports = {"net_null0"}, .workers = 0}, "workers is 0, but must be from 1 to 64"},
        {{.ports = {"net_null0"}, .descriptors = 7}, "descriptors is 7"},
        {{.ports = {"net_null0"}, .hand_over_frames = 1}, "hand_over_frames is 1"},
        {{.ports = {"net_null0", "net_null0,size=9"}}, "port net_null0 is given twice"},
        {{.ports = {"03:00.0", "0000:03:00.0"}}, "port 0000:03:00.0 is given twice"},
        {{.ports = {"eth0"}}, "port 'eth0' is neither a PCI address"},
        {{.ports = {"net_null0"}, .cpus = {9}}, "cpus names CPU 9, but this process may run on 0,1 only"},
        {{.ports = {"net_null0"}, .huge_pages = HugePages::yes}, "sysctl vm.nr_hugepages="},
        {{.ports = {"net_null0"}, .file_prefix = "../x"}, "file_prefix '../x'"},
    };
    for (const auto& row : rows) {
        try {
            arguments(row.config, machine({0, 1}));
            ADD_FAILURE() << "accepted, instead of: " << row.part;
        } catch (const std::runtime_error& error) {
            EXPECT_NE(std::string(error.what()).find(row.part), std::string::npos) << error.what();
        }
    }
}

TEST(EalArguments, look_at_the_real_machine) {
    const Machine real = Machine::look();
    EXPECT_FALSE(real.cpus.empty());
    EXPECT_GT(real.process, 0);
}

}  // namespace
}  // namespace echotap
