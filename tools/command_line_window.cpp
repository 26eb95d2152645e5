// SPDX-License-Identifier: Apache-2.0
// The words of `echotap window` and `echotap merge`, and their help.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <map>

#include "tools/command_line_pseudonyms.hpp"
#include "tools/command_line_sources.hpp"
#include "tools/command_line_words.hpp"
#include "tools/subcommand.hpp"

namespace echotap {

namespace {

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
not killed; a stream or port goes on with what comes, and its windows say so.

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

struct MergeTexts {
    std::string sample_key;
};

void add_output(CLI::App& command, WindowFormat& format, std::size_t& top, std::string& sample_key,
                std::string& pseudonym_key_path) {
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
    add_pseudonym_key(command, pseudonym_key_path);
}

CLI::App* add_window_words(CLI::App& app, WindowOptions& options, WindowTexts& texts) {
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
    add_output(*window, options.format, options.top, texts.sample_key, options.pseudonym_key_path);
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
    return window;
}

CLI::App* add_merge_words(CLI::App& app, MergeOptions& options, MergeTexts& texts) {
    CLI::App* merge = app.add_subcommand("merge", "Put windows together that were written to files");
    merge->allow_extras(false);
    merge->footer(merge_examples);
    merge->add_option("FILE", options.paths, described("Windows that `echotap window -o` wrote"))->option_text("...");
    add_output(*merge, options.format, options.top, texts.sample_key, options.pseudonym_key_path);
    merge->add_option("-o,--output", options.output_path, described("Write the window of all to this file"))
        ->option_text("FILE");
    return merge;
}

std::string check_window_words(WindowOptions& options, const WindowTexts& texts) {
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
    if (!options.live.ports.empty()) {
        windows.lengths = {WindowLength{.length = std::chrono::days(1)}};
    }
    constexpr const char* a_duration = "a duration such as 90s, 10m or 1d";
    for (const std::string& wrong :
         {read_lengths(texts.lengths, windows.lengths),
          read_text("--anchor", texts.anchor, "a time such as 2014-04-29T12:00", parse_time, windows.anchor),
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

std::string check_merge_words(MergeOptions& options, const MergeTexts& texts) {
    if (options.paths.empty()) {
        return "nothing to merge: give FILEs that `echotap window -o` wrote";
    }
    return read_text("--sample-key", texts.sample_key, "32 hexadecimal digits", parse_sample_key, options.sample_key);
}

}  // namespace

Subcommand add_window(CLI::App& app) {
    return make_subcommand<WindowOptions, WindowTexts>(app, add_window_words, check_window_words);
}

Subcommand add_merge(CLI::App& app) {
    return make_subcommand<MergeOptions, MergeTexts>(app, add_merge_words, check_merge_words);
}

}  // namespace echotap
