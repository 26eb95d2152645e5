// SPDX-License-Identifier: Apache-2.0
// What the kernel dropped at the packet sockets of net_af_packet, whose driver counts no loss.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace echotap {

/// The packet sockets of this process that are bound to one interface. The driver keeps its sockets to itself, but
/// they are file descriptors of this process, and the kernel counts drops per socket (packet(7), PACKET_STATISTICS).
/// Not thread-safe.
class PacketSocketDrops {
public:
    /// Finds the sockets; call it once the driver has opened them. `interface` is a name as in `ip link`.
    explicit PacketSocketDrops(const std::string& interface);

    /// Whether any socket was found; without one the loss is unknown.
    bool known() const { return !sockets_.empty(); }

    /// Frames dropped since the last call, over all sockets. The kernel's counter goes back to zero on reading.
    std::uint64_t take() const;

private:
    std::vector<int> sockets_;  // borrowed from the driver, which closes them with the port
};

}  // namespace echotap
