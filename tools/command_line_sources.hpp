// SPDX-License-Identifier: Apache-2.0
// The words that say where frames come from, which are the same for every command that reads captures or ports.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/ip_address.hpp"
#include "config/port_config.hpp"
#include "config/window_config.hpp"

namespace CLI {
class App;
}

namespace echotap {

inline constexpr unsigned workers_max = 64;
inline constexpr std::size_t dns_ports_max = 8;

/// Adds --port, --queues and --seconds. The arguments must live until the words are read.
void add_ports(CLI::App& command, PortConfig& live, double& seconds);

/// What is wrong with where frames come from, or nothing.
std::string check_source(const std::vector<std::string>& paths, const PortConfig& live, double seconds);

/// Adds --own-resolver. `texts` must live until the words are read; read_own_resolvers() makes addresses of them.
void add_own_resolver(CLI::App& command, std::vector<std::string>& texts);

/// Adds the addresses that the texts are. What is wrong, or nothing.
std::string read_own_resolvers(const std::vector<std::string>& texts, std::vector<IpAddress>& addresses);

/// Adds the prefixes that the texts are. What is wrong, or nothing.
std::string read_authorities(const std::vector<std::string>& texts, std::vector<Prefix>& authorities);

/// Puts the lengths that the texts are into the place of `lengths`, unless there are none. What is wrong, or nothing.
std::string read_lengths(const std::vector<std::string>& texts, std::vector<WindowLength>& lengths);

}  // namespace echotap
