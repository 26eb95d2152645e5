// SPDX-License-Identifier: Apache-2.0
// The words of `echotap resolve`, and its help.
#include <CLI/CLI.hpp>

#include "tools/command_line_name_servers.hpp"
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

constexpr NameServerWords words{.server = "--server", .cache = "--cache"};

CLI::App* add_words(CLI::App& app, ResolveOptions& options, NameServerTexts& texts) {
    CLI::App* resolve = app.add_subcommand("resolve", "Ask for the names of addresses, for a snapshot");
    resolve->allow_extras(false);
    resolve->footer(resolve_examples);
    resolve
        ->add_option("FILE", options.path,
                     described("Addresses, one a line (plain, gz, zst, xz, lz4); - for standard input (default)"))
        ->option_text(" ");
    resolve
        ->add_option("--names", options.names.snapshot_paths,
                     described("A snapshot of names to look into first (repeatable)"))
        ->option_text("FILE")
        ->allow_extra_args(false);
    resolve->add_flag("--quiet", options.quiet, described("No progress bar and no counts on standard error"));
    add_name_servers(*resolve, options.names, texts, words);
    return resolve;
}

std::string check(ResolveOptions& options, const NameServerTexts& texts) {
    if (const std::string wrong = read_name_servers(options.names, texts, words); !wrong.empty()) {
        return wrong;
    }
    if (options.names.resolver.servers.empty() && options.names.snapshot_paths.empty() &&
        options.names.cache.path.empty()) {
        return "nobody to ask: give a --server (a recursive server that you may ask), --names or --cache";
    }
    return "";
}

}  // namespace

Subcommand add_resolve(CLI::App& app) {
    return make_subcommand<ResolveOptions, NameServerTexts>(app, add_words, check);
}

}  // namespace echotap
