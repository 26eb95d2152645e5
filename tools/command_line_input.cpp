// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line_input.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <optional>
#include <string_view>

#include "tools/command_line_pseudonyms.hpp"
#include "tools/command_line_sources.hpp"
#include "tools/command_line_words.hpp"

namespace echotap {

namespace {

/// A duration, or plain 0.
std::optional<std::chrono::seconds> parse_wait(std::string_view text) {
    return text == "0" ? std::chrono::seconds(0) : parse_duration(text);
}

}  // namespace

void add_input(CLI::App& command, InputOptions& options, InputTexts& texts) {
    command
        .add_option("PATH", options.paths, described("Captures (files, folders, or - for standard input) or windows"))
        ->option_text("...");
    command
        .add_option("--names", options.names.snapshot_paths,
                    described("Names of queriers: a file of ADDRESS, a tab and a name, NXDOMAIN or UNREACH; plain "
                              "or compressed (repeatable, the first that knows an address answers)"))
        ->option_text("FILE")
        ->allow_extra_args(false);
    command
        .add_option("--rules", options.rules_path, described("Rules of name categories instead of the built-in ones"))
        ->option_text("FILE");
    command
        .add_option("--country", options.geo.country_path,
                    described("Countries of queriers: a GeoLite2, GeoIP2 or DB-IP style file"))
        ->option_text("MMDB");
    command.add_option("--as", options.geo.as_path, described("Networks (AS) of queriers: the same"))
        ->option_text("MMDB");
    command
        .add_option("--min-queriers", options.min_queriers,
                    described("Unique queriers that an IPv4 originator must have (default 20)"))
        ->option_text("N")
        ->check(CLI::Range(1.0, 1e9));
    command
        .add_option("--min-queriers-v6", options.min_queriers_v6,
                    described("The same of an IPv6 originator, /64 or /48 (default 5)"))
        ->option_text("N")
        ->check(CLI::Range(1.0, 1e9));
    command
        .add_option("--length", texts.lengths,
                    described("How long windows of captures are: 1m to 5w, or whole (default); with :v4 or :v6 for "
                              "originators of one family only (repeatable)"))
        ->option_text("LENGTH")
        ->allow_extra_args(false);
    command
        .add_option("--anchor", texts.anchor,
                    described("A time at which windows begin, such as 2014-04-29T12:00, UTC (default 1970-01-01)"))
        ->option_text("TIME");
    command
        .add_option("--authority", texts.authorities,
                    described("Count only queries to this address or ADDRESS/LENGTH (repeatable); each is a view with "
                              "windows of its own"))
        ->option_text("ADDRESS")
        ->allow_extra_args(false);
    add_own_resolver(command, texts.own_resolvers);
    command
        .add_option("--workers", options.workers,
                    described("Workers that read captures (default 1); rows are the same for any number"))
        ->option_text("N")
        ->check(CLI::Range(1U, workers_max));
    command
        .add_option("--sample", options.windows.sample_size,
                    described("Queriers of an originator that are kept (default 65536); more are sampled"))
        ->option_text("N")
        ->check(CLI::Range(16U, 1U << 24U));
    command
        .add_option("--sample-key", texts.sample_key,
                    described("32 hexadecimal digits that decide which queriers a sample keeps"))
        ->option_text("KEY");
    add_pseudonym_key(command, options.pseudonym_key_path);
    command.add_flag("--quiet", options.quiet, described("No progress bar on standard error"));
    add_name_servers(command, options.names, texts.name_servers);
    command
        .add_option("--wait", texts.wait,
                    described("How long answers are waited for at the end of each window (default 1m; 0: not at all)"))
        ->option_text("TIME")
        ->group("Asking for names");
}

std::string read_input(InputOptions& options, const InputTexts& texts) {
    if (options.paths.empty()) {
        return "nothing to read: give a PATH (a capture, a folder, a window or -)";
    }
    for (const std::string& wrong :
         {read_lengths(texts.lengths, options.windows.lengths),
          read_text("--anchor", texts.anchor, "a time such as 2014-04-29T12:00", parse_time, options.windows.anchor),
          read_text("--sample-key", texts.sample_key, "32 hexadecimal digits", parse_sample_key,
                    options.windows.sample_key),
          read_text("--wait", texts.wait, "a duration such as 30s or 10m", parse_wait, options.wait),
          read_own_resolvers(texts.own_resolvers, options.line.own_resolver_addresses),
          read_name_servers(options.names, texts.name_servers),
          read_authorities(texts.authorities, options.line.authorities)}) {
        if (!wrong.empty()) {
            return wrong;
        }
    }
    if (!texts.wait.empty() && options.names.resolver.servers.empty()) {
        return "--wait goes with --resolver; without one nobody is asked";
    }
    return "";
}

}  // namespace echotap
