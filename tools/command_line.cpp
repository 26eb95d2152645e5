// SPDX-License-Identifier: Apache-2.0
#include "tools/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <numeric>

#include "tools/command_line_features.hpp"
#include "tools/command_line_learning.hpp"
#include "tools/command_line_resolve.hpp"
#include "tools/command_line_simulate.hpp"
#include "tools/command_line_words.hpp"
#include "tools/exit_code.hpp"
#include "tools/say.hpp"

namespace echotap {

namespace {

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

constexpr const char* window_examples = R"(
Examples:
  echotap window capture.pcap
  echotap window --length 1d --length 7d:v6 month/*.pcap.zst
  echotap window --authority 192.0.2.53 --format json day.pcap | jq .footprint
  echotap window --sample-key $(cat key) -o monday.window monday.pcap
  tcpdump -i tap0 -w - | echotap window --length 1d -o day --checkpoint state -
  echotap window --port 0000:03:00.0 --workers 4 --length 1h -o live

For each window: its header (what came in, what was dropped, counted, repeated,
late or evicted) and its originators by footprint, the distinct queriers that
asked for them. Without --length one window holds all there is. With -o windows
are written as well; where there are several, each name ends in length, start
and view. From ports windows come as they close, 30 s after their end; SIGUSR1
prints what those that are open hold so far.

With --checkpoint a run that was killed goes on when it is started again in the
same way. Captures are read again and give the very windows of a run that was
not killed; a stream goes on with what comes, and its windows say so.

Exit codes: 0 good, 1 failed, 2 usage, 3 input incomplete (a truncated file:
everything before the cut is counted).)";

constexpr const char* merge_examples = R"(
Examples:
  echotap merge monday.window tuesday.window -o week.window
  echotap merge --sample-key $(cat key) tokyo.window paris.window -o all.window

Windows of the same length, anchor, view and sample key become one. Queriers
and footprints are exact; where the parts have queriers in common, the number
of queries is an estimate, and the header says so. A file whose sources are all
known is skipped; one that shares some of them is refused.

Exit codes: 0 good, 1 failed (a damaged file, windows that do not go together),
2 usage.)";

constexpr const char* names_examples = R"(
Examples:
  echo mail.ns.example.com | echotap names --explain
  echotap names --rules my_rules.toml names.tsv.zst | cut -f 3 | sort | uniq -c

Every line, NAME or ADDRESS<TAB>NAME, is printed with the category of the name
behind it, and with --explain the component and the rule that decided. NXDOMAIN
or UNREACH in the place of a name say that there is none. Only with its ADDRESS
can a querier be home, whose names hold digits of it, or be known by the
address ranges of a provider.

Exit codes: 0 good, 1 failed, 2 usage, 3 input incomplete (other lines are told
and left out).)";

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

/// What is wrong with where frames come from, or nothing.
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

/// Words that check_queries() turns into values.
struct QueriesWords {
    std::string format = "tsv";
    std::vector<std::string> authorities;
    std::vector<std::string> own_resolvers;
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
    add_own_resolver(*queries, words.own_resolvers);
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
    queries->add_flag("--quiet", options.quiet, described("No progress bar and no ledger on standard error"));
}

/// Text that is checked and understood once all words are read.
struct WindowTexts {
    std::vector<std::string> lengths;
    std::vector<std::string> authorities;
    std::vector<std::string> own_resolvers;
    std::string anchor;
    std::string grace;
    std::string repeat_interval;
    std::string sample_key;
    std::string budget;
    std::string checkpoint_interval;
};

void add_output(CLI::App& command, WindowFormat& format, std::size_t& top, std::string& sample_key) {
    static const std::map<std::string, WindowFormat> formats{{"table", WindowFormat::table},
                                                             {"json", WindowFormat::json}};
    command.add_option("--format", format, described("How windows are printed: table (default) or json, one a line"))
        ->transform(CLI::CheckedTransformer(formats))
        ->option_text("FORMAT");
    command.add_option("--top", top, described("Originators that are printed for each window (default 10)"))
        ->option_text("N");
    command
        .add_option("--sample-key", sample_key,
                    described("32 hexadecimal digits that decide which queriers a sample keeps; the same wherever "
                              "windows are merged, and secret"))
        ->option_text("KEY");
}

void add_window(CLI::App& app, WindowOptions& options, WindowTexts& texts) {
    CLI::App* window = app.add_subcommand("window", "Count who asked for which originator, window by window");
    window->allow_extras(false);
    window->footer(window_examples);
    window
        ->add_option("PATH", options.paths,
                     described("Captures: files (pcap, pcapng; plain, gz, zst, xz, lz4), folders, or - for "
                               "standard input"))
        ->option_text("...");
    window
        ->add_option(
            "--length", texts.lengths,
            described("How long windows are: 1m to 5w, or whole (default for captures; for ports 1d); with :v4 "
                      "or :v6 for originators of one family only (repeatable)"))
        ->option_text("LENGTH")
        ->allow_extra_args(false);
    window
        ->add_option("--anchor", texts.anchor,
                     described("A time at which windows begin, such as 2014-04-29T12:00, UTC (default 1970-01-01)"))
        ->option_text("TIME");
    window
        ->add_option("--grace", texts.grace,
                     described("How long after its end a window still takes late queries (default 30s)"))
        ->option_text("TIME");
    window
        ->add_option("--repeat", texts.repeat_interval,
                     described("A question counts again so long after it last counted (default 30s, at most 10m; 0s: "
                               "every one counts)"))
        ->option_text("TIME");
    window
        ->add_option("--authority", texts.authorities,
                     described("Count only queries to this address or ADDRESS/LENGTH (repeatable); each is a view with "
                               "windows of its own"))
        ->option_text("ADDRESS")
        ->allow_extra_args(false);
    add_own_resolver(*window, texts.own_resolvers);
    window
        ->add_option("--dns-port", options.line.dns_ports, described("A port that speaks DNS (repeatable; default 53)"))
        ->option_text("PORT")
        ->check(CLI::Range(1, 65535))
        ->allow_extra_args(false);
    window
        ->add_option("--workers", options.live.workers,
                     described("Workers side by side (default 1); the windows of captures are the same for any number"))
        ->option_text("N")
        ->check(CLI::Range(1U, workers_max));
    add_ports(*window, options.live, options.seconds);
    window->add_option("--budget", texts.budget, described("Memory that may be used, such as 512M (default 1G)"))
        ->option_text("OCTETS");
    window
        ->add_option("--sample", options.windows.sample_size,
                     described("Queriers of an originator that are kept (default 65536); more are sampled"))
        ->option_text("N")
        ->check(CLI::Range(16U, 1U << 24U));
    window
        ->add_option("--sampling", options.windows.sampling_rate,
                     described("The captures hold one frame in N (default 1); recorded with the window"))
        ->option_text("N")
        ->check(CLI::Range(1U, 1'000'000U));
    add_output(*window, options.format, options.top, texts.sample_key);
    window->add_option("-o,--output", options.output_path, described("Write windows to files"))->option_text("FILE");
    window
        ->add_option("--checkpoint", options.checkpoint_path,
                     described("Keep all that is known in this file from time to time; where it is there, go on from "
                               "it. It goes when the run has ended well"))
        ->option_text("FILE");
    window
        ->add_option("--checkpoint-interval", texts.checkpoint_interval,
                     described("How often (default 1m; 0s: after every burst)"))
        ->option_text("TIME");
    window->add_flag("--quiet", options.quiet, described("No progress bar on standard error"));
}

void add_merge(CLI::App& app, MergeOptions& options, std::string& sample_key) {
    CLI::App* merge = app.add_subcommand("merge", "Put windows together that were written to files");
    merge->allow_extras(false);
    merge->footer(merge_examples);
    merge->add_option("FILE", options.paths, described("Windows that `echotap window -o` wrote"))->option_text("...");
    add_output(*merge, options.format, options.top, sample_key);
    merge->add_option("-o,--output", options.output_path, described("Write the window of all to this file"))
        ->option_text("FILE");
}

void add_names(CLI::App& app, NamesOptions& options) {
    CLI::App* names = app.add_subcommand("names", "Put names of queriers into categories");
    names->allow_extras(false);
    names->footer(names_examples);
    names
        ->add_option("FILE", options.path, described("Names (plain, gz, zst, xz, lz4); - for standard input (default)"))
        ->option_text(" ");
    names->add_option("--rules", options.rules_path, described("Rules instead of the built-in config/name_rules.toml"))
        ->option_text("FILE");
    names->add_flag("--explain", options.explain, described("Print the component and the rule that decided as well"));
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

std::string check_window(WindowOptions& options, const WindowTexts& texts) {
    WindowConfig& windows = options.windows;
    if (const std::string wrong = check_source(options.paths, options.live, options.seconds); !wrong.empty()) {
        return wrong;
    }
    if (options.line.dns_ports.size() > dns_ports_max) {
        return fmt::format("at most {} DNS ports can be watched", dns_ports_max);
    }
    if (!texts.checkpoint_interval.empty() && options.checkpoint_path.empty()) {
        return "--checkpoint-interval goes with --checkpoint";
    }
    if (!options.checkpoint_path.empty() && !options.live.ports.empty()) {
        return "--checkpoint goes with captures and streams; windows of ports have no checkpoints yet";
    }
    std::vector<WindowLength> lengths;
    for (const std::string& text : texts.lengths) {
        const std::string wrong = read_text("--length", text, "1m to 5w or whole, with :v4 or :v6 or without",
                                            WindowLength::parse, lengths.emplace_back());
        if (!wrong.empty()) {
            return wrong;
        }
    }
    if (!lengths.empty()) {
        windows.lengths = lengths;
    } else if (!options.live.ports.empty()) {
        windows.lengths = {WindowLength{.length = std::chrono::days(1)}};
    }
    constexpr const char* a_duration = "a duration such as 90s, 10m or 1d";
    for (const std::string& wrong :
         {read_text("--anchor", texts.anchor, "a time such as 2014-04-29T12:00", parse_time, windows.anchor),
          read_text("--grace", texts.grace, a_duration, parse_duration, windows.grace),
          read_text("--repeat", texts.repeat_interval, a_duration, parse_duration, windows.repeat_interval),
          read_text("--checkpoint-interval", texts.checkpoint_interval, a_duration, parse_duration,
                    options.checkpoint_interval),
          read_text("--budget", texts.budget, "octets such as 512M or 2G", parse_octets, windows.memory_budget),
          read_text("--sample-key", texts.sample_key, "32 hexadecimal digits", parse_sample_key, windows.sample_key),
          read_authorities(texts.authorities, options.line.authorities),
          read_own_resolvers(texts.own_resolvers, options.line.own_resolver_addresses)}) {
        if (!wrong.empty()) {
            return wrong;
        }
    }
    return windows.repeat_interval > std::chrono::minutes(10) ? "--repeat: at most 10m" : "";
}

std::string check_merge(MergeOptions& options, const std::string& sample_key) {
    if (options.paths.empty()) {
        return "nothing to merge: give FILEs that `echotap window -o` wrote";
    }
    return read_text("--sample-key", sample_key, "32 hexadecimal digits", parse_sample_key, options.sample_key);
}

/// What CLI11 cannot check: relations between options. Empty where all is well.
std::string check_queries(QueriesOptions& options, const QueriesWords& words) {
    if (const std::string wrong = check_source(options.paths, options.live, options.seconds); !wrong.empty()) {
        return wrong;
    }
    if (words.format != "tsv" && words.format != "jsonl") {
        return fmt::format("--format {}: rows can be tsv or jsonl", words.format);
    }
    options.format = words.format == "tsv" ? RowFormat::tsv : RowFormat::jsonl;
    if (options.line.dns_ports.size() > dns_ports_max) {
        return fmt::format("at most {} DNS ports can be watched", dns_ports_max);
    }
    const std::string wrong = read_own_resolvers(words.own_resolvers, options.line.own_resolver_addresses);
    return wrong.empty() ? read_authorities(words.authorities, options.line.authorities) : wrong;
}

}  // namespace

Command parse_command_line(int argc, char** argv) {
    CLI::App app(
        "Echotap tells what the Internet's big talkers are doing by listening to\n"
        "their echoes: reverse DNS queries at authoritative servers.",
        "echotap");
    app.get_formatter()->column_width(help_column);
    app.set_version_flag("--version", version);
    app.footer("\nHelp on a command, with examples: echotap COMMAND --help");
    app.require_subcommand(0, 1);
    app.allow_extras();

    QueriesOptions queries;
    QueriesWords words;
    add_queries(app, queries, words);
    WindowOptions window;
    WindowTexts window_texts;
    add_window(app, window, window_texts);
    MergeOptions merge;
    std::string merge_key;
    add_merge(app, merge, merge_key);
    NamesOptions names;
    add_names(app, names);
    FeaturesOptions features;
    FeaturesTexts features_texts;
    add_features(app, features, features_texts);
    SimulateOptions simulate;
    SimulateTexts simulate_texts;
    add_simulate(app, simulate, simulate_texts);
    ResolveOptions resolve;
    ResolveTexts resolve_texts;
    add_resolve(app, resolve, resolve_texts);
    LabelOptions label;
    LabelTexts label_texts;
    add_label(app, label, label_texts);
    TrainOptions train;
    std::vector<std::string> train_more;
    add_train(app, train, train_more);
    ClassifyOptions classify;
    add_classify(app, classify);
    EvaluateOptions evaluate;
    EvaluateTexts evaluate_texts;
    add_evaluate(app, evaluate, evaluate_texts);
    DiscoverOptions discover;
    add_discover(app, discover);
    const auto usage = [&](const std::string& what) {
        const auto commands = app.get_subcommands();
        fmt::print(stderr, "echotap: {}\nTry: echotap {} --help\n", what,
                   commands.empty() ? "queries" : commands.front()->get_name());
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
    std::string wrong;
    Command command = Exit{exit_usage};
    if (app.got_subcommand("window")) {
        wrong = check_window(window, window_texts);
        command = window;
    } else if (app.got_subcommand("merge")) {
        wrong = check_merge(merge, merge_key);
        command = merge;
    } else if (app.got_subcommand("names")) {
        command = names;
    } else if (app.got_subcommand("features")) {
        wrong = check_features(features, features_texts);
        command = features;
    } else if (app.got_subcommand("simulate")) {
        wrong = check_simulate(simulate, simulate_texts);
        command = simulate;
    } else if (app.got_subcommand("resolve")) {
        wrong = check_resolve(resolve, resolve_texts);
        command = resolve;
    } else if (app.got_subcommand("label")) {
        wrong = check_label(label, label_texts);
        command = label;
    } else if (app.got_subcommand("train")) {
        wrong = check_train(train, train_more);
        command = train;
    } else if (app.got_subcommand("classify")) {
        wrong = check_classify(classify);
        command = classify;
    } else if (app.got_subcommand("evaluate")) {
        wrong = check_evaluate(evaluate, evaluate_texts);
        command = evaluate;
    } else if (app.got_subcommand("discover")) {
        wrong = check_discover(discover);
        command = discover;
    } else {
        wrong = check_queries(queries, words);
        command = queries;
    }
    return wrong.empty() ? command : usage(wrong);
}

}  // namespace echotap
