// SPDX-License-Identifier: Apache-2.0
// The words of `echotap bench`; a part of the command line, for it alone.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>

#include "config/window_config.hpp"
#include "tools/command_line_words.hpp"
#include "tools/subcommand.hpp"

namespace echotap {

namespace {

constexpr const char* examples = R"(
Examples:
  echotap bench
  echotap bench --mix reverse --work closing --hold 50 --hold-time 1m
  echotap bench day.pcap --queues 1,2,4 --format json
  echotap bench --port 0000:03:00.0 --send-from 0000:03:00.1

Replays a mix, or captures, into a tap on this machine and finds the highest
rate at which no frame is lost (RFC 2544 section 26.1), for workers that only
count, for the whole line, and while windows close. Without --port the frames
go through net_ring, in memory. Each row takes about half a minute; nothing
else should run meanwhile. It takes two CPUs; workers that
outnumber those beside the generator's share them, and that is said.

Exit codes: 0 good, 1 failed (no result that can be believed, no rate without
loss, frames lost at the rate held), 2 usage.)";

struct BenchTexts {
    std::string window;
    std::string hold;
    std::string memory;
};

void add_traffic(CLI::App& bench, BenchOptions& options) {
    bench.add_option("CAPTURE", options.paths, described("Captures to replay (default: the mixes)"))->option_text(" ");
    bench.add_option("--mix", options.mixes, described("root, reverse or wide (default: all; repeatable)"))
        ->option_text("NAME")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::IsMember({"root", "reverse", "wide"}));
    bench.add_option("--mix-frames", options.mix_frames, described("Frames of a mix (default 5000000)"))
        ->option_text("N")
        ->check(CLI::Range(1000U, 100'000'000U));
}

void add_tap(CLI::App& bench, BenchOptions& options, BenchTexts& texts) {
    static const std::map<std::string, TapWork> works{
        {"floor", TapWork::floor}, {"open", TapWork::open}, {"closing", TapWork::closing}};
    bench
        .add_option("--queues", options.queues,
                    described("Queues, with a worker each (default: 1, 2, 4 ... as the CPUs allow)"))
        ->option_text("N,...")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::Range(1U, 16U));
    bench.add_option("--work", options.works, described("floor, open, closing (default: all)"))
        ->option_text("WORK,...")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->transform(CLI::CheckedTransformer(works));
    bench.add_option("--window", texts.window, described("Length of windows that close (default 1s)"))
        ->option_text("TIME");
    bench.add_option("--memory", texts.memory, described("Memory budget of windows (default 1G)"))
        ->option_text("OCTETS");
    bench
        .add_option("--slots", options.slots,
                    described("Frames that a queue of net_ring holds (default: 4096, or 262144 where the generator has "
                              "no CPU to itself)"))
        ->option_text("N")
        ->check(CLI::Range(64U, 1U << 24U));
    bench.add_option("--port", options.port, described("Receive from this port, not from net_ring"))
        ->option_text("PORT");
    bench
        .add_option("--send-from", options.sender,
                    described("and send from this one: a NIC with a cable to it, or net_memif1,role=client,socket=PATH "
                              "for a net_memif0,role=server,socket=PATH"))
        ->option_text("PORT");
}

void add_trials(CLI::App& bench, BenchOptions& options, BenchTexts& texts) {
    static const std::map<std::string, BenchFormat> formats{{"table", BenchFormat::table}, {"json", BenchFormat::json}};
    bench
        .add_option("--trial", options.trial_seconds, described("Seconds of a trial (default 2; the RFC asks for 60)"))
        ->option_text("N")
        ->check(CLI::Range(0.05, 3600.0));
    bench.add_option("--rate-max", options.rate_max, described("Frames/s to begin with (default: what can be sent)"))
        ->option_text("RATE")
        ->check(CLI::Range(1000.0, 1e9));
    bench
        .add_option("--hold", options.hold_percent,
                    described("At last send this percentage of the rate found for --hold-time (not with open)"))
        ->option_text("PERCENT")
        ->check(CLI::Range(1.0, 100.0));
    bench.add_option("--hold-time", texts.hold, described("How long (default 1m)"))->option_text("TIME");
    bench.add_option("--format", options.format, described("table or json (default table)"))
        ->transform(CLI::CheckedTransformer(formats))
        ->option_text("FORMAT");
    bench.add_flag("--quiet", options.quiet, described("No progress, no notes on standard error"));
}

CLI::App* add_words(CLI::App& app, BenchOptions& options, BenchTexts& texts) {
    CLI::App* bench = app.add_subcommand("bench", "Find the rate that this machine takes without loss");
    bench->allow_extras(false);
    bench->footer(examples);
    add_traffic(*bench, options);
    add_tap(*bench, options, texts);
    add_trials(*bench, options, texts);
    return bench;
}

std::string check(BenchOptions& options, const BenchTexts& texts) {
    if (options.port.empty() != options.sender.empty()) {
        return "--port and --send-from go together: one receives what the other sends";
    }
    for (const auto& [option, text, time] : {std::tuple{"--window", &texts.window, &options.window},
                                             std::tuple{"--hold-time", &texts.hold, &options.hold}}) {
        const std::string wrong = read_text(option, *text, "a time such as 1s, 1m or 1h", parse_duration, *time);
        if (!wrong.empty()) {
            return wrong;
        }
        if (time->count() < 1) {
            return fmt::format("{} {}: at least 1s", option, *text);
        }
    }
    return read_text("--memory", texts.memory, "octets such as 512M or 2G", parse_octets, options.memory_budget);
}

}  // namespace

Subcommand add_bench(CLI::App& app) {
    return make_subcommand<BenchOptions, BenchTexts>(app, add_words, check);
}

}  // namespace echotap
