// SPDX-License-Identifier: Apache-2.0
// One DPDK port: configured, started, asked for its counters, and closed.
#pragma once

#include <rte_ethdev.h>
#include <rte_mempool.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "config/port_config.hpp"
#include "dataplane/dpdk/eal.hpp"
#include "dataplane/dpdk/packet_socket_drops.hpp"
#include "dataplane/dpdk/port_spec.hpp"

namespace echotap {

/// What a port and its driver have counted since it was started.
struct PortCount {
    std::uint64_t delivered = 0;  // ipackets: frames put into our queues
    std::uint64_t missed = 0;     // imissed, or what the kernel dropped at our packet sockets
    std::uint64_t errors = 0;     // ierrors
    std::uint64_t no_mbuf = 0;    // rx_nombuf
};

/// How frames are spread over the workers; one way for all ports of a tap, so that the two directions of a flow meet
/// even where they come in through two ports.
enum class Spreading : std::uint8_t {
    one_worker,
    hardware,  // RSS on IP addresses, symmetric, a queue per worker
    software,  // the worker that polls a queue hands frames to their owners
};

/// Owned and used by the main thread; workers poll its queues by number while it is started.
class Port {
public:
    /// Finds the port and asks what it can do. Throws std::runtime_error that says why there is no such port and what
    /// to do. `eal` is the one that was given this port; it must outlive it.
    Port(PortSpec spec, const Eal& eal);
    ~Port();
    Port(const Port&) = delete;
    Port& operator=(const Port&) = delete;
    Port(Port&& other) noexcept;
    Port& operator=(Port&&) = delete;

    std::uint16_t number() const { return number_; }
    const PortSpec& spec() const { return spec_; }
    const rte_eth_dev_info& device() const { return device_; }
    std::uint16_t queues() const { return queues_; }

    /// Where the times of its frames come from: TimestampUnit::none is a time per burst. Known once it is started.
    TimestampUnit timestamps() const { return timestamps_; }

    /// Receive queues that it would have, and descriptors in each.
    std::uint16_t queues_wanted(const PortConfig& config, Spreading spreading) const;
    std::uint16_t descriptors_wanted(const PortConfig& config) const;

    /// Why hardware cannot spread over config.workers, as far as can be told before it is tried; empty where it may.
    std::string spreading_doubt(const PortConfig& config) const;

    /// Configures and starts it, with buffers from `pool`, which must outlive it. A port that runs is stopped first.
    /// With Spreading::hardware, returns why the NIC does not spread as we need (empty: it does; `pattern` is the size
    /// of the smallest redirection table of all ports); the port must then be started anew. Throws std::runtime_error
    /// where the port refuses.
    std::string start(const PortConfig& config, Spreading spreading, std::uint16_t pattern, rte_mempool* pool);

    /// The counters since start(). Call it while the port is started.
    PortCount count();

    /// Whether somebody counts the frames that it could not deliver.
    bool is_loss_known() const;

    /// What it does, a line each: queues and spreading, timestamps, loss, and anything an operator should know.
    std::vector<std::string> report() const;

private:
    void configure(const PortConfig& config, Spreading spreading, rte_mempool* pool);
    void choose_timestamps();
    [[noreturn]] void refuse(const char* what, int error) const;

    PortSpec spec_;
    std::uint16_t number_ = RTE_MAX_ETHPORTS;
    rte_eth_dev_info device_{};
    std::uint16_t queues_ = 0;
    std::uint16_t descriptors_ = 0;
    std::uint64_t hash_types_ = 0;
    Spreading spreading_ = Spreading::one_worker;
    TimestampUnit timestamps_ = TimestampUnit::none;
    bool started_ = false;
    bool promiscuous_ = false;
    PortCount before_;  // the counters at the start, for drivers that cannot reset them
    std::optional<PacketSocketDrops> socket_drops_;
    std::uint64_t socket_drops_sum_ = 0;
};

/// Why DPDK has no port for the NIC at `address`, and what to do about it. `devices` is /sys/bus/pci/devices.
std::string missing_nic(const std::string& address, const std::filesystem::path& devices);

}  // namespace echotap
