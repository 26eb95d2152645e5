// SPDX-License-Identifier: Apache-2.0
// The words of `echotap queries`, and its help.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "tools/command_line_pseudonyms.hpp"
#include "tools/command_line_sources.hpp"
#include "tools/command_line_words.hpp"
#include "tools/subcommand.hpp"

namespace echotap {

namespace {

constexpr const char* queries_examples = R"(
Examples:
  echotap queries capture.pcap
  echotap queries --format jsonl day/*.pcap.zst > rows.jsonl
  zcat old.pcap.gz | echotap queries --authority 192.0.2.53 -
  echotap queries --port net_af_packet0,iface=eth1 --seconds 60
  (umask 077; openssl rand -hex 32 > key)
  echotap queries --pseudonym-key key capture.pcap > rows-to-share.tsv

A row per reverse query, in the order in which messages are complete, before
the repeat filter: time, originator, querier, authority, transport. The ledger
(what came in, what was dropped and why) goes to stderr at the end.

Exit codes: 0 good, 1 failed, 2 usage, 3 input incomplete (a truncated file:
everything before the cut is still delivered).)";

/// Text that is checked and understood once all words are read.
struct Texts {
    std::string format = "tsv";
    std::vector<std::string> authorities;
    std::vector<std::string> own_resolvers;
    std::string pseudonyms_of;
};

CLI::App* add_words(CLI::App& app, QueriesOptions& options, Texts& texts) {
    CLI::App* queries = app.add_subcommand("queries", "Print every reverse query of captures or live ports");
    queries->allow_extras(false);
    queries->footer(queries_examples);
    queries
        ->add_option("PATH", options.paths,
                     described("Captures: files (pcap, pcapng; plain, gz, zst, xz, lz4), folders, or - for "
                               "standard input"))
        ->option_text("...");
    queries->add_option("--format", texts.format, described("How rows are printed: tsv (default) or jsonl"))
        ->option_text("FORMAT");
    queries
        ->add_option("--authority", texts.authorities,
                     described("Count only queries to this address or ADDRESS/LENGTH (repeatable); each is a view of "
                               "its own"))
        ->option_text("ADDRESS")
        ->allow_extra_args(false);
    add_own_resolver(*queries, texts.own_resolvers);
    queries
        ->add_option("--dns-port", options.line.dns_ports, described("A port that speaks DNS (repeatable; default 53)"))
        ->option_text("PORT")
        ->check(CLI::Range(1, 65535))
        ->allow_extra_args(false);
    queries
        ->add_option("--depth", options.line.header_depth_max,
                     described("Headers that may be stacked in a frame (default 24)"))
        ->option_text("N")
        ->check(CLI::Range(1, 255));
    queries
        ->add_option("--workers", options.live.workers,
                     described("Lines side by side (default 1); the rows of captures are the same for any number"))
        ->option_text("N")
        ->check(CLI::Range(1U, workers_max));
    add_ports(*queries, options.live, options.seconds);
    queries->add_option("--ledger", options.ledger_path, described("Write the ledger as JSON to this file as well"))
        ->option_text("FILE");
    add_pseudonym_key(*queries, options.pseudonym_key_path);
    queries
        ->add_option("--pseudonym", texts.pseudonyms_of,
                     described("Whose addresses: all (originators and queriers, default) or queriers alone. "
                               "Authorities keep theirs"))
        ->option_text("WHOSE");
    queries->add_flag("--quiet", options.quiet, described("No progress bar and no ledger on standard error"));
    return queries;
}

/// What CLI11 cannot check: relations between options. Empty where all is well.
std::string check(QueriesOptions& options, const Texts& texts) {
    if (const std::string wrong = check_source(options.paths, options.live, options.seconds); !wrong.empty()) {
        return wrong;
    }
    if (texts.format != "tsv" && texts.format != "jsonl") {
        return fmt::format("--format {}: rows can be tsv or jsonl", texts.format);
    }
    options.format = texts.format == "tsv" ? RowFormat::tsv : RowFormat::jsonl;
    const std::string& whose = texts.pseudonyms_of;
    if (!whose.empty() && whose != "all" && whose != "queriers") {
        return fmt::format("--pseudonym {}: pseudonyms can be of all or of queriers", whose);
    }
    if (!whose.empty() && options.pseudonym_key_path.empty()) {
        return "--pseudonym goes with --pseudonym-key";
    }
    options.pseudonyms_of = whose == "queriers" ? PseudonymsOf::queriers : PseudonymsOf::all;
    if (options.line.dns_ports.size() > dns_ports_max) {
        return fmt::format("at most {} DNS ports can be watched", dns_ports_max);
    }
    const std::string wrong = read_own_resolvers(texts.own_resolvers, options.line.own_resolver_addresses);
    return wrong.empty() ? read_authorities(texts.authorities, options.line.authorities) : wrong;
}

}  // namespace

Subcommand add_queries(CLI::App& app) {
    return make_subcommand<QueriesOptions, Texts>(app, add_words, check);
}

}  // namespace echotap
