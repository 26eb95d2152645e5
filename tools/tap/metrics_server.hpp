// SPDX-License-Identifier: Apache-2.0
// GET /metrics over HTTP: an address, a port and who writes the text go in; one thread answers from then on. The only
// home of libmicrohttpd.
//
// Whoever can reach the port may send anything, so everything is bounded: connections in all and from one address,
// memory for a request, time without a word. TLS is for a proxy in front.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "config/ip_address.hpp"

struct MHD_Daemon;

namespace echotap {

class MetricsServer {
public:
    static constexpr unsigned connections_max = 64;
    static constexpr unsigned connections_per_address_max = 32;
    static constexpr unsigned idle_seconds_max = 10;
    static constexpr std::size_t request_octets_max = 16U << 10U;

    /// `write` is called by the server's thread for each request. A `token` that is not empty must come with every
    /// request (`Authorization: Bearer TOKEN`). Port 0: the system chooses. Throws std::runtime_error where the address
    /// cannot be had.
    MetricsServer(const IpAddress& address, std::uint16_t port, std::string token, std::function<std::string()> write);
    ~MetricsServer();
    MetricsServer(const MetricsServer&) = delete;
    MetricsServer& operator=(const MetricsServer&) = delete;

    std::uint16_t port() const;

private:
    friend struct MetricsRequest;

    struct Stop {
        void operator()(MHD_Daemon* daemon) const;
    };

    std::string token_;
    std::function<std::string()> write_;
    std::unique_ptr<MHD_Daemon, Stop> daemon_;
};

/// The first line of a file that others must not read. Throws std::runtime_error where it cannot be read, is empty, or
/// can be read by others than its owner and group.
std::string read_token(const std::string& path);

}  // namespace echotap
