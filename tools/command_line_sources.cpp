// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line_sources.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "tools/command_line_words.hpp"

namespace echotap {

namespace {

constexpr double seconds_max = 1e9;  // 31 years

}  // namespace

void add_ports(CLI::App& command, PortConfig& live, double& seconds) {
    command
        .add_option("--port", live.ports,
                    described("Tap a port instead: a PCI address, or a DPDK vdev such as net_af_packet0,iface=eth1 "
                              "(repeatable)"))
        ->option_text("PORT")
        ->allow_extra_args(false);
    command
        .add_option("--queues", live.queues_per_port,
                    described("RX queues per port (default: one per worker where the NIC can spread by address)"))
        ->option_text("N")
        ->check(CLI::Range(1U, workers_max));
    command.add_option("--seconds", seconds, described("How long to tap (default: until SIGINT or SIGTERM)"))
        ->option_text("S")
        ->check(CLI::PositiveNumber);
}

std::string check_source(const std::vector<std::string>& paths, const PortConfig& live, double seconds) {
    if (paths.empty() && live.ports.empty()) {
        return "nothing to read: give a PATH (a file, a folder or -) or a --port";
    }
    if (!paths.empty() && !live.ports.empty()) {
        return "a PATH and a --port were given; read captures and tap ports in runs of their own";
    }
    if (live.ports.empty() && seconds > 0) {
        return "--seconds goes with --port; captures are read to their end";
    }
    if (!(seconds >= 0 && seconds <= seconds_max)) {
        return fmt::format("--seconds must be a number up to {:.0f}; leave it out to tap until a signal", seconds_max);
    }
    if (live.ports.empty() && live.queues_per_port > 0) {
        return "--queues goes with --port; captures have none";
    }
    return "";
}

void add_own_resolver(CLI::App& command, std::vector<std::string>& texts) {
    command
        .add_option("--own-resolver", texts,
                    described("Do not count queries from this address, from which the names of queriers are asked for "
                              "(repeatable)"))
        ->option_text("ADDRESS")
        ->allow_extra_args(false);
}

std::string read_own_resolvers(const std::vector<std::string>& texts, std::vector<IpAddress>& addresses) {
    for (const std::string& text : texts) {
        const auto address = IpAddress::parse(text);
        if (!address) {
            return fmt::format("--own-resolver {}: not an IP address", text);
        }
        addresses.push_back(*address);
    }
    return "";
}

std::string read_authorities(const std::vector<std::string>& texts, std::vector<Prefix>& authorities) {
    for (const std::string& text : texts) {
        const auto prefix = Prefix::parse(text);
        if (!prefix) {
            return fmt::format("--authority {}: not an address or ADDRESS/LENGTH with all host bits zero", text);
        }
        authorities.push_back(*prefix);
    }
    return "";
}

std::string read_lengths(const std::vector<std::string>& texts, std::vector<WindowLength>& lengths) {
    std::vector<WindowLength> read;
    for (const std::string& text : texts) {
        const std::string wrong = read_text("--length", text, "1m to 5w or whole, with :v4 or :v6 or without",
                                            WindowLength::parse, read.emplace_back());
        if (!wrong.empty()) {
            return wrong;
        }
    }
    if (!read.empty()) {
        lengths = read;
    }
    return "";
}

}  // namespace echotap
