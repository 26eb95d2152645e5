// SPDX-License-Identifier: Apache-2.0
// Whom the names of queriers are asked of, how politely, and how long the answers are kept.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ip_address.hpp"

namespace echotap {

/// A recursive server.
struct NameServer {
    IpAddress address;
    std::uint16_t port = 53;

    /// From `ADDRESS`, `ADDRESS:PORT` or, for IPv6 with a port, `[ADDRESS]:PORT`; nothing where the text is none of
    /// them.
    static std::optional<NameServer> parse(std::string_view text);
    /// `ADDRESS:PORT` or `[ADDRESS]:PORT`.
    std::string to_string() const;

    bool operator==(const NameServer&) const = default;
};

/// The live resolver. Its defaults are for servers and authorities that are not ours.
struct ResolverConfig {
    /// Recursive servers that we may ask, in turn; none: nobody is asked.
    std::vector<NameServer> servers;
    /// Questions per second in all, retries included; 0: no limit.
    double queries_per_second = 100;
    /// Questions per second about one network (IPv4 /16, IPv6 /32), which mostly go to one authority; 0: no limit.
    double network_queries_per_second = 20;
    /// Questions that wait for an answer at once.
    std::size_t in_flight_max = 64;
    /// Addresses that may wait to be asked about, and answers that may wait to be taken, together.
    std::size_t waiting_max = 65'536;
    /// How long a server may take for an answer.
    std::chrono::milliseconds timeout{2000};
    /// How often an address is asked about at most, where no answer comes.
    unsigned tries = 2;
    /// Sent from here instead of the address that the system chooses: at most one of each family counts.
    std::vector<IpAddress> source_addresses;
};

/// All servers, with commas between.
std::string servers_text(const ResolverConfig& config);

/// Answers on the disk.
struct NameCacheConfig {
    /// The file; empty: answers are kept in memory only.
    std::string path;
    /// How long an answer is believed. A failure that goes on lives twice as long each time, up to the life of
    /// NXDOMAIN.
    std::chrono::seconds name_life = std::chrono::hours(7 * 24);
    std::chrono::seconds nxdomain_life = std::chrono::hours(24);
    std::chrono::seconds unreach_life = std::chrono::hours(1);
    /// Addresses that are kept, some 110 octets each on the disk; those that would expire first give way.
    std::uint64_t rows_max = 4'000'000;
};

}  // namespace echotap
