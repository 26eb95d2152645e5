// SPDX-License-Identifier: Apache-2.0
// What a port's string says before DPDK has seen it: PCI address or virtual device, driver, options.
//
// The table of virtual drivers holds what DPDK 22.11 does not tell about them, found by reading and trying each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace echotap {

/// Who counts the frames that the port could not deliver.
enum class LossCount : std::uint8_t {
    port,           // imissed, ierrors and rx_nombuf of the driver
    packet_socket,  // the kernel, at the packet socket that the driver opened
    nothing_lost,   // a file is read when we are ready
    unknown,        // nobody that can be asked
};

/// What a timestamp that comes with a frame counts.
enum class TimestampUnit : std::uint8_t {
    none,          // the driver sets none: the burst gives the time
    microseconds,  // since 1970, as libpcap has it
    device_ticks,  // of the NIC's clock
};

struct PortSpec {
    std::string text;          // as configured
    std::string name;          // as DPDK names the port: the full PCI address or the text before the first comma
    bool is_virtual = true;    //
    std::string driver;        // of a virtual device: its name without the number; otherwise empty
    bool queues_given = true;  // the options say how many queues there are, and all of them must be polled
    bool sends_too = false;    // the driver wants as many transmit queues as receive queues, though we never send
    bool spreads = false;      // RSS is real: some virtual drivers accept it and do nothing
    unsigned own_buffers = 0;  // buffers that a queue of a virtual device keeps for itself
    unsigned slots = 0;        // frames that each ring of a net_ring of ours holds (ring_port.hpp); 0: it is DPDK's
    unsigned queues = 1;       // of such a port; who fills it spreads the frames as a NIC would
    LossCount loss = LossCount::unknown;
    TimestampUnit timestamps = TimestampUnit::none;

    /// The value of an option of a virtual device (`iface` of `net_af_packet0,iface=eth1`); empty where it has none.
    std::string option(std::string_view key) const;

    /// Octets of a frame that one buffer must hold: 2,048, or `framesz` where that is more.
    std::size_t buffer_size() const;
};

/// Reads a port's string. Throws std::runtime_error where it is neither a PCI address nor `net_NAMEnumber[,options]`.
PortSpec parse_port_spec(std::string_view text);

}  // namespace echotap
