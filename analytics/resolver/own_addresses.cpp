// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/own_addresses.hpp"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <stdexcept>

namespace echotap {

namespace {

std::optional<IpAddress> address_of(const sockaddr* from) {
    if (from != nullptr && from->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, from, sizeof v4);
        return IpAddress::from_v4(reinterpret_cast<const std::uint8_t*>(&v4.sin_addr));
    }
    if (from != nullptr && from->sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, from, sizeof v6);
        return IpAddress::from_v6(reinterpret_cast<const std::uint8_t*>(&v6.sin6_addr));
    }
    return std::nullopt;
}

std::vector<IpAddress> addresses_of_host() {
    ifaddrs* first = nullptr;
    std::vector<IpAddress> addresses;
    if (::getifaddrs(&first) == 0) {
        const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> list(first, ::freeifaddrs);
        for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
            if (const auto address = address_of(each->ifa_addr)) {
                addresses.push_back(*address);
            }
        }
    }
    return addresses;
}

/// The address that the system would send from; connecting a datagram socket sends nothing.
std::optional<IpAddress> source_towards(const NameServer& server) {
    const auto& octets = server.address.octets();
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(server.port);
    std::memcpy(&v4.sin_addr, octets.data() + 12, 4);
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(server.port);
    std::memcpy(&v6.sin6_addr, octets.data(), 16);
    const bool is_v4 = server.address.is_v4();
    const int socket = ::socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) {
        return std::nullopt;
    }
    sockaddr_storage local{};
    socklen_t size = sizeof local;
    const bool is_connected =
        ::connect(socket, is_v4 ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6),
                  is_v4 ? sizeof v4 : sizeof v6) == 0 &&
        ::getsockname(socket, reinterpret_cast<sockaddr*>(&local), &size) == 0;
    ::close(socket);
    return is_connected ? address_of(reinterpret_cast<const sockaddr*>(&local)) : std::nullopt;
}

bool is_seen_outside(const IpAddress& address) {
    const auto& octets = address.octets();
    if (address.is_v4()) {
        return octets[12] != 127 && !(octets[12] == 169 && octets[13] == 254) && octets[12] != 0;
    }
    const bool is_link_local = octets[0] == 0xfe && (octets[1] & 0xc0U) == 0x80;
    const bool is_loopback_or_none =
        std::all_of(octets.begin(), octets.end() - 1, [](std::uint8_t each) { return each == 0; });
    return !is_link_local && !is_loopback_or_none;
}

}  // namespace

std::vector<IpAddress> own_addresses(const ResolverConfig& config) {
    const std::vector<IpAddress> host = addresses_of_host();
    const auto is_of_host = [&](const IpAddress& address) {
        return std::find(host.begin(), host.end(), address) != host.end() ||
               (address.is_v4() && address.octets()[12] == 127);
    };
    std::vector<IpAddress> own;
    for (const IpAddress& source : config.source_addresses) {
        if (!is_of_host(source)) {
            throw std::runtime_error(fmt::format(
                "the source address {} is not one of this host; `ip address` lists them", source.to_string()));
        }
        own.push_back(source);
    }
    for (const NameServer& server : config.servers) {
        const bool is_configured =
            std::any_of(config.source_addresses.begin(), config.source_addresses.end(),
                        [&](const IpAddress& source) { return source.is_v4() == server.address.is_v4(); });
        if (const auto source = is_configured ? std::nullopt : source_towards(server)) {
            own.push_back(*source);
        }
        if (is_of_host(server.address)) {
            own.insert(own.end(), host.begin(), host.end());
        }
    }
    std::erase_if(own, [](const IpAddress& address) { return !is_seen_outside(address); });
    std::sort(own.begin(), own.end());
    own.erase(std::unique(own.begin(), own.end()), own.end());
    return own;
}

std::vector<IpAddress> leave_out_own_questions(LineConfig& line, const ResolverConfig& config) {
    std::vector<IpAddress> own;
    if (!config.servers.empty()) {
        own = own_addresses(config);
        line.own_resolver_addresses.insert(line.own_resolver_addresses.end(), own.begin(), own.end());
    }
    return own;
}

}  // namespace echotap
