// SPDX-License-Identifier: Apache-2.0
// A veth pair in a network namespace of its own: what is sent into tap0 comes out of tap1.
#pragma once

#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace echotap {

/// A network namespace of our own; as root in a user namespace of our own where we are not root. Empty, or why not.
inline std::string enter_namespace() {
    const uid_t user = geteuid();
    const gid_t group = getegid();
    if (unshare(CLONE_NEWNET) == 0) {
        return {};
    }
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        return std::string("no network namespace may be made here: ") + std::strerror(errno);
    }
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << "0 " << user << " 1";
    std::ofstream("/proc/self/gid_map") << "0 " << group << " 1";
    return {};
}

class Sender {
public:
    explicit Sender(const char* interface) : socket_(socket(AF_PACKET, SOCK_RAW, 0)) {
        address_.sll_family = AF_PACKET;
        address_.sll_ifindex = static_cast<int>(if_nametoindex(interface));
        address_.sll_halen = ETH_ALEN;
    }
    ~Sender() { close(socket_); }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    bool send(const std::vector<std::uint8_t>& frame) const {
        return sendto(socket_, frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&address_),
                      sizeof address_) == static_cast<ssize_t>(frame.size());
    }

private:
    int socket_;
    sockaddr_ll address_{};
};

/// Enters a namespace with the pair, up. Empty, or why that cannot be done here.
inline std::string make_veth_pair() {
    if (std::string reason = enter_namespace(); !reason.empty()) {
        return reason;
    }
    // Without IPv6 the kernel itself says nothing on the link.
    if (std::system("ip link add tap0 type veth peer name tap1 &&"
                    "{ echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; ip link set tap0 up && ip link set tap1 up; }"
                    " 2>/dev/null") != 0) {
        return "no veth pair can be made here (is the package iproute2 installed, and the module veth there?)";
    }
    return {};
}

}  // namespace echotap
