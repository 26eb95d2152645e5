// SPDX-License-Identifier: Apache-2.0
// The words of `echotap resolve`, and its help.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>

#include "tools/command_line_words.hpp"
#include "tools/subcommand.hpp"

namespace echotap {

namespace {

constexpr const char* resolve_examples = R"(
Examples:
  echotap resolve --server 127.0.0.1 queriers.txt > names.tsv
  echotap queries day.pcap | cut -f 3 | sort -u |
      echotap resolve --server 127.0.0.1 --cache names.cache |
      LC_ALL=C sort > names.tsv
  echotap resolve --names old.tsv.zst --server [2001:db8::53]:5353 queriers.txt

A row per address in the order of the input: address, tab, and the name or
NXDOMAIN (it has none) or UNREACH (its authority does not answer). Snapshots
are asked first, then the cache, then the servers: recursive ones that you may
ask, best your own. What is not known in the end has no row.

Exit codes: 0 good, 1 failed (no server does its work: only what was known
before is printed), 2 usage, 3 input incomplete (lines without an address, or
stopped by a signal; what was resolved is printed and in the cache).)";

/// Text that is checked and understood once all words are read.
struct ResolveTexts {
    std::vector<std::string> servers;
    std::vector<std::string> sources;
    double timeout_seconds = 2;
};

CLI::App* add_words(CLI::App& app, ResolveOptions& options, ResolveTexts& texts) {
    CLI::App* resolve = app.add_subcommand("resolve", "Ask for the names of addresses, for a snapshot");
    resolve->allow_extras(false);
    resolve->footer(resolve_examples);
    ResolverConfig& resolver = options.names.resolver;
    resolve
        ->add_option("FILE", options.path,
                     described("Addresses, one a line (plain, gz, zst, xz, lz4); - for standard input (default)"))
        ->option_text(" ");
    resolve
        ->add_option(
            "--server", texts.servers,
            described("A recursive server to ask, with :PORT where that is not 53 (repeatable: asked in turn)"))
        ->option_text("ADDRESS")
        ->allow_extra_args(false);
    resolve
        ->add_option("--names", options.names.snapshot_paths,
                     described("A snapshot of names to look into first (repeatable)"))
        ->option_text("FILE")
        ->allow_extra_args(false);
    resolve
        ->add_option("--cache", options.names.cache.path,
                     described("Keep answers in this file, and look into it before asking"))
        ->option_text("FILE");
    resolve
        ->add_option("--rate", resolver.queries_per_second,
                     described("Questions per second (default 100; 0: as fast as can be, for servers of your own)"))
        ->option_text("N")
        ->check(CLI::Range(0.0, 1e9));
    resolve
        ->add_option("--network-rate", resolver.network_queries_per_second,
                     described("Questions per second about one /16 (IPv6: /32) (default 20; 0: no limit)"))
        ->option_text("N")
        ->check(CLI::Range(0.0, 1e9));
    resolve->add_option("--in-flight", resolver.in_flight_max, described("Questions that wait at once (default 64)"))
        ->option_text("N")
        ->check(CLI::Range(1U, 10'000U));
    resolve->add_option("--tries", resolver.tries, described("How often an address is asked about (default 2)"))
        ->option_text("N")
        ->check(CLI::Range(1U, 10U));
    resolve->add_option("--timeout", texts.timeout_seconds, described("How long an answer is waited for (default 2)"))
        ->option_text("SECONDS")
        ->check(CLI::Range(0.05, 60.0));
    resolve
        ->add_option("--source", texts.sources,
                     described("Ask from this address of the host (repeatable: one of each family)"))
        ->option_text("ADDRESS")
        ->allow_extra_args(false);
    resolve->add_flag("--quiet", options.quiet, described("No progress bar and no counts on standard error"));
    return resolve;
}

std::string check(ResolveOptions& options, const ResolveTexts& texts) {
    ResolverConfig& resolver = options.names.resolver;
    for (const std::string& text : texts.servers) {
        const auto server = NameServer::parse(text);
        if (!server) {
            return fmt::format("--server {}: not an address, ADDRESS:PORT or [IPV6]:PORT", text);
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
    if (resolver.servers.empty() && options.names.snapshot_paths.empty() && options.names.cache.path.empty()) {
        return "nobody to ask: give a --server (a recursive server that you may ask), --names or --cache";
    }
    return "";
}

}  // namespace

Subcommand add_resolve(CLI::App& app) {
    return make_subcommand<ResolveOptions, ResolveTexts>(app, add_words, check);
}

}  // namespace echotap
