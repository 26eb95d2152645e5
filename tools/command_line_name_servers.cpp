// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line_name_servers.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>

#include "tools/command_line_words.hpp"

namespace echotap {

void add_name_servers(CLI::App& command, NamesConfig& names, NameServerTexts& texts, const NameServerWords& words) {
    ResolverConfig& resolver = names.resolver;
    constexpr const char* group = "Asking for names";
    command
        .add_option(words.server, texts.servers,
                    described("A recursive server to ask, with :PORT where that is not 53 (repeatable: asked in turn)"))
        ->option_text("ADDRESS")
        ->allow_extra_args(false)
        ->group(group);
    command
        .add_option(words.cache, names.cache.path,
                    described("Keep answers in this file, and look into it before asking"))
        ->option_text("FILE")
        ->group(group);
    command
        .add_option("--rate", resolver.queries_per_second,
                    described("Questions per second (default 100; 0: as fast as can be, for servers of your own)"))
        ->option_text("N")
        ->check(CLI::Range(0.0, 1e9))
        ->group(group);
    command
        .add_option("--network-rate", resolver.network_queries_per_second,
                    described("Questions per second about one /16 (IPv6: /32) (default 20; 0: no limit)"))
        ->option_text("N")
        ->check(CLI::Range(0.0, 1e9))
        ->group(group);
    command.add_option("--in-flight", resolver.in_flight_max, described("Questions that wait at once (default 64)"))
        ->option_text("N")
        ->check(CLI::Range(1U, 10'000U))
        ->group(group);
    command.add_option("--tries", resolver.tries, described("How often an address is asked about (default 2)"))
        ->option_text("N")
        ->check(CLI::Range(1U, 10U))
        ->group(group);
    command.add_option("--timeout", texts.timeout_seconds, described("How long an answer is waited for (default 2)"))
        ->option_text("SECONDS")
        ->check(CLI::Range(0.05, 60.0))
        ->group(group);
    command
        .add_option("--source", texts.sources,
                    described("Ask from this address of the host (repeatable: one of each family)"))
        ->option_text("ADDRESS")
        ->allow_extra_args(false)
        ->group(group);
}

std::string read_name_servers(NamesConfig& names, const NameServerTexts& texts, const NameServerWords& words) {
    ResolverConfig& resolver = names.resolver;
    for (const std::string& text : texts.servers) {
        const auto server = NameServer::parse(text);
        if (!server) {
            return fmt::format("{} {}: not an address, ADDRESS:PORT or [IPV6]:PORT", words.server, text);
        }
        resolver.servers.push_back(*server);
    }
    for (const std::string& text : texts.sources) {
        const auto source = IpAddress::parse(text);
        if (!source) {
            return fmt::format("--source {}: not an IP address", text);
        }
        resolver.source_addresses.push_back(*source);
    }
    resolver.timeout =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(texts.timeout_seconds));
    return "";
}

}  // namespace echotap
