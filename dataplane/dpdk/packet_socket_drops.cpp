// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/packet_socket_drops.hpp"

#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <charconv>
#include <filesystem>
#include <system_error>

namespace echotap {

namespace {

bool is_packet_socket_of(int descriptor, unsigned interface_index) {
    int domain = 0;
    socklen_t size = sizeof domain;
    if (getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0 || domain != AF_PACKET) {
        return false;
    }
    sockaddr_ll address{};
    size = sizeof address;
    // The socket API takes every address family through the one type.
    return getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0 &&
           address.sll_ifindex == static_cast<int>(interface_index);
}

}  // namespace

PacketSocketDrops::PacketSocketDrops(const std::string& interface) {
    const unsigned index = if_nametoindex(interface.c_str());
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
        const std::string name = entry.path().filename();
        int descriptor = -1;
        std::from_chars(name.data(), name.data() + name.size(), descriptor);
        if (index != 0 && descriptor >= 0 && is_packet_socket_of(descriptor, index)) {
            sockets_.push_back(descriptor);
        }
    }
}

std::uint64_t PacketSocketDrops::take() const {
    std::uint64_t drops = 0;
    for (const int descriptor : sockets_) {
        tpacket_stats statistics{};
        socklen_t size = sizeof statistics;
        if (getsockopt(descriptor, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) == 0) {
            drops += statistics.tp_drops;
        }
    }
    return drops;
}

}  // namespace echotap
