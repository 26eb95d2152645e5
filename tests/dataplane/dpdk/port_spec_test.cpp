// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/port_spec.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>

#include "dataplane/dpdk/port.hpp"

namespace echotap {
namespace {

TEST(PortSpec, reads_pci_addresses_in_both_forms) {
    for (const char* text : {"0000:03:00.0", "03:00.0"}) {
        const PortSpec spec = parse_port_spec(text);
        EXPECT_EQ(spec.name, "0000:03:00.0");
        EXPECT_FALSE(spec.is_virtual);
        EXPECT_TRUE(spec.spreads);
        EXPECT_EQ(spec.loss, LossCount::port);
    }
    EXPECT_EQ(parse_port_spec("AB:1F.7").name, "0000:ab:1f.7") << "as DPDK writes it";
}

TEST(PortSpec, knows_the_virtual_drivers) {
    const struct {
        const char* text;
        const char* name;
        const char* driver;
        bool queues_given;
        LossCount loss;
        TimestampUnit timestamps;
    } rows[] = {
        {"net_af_packet0,iface=veth1", "net_af_packet0", "net_af_packet", true, LossCount::packet_socket,
         TimestampUnit::none},
        {"net_af_xdp7,iface=eth1", "net_af_xdp7", "net_af_xdp", true, LossCount::port, TimestampUnit::none},
        {"net_pcap0,rx_pcap=a.pcap", "net_pcap0", "net_pcap", true, LossCount::nothing_lost,
         TimestampUnit::microseconds},
        {"net_pcap12,rx_iface=eth1", "net_pcap12", "net_pcap", true, LossCount::unknown, TimestampUnit::microseconds},
        {"net_ring0", "net_ring0", "net_ring", true, LossCount::unknown, TimestampUnit::none},
        {"net_null0,size=64", "net_null0", "net_null", false, LossCount::unknown, TimestampUnit::none},
        {"net_memif0,role=client", "net_memif0", "net_memif", false, LossCount::unknown, TimestampUnit::none},
        {"net_tap0", "net_tap0", "net_tap", false, LossCount::unknown, TimestampUnit::none},
    };
    for (const auto& row : rows) {
        const PortSpec spec = parse_port_spec(row.text);
        EXPECT_EQ(spec.name, row.name);
        EXPECT_EQ(spec.driver, row.driver);
        EXPECT_TRUE(spec.is_virtual);
        EXPECT_FALSE(spec.spreads) << row.text;
        EXPECT_EQ(spec.queues_given, row.queues_given) << row.text;
        EXPECT_EQ(spec.loss, row.loss) << row.text;
        EXPECT_EQ(spec.timestamps, row.timestamps) << row.text;
    }
}

TEST(PortSpec, reads_how_large_rings_of_ours_are) {
    const PortSpec spec = parse_port_spec("net_ring0,slots=262144,queues=2");
    EXPECT_EQ(spec.slots, 262144U);
    EXPECT_EQ(spec.queues, 2U);
    EXPECT_EQ(parse_port_spec("net_ring0,slots=4096").queues, 1U);
    EXPECT_EQ(parse_port_spec("net_ring0").slots, 0U) << "DPDK's own";
    EXPECT_EQ(parse_port_spec("net_null0,slots=4096").slots, 0U);
    for (const char* text : {"net_ring0,slots=many", "net_ring0,slots=63", "net_ring0,slots=4096,queues=0",
                             "net_ring0,slots=4096,queues=17", "net_ring0,slots=4096x"}) {
        EXPECT_THROW(parse_port_spec(text), std::runtime_error) << text;
    }
}

TEST(PortSpec, finds_options_by_their_whole_name) {
    const PortSpec spec = parse_port_spec("net_af_packet0,xiface=a,iface=b,framesz=4096");
    EXPECT_EQ(spec.option("iface"), "b");
    EXPECT_EQ(spec.option("face"), "");
    EXPECT_EQ(spec.option("qpairs"), "");
    EXPECT_EQ(spec.buffer_size(), 4096U);
    EXPECT_EQ(parse_port_spec("net_af_packet0,iface=b").buffer_size(), 2048U);
    EXPECT_EQ(parse_port_spec("net_af_packet0,framesz=9999999").buffer_size(), 65407U) << "what a buffer can hold";
}

TEST(PortSpec, refuses_what_is_no_port) {
    for (const char* text : {"", "eth0", "net_pcap", "net_0", "03:00.8", "3:00.0", "0000:03:00", "net_pcap0 ,a=b",
                             "--no-huge", "crypto_null0", "0000-03:00.0"}) {
        EXPECT_THROW(parse_port_spec(text), std::runtime_error) << text;
    }
}

TEST(PortSpec, refuses_the_option_of_net_pcap_that_crashes_and_says_what_to_do) {
    EXPECT_NO_THROW(parse_port_spec("net_pcap0,rx_pcap=a.pcap,infinite_rx=0"));
    try {
        parse_port_spec("net_pcap0,rx_pcap=a.pcap,infinite_rx=1");
        FAIL() << "it was taken";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find("tcpreplay --loop 0"), std::string::npos) << error.what();
    }
}

TEST(PortSpec, says_what_keeps_a_nic_from_being_opened) {
    const std::filesystem::path root = std::filesystem::path(testing::TempDir()) / "echotap_pci_devices";
    std::filesystem::remove_all(root);
    for (const char* address : {"0000:01:00.0", "0000:02:00.0", "0000:03:00.0"}) {
        std::filesystem::create_directories(root / "devices" / address);
    }
    std::filesystem::create_directory_symlink("../../drivers/ixgbe", root / "devices/0000:02:00.0/driver");
    std::filesystem::create_directory_symlink("../../drivers/vfio-pci", root / "devices/0000:03:00.0/driver");
    const auto says = [&root](const char* address, const char* part) {
        const std::string text = missing_nic(address, root / "devices");
        EXPECT_NE(text.find(part), std::string::npos) << text;
    };
    says("0000:00:00.0", "no such PCI device");
    says("0000:01:00.0", "no driver is bound");
    says("0000:02:00.0", "the kernel's driver ixgbe holds it; `dpdk-devbind.py -b vfio-pci 0000:02:00.0`");
    says("0000:03:00.0", "bound to vfio-pci, but DPDK could not open it");
    std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace echotap
