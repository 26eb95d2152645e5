// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <numeric>

#include "tools/exit_code.hpp"
#include "tools/say.hpp"
#include "tools/text_wrap.hpp"

namespace echotap {

namespace {

constexpr unsigned workers_max = 64;
constexpr std::size_t dns_ports_max = 8;
constexpr double seconds_max = 1e9;  // 31 years
constexpr const char* version = "echotap " ECHOTAP_VERSION;

constexpr const char* queries_examples = R"(
Examples:
  echotap queries capture.pcap
  echotap queries --format jsonl day/*.pcap.zst > rows.jsonl
  zcat old.pcap.gz | echotap queries --authority 192.0.2.53 -
  echotap queries --port net_af_packet0,iface=eth1 --seconds 60

A row per reverse query, in the order in which messages are complete, before
the repeat filter: time, originator, querier, authority, transport. The ledger
(what came in, what was dropped and why) goes to stderr at the end.

Exit codes: 0 good, 1 failed, 2 usage, 3 input incomplete (a truncated file:
everything before the cut is still delivered).)";

/// The number of single-letter changes between two words: what a typing error is measured by.
std::size_t edit_distance(const std::string& from, const std::string& to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t changed = diagonal + (from[i] == to[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

/// "; did you mean 'queries'?" where a subcommand is near, else nothing.
std::string suggestion(const CLI::App& app, const std::string& word) {
    for (const CLI::App* command : app.get_subcommands(nullptr)) {
        if (edit_distance(word, command->get_name()) <= 2) {
            return fmt::format("; did you mean '{}'?", command->get_name());
        }
    }
    return "";
}

constexpr std::size_t help_column = 22;

/// A description that fits the column beside the options; CLI11 indents what follows a line feed.
std::string described(std::string_view text) {
    return wrapped(text, help_column, 0);
}

/// Words that check_queries() turns into values.
struct QueriesWords {
    std::string format = "tsv";
    std::vector<std::string> authorities;
};

void add_queries(CLI::App& app, QueriesOptions& options, QueriesWords& words) {
    CLI::App* queries = app.add_subcommand("queries", "Print every reverse query of captures or live ports");
    queries->allow_extras(false);
    queries->footer(queries_examples);
    queries
        ->add_option("PATH", options.paths,
                     described("Captures: files (pcap, pcapng; plain, gz, zst, xz, lz4), folders, or - for "
                               "standard input"))
        ->option_text("...");
    queries->add_option("--format", words.format, described("How rows are printed: tsv (default) or jsonl"))
        ->option_text("FORMAT");
    queries
        ->add_option("--authority", words.authorities,
                     described("Count only queries to this address or ADDRESS/LENGTH (repeatable); each is a view of "
                               "its own"))
        ->option_text("ADDRESS")
        ->allow_extra_args(false);
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
    queries
        ->add_option("--port", options.live.ports,
                     described("Tap a port instead: a PCI address, or a DPDK vdev such as net_af_packet0,iface=eth1 "
                               "(repeatable)"))
        ->option_text("PORT")
        ->allow_extra_args(false);
    queries
        ->add_option("--queues", options.live.queues_per_port,
                     described("RX queues per port (default: one per worker where the NIC can spread by address)"))
        ->option_text("N")
        ->check(CLI::Range(1U, workers_max));
    queries->add_option("--seconds", options.seconds, described("How long to tap (default: until SIGINT or SIGTERM)"))
        ->option_text("S")
        ->check(CLI::PositiveNumber);
    queries->add_option("--ledger", options.ledger_path, described("Write the ledger as JSON to this file as well"))
        ->option_text("FILE");
    queries->add_flag("--quiet", options.quiet, described("No progress bar and no ledger on standard error"));
}

/// What CLI11 cannot check: relations between options. Empty where all is well.
std::string check_queries(QueriesOptions& options, const QueriesWords& words) {
    if (options.paths.empty() && options.live.ports.empty()) {
        return "nothing to read: give a PATH (a file, a folder or -) or a --port";
    }
    if (!options.paths.empty() && !options.live.ports.empty()) {
        return "a PATH and a --port were given; read captures and tap ports in runs of their own";
    }
    if (options.live.ports.empty() && options.seconds > 0) {
        return "--seconds goes with --port; captures are read to their end";
    }
    if (!(options.seconds >= 0 && options.seconds <= seconds_max)) {
        return fmt::format("--seconds must be a number up to {:.0f}; leave it out to tap until a signal", seconds_max);
    }
    if (options.live.ports.empty() && options.live.queues_per_port > 0) {
        return "--queues goes with --port; captures have none";
    }
    if (words.format != "tsv" && words.format != "jsonl") {
        return fmt::format("--format {}: rows can be tsv or jsonl", words.format);
    }
    options.format = words.format == "tsv" ? RowFormat::tsv : RowFormat::jsonl;
    if (options.line.dns_ports.size() > dns_ports_max) {
        return fmt::format("at most {} DNS ports can be watched", dns_ports_max);
    }
    for (const std::string& text : words.authorities) {
        const auto prefix = Prefix::parse(text);
        if (!prefix) {
            return fmt::format("--authority {}: not an address or ADDRESS/LENGTH with all host bits zero", text);
        }
        options.line.authorities.push_back(*prefix);
    }
    return "";
}

}  // namespace

std::variant<Exit, QueriesOptions> parse_command_line(int argc, char** argv) {
    CLI::App app(
        "Echotap tells what the Internet's big talkers are doing by listening to\n"
        "their echoes: reverse DNS queries at authoritative servers.",
        "echotap");
    app.get_formatter()->column_width(help_column);
    app.set_version_flag("--version", version);
    app.footer("\nHelp on a command, with examples: echotap COMMAND --help");
    app.require_subcommand(0, 1);
    app.allow_extras();

    QueriesOptions options;
    QueriesWords words;
    add_queries(app, options, words);
    const auto usage = [](const std::string& what) {
        say(fmt::format("echotap: {}\nTry: echotap queries --help\n", what));
        return Exit{exit_usage};
    };
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& help) {
        return Exit{app.exit(help)};
    } catch (const CLI::ParseError& error) {
        return usage(error.what());
    }
    if (const auto extras = app.remaining(); !extras.empty()) {
        return usage(fmt::format("'{}' is not a command{}", extras.front(), suggestion(app, extras.front())));
    }
    if (app.get_subcommands().empty()) {
        fmt::print("{}", app.help());
        return Exit{exit_usage};
    }
    if (const std::string wrong = check_queries(options, words); !wrong.empty()) {
        return usage(wrong);
    }
    return options;
}

}  // namespace echotap
