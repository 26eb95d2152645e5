// SPDX-License-Identifier: Apache-2.0
#include "tools/line_rate/bench.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/dpdk/eal_arguments.hpp"
#include "tools/exit_code.hpp"
#include "tools/grouped.hpp"
#include "tools/line_rate/rate_process.hpp"
#include "tools/line_rate/rate_report.hpp"
#include "tools/progress_bar.hpp"
#include "tools/say.hpp"
#include "tools/text_wrap.hpp"

namespace echotap {

namespace {

/// Captures are kept in memory whole; more than that of them says nothing new.
constexpr std::size_t capture_octets_max = std::size_t{2} << 30U;

std::string processor_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (const std::size_t colon = line.find(": "); colon != std::string::npos && line.starts_with("model name")) {
            return line.substr(colon + 2);
        }
    }
    return "unknown processor";
}

std::string load_now() {
    std::string load;
    std::ifstream("/proc/loadavg") >> load;
    return load.empty() ? "unknown" : load;
}

/// 1, 2, 4 ... workers, as many as there are CPUs beside the generator's.
std::vector<unsigned> usual_queues(std::size_t cpus) {
    constexpr unsigned queues_max = 16;  // of a net_ring
    std::vector<unsigned> queues{1};
    while (queues.back() * 2 < cpus && queues.back() * 2 <= queues_max) {
        queues.push_back(queues.back() * 2);
    }
    return queues;
}

RatePlan plan_of(const BenchOptions& options, TapWork work, unsigned queues) {
    return {.work = work,
            .queues = queues,
            .slots = options.slots,
            .port = options.port,
            .sender = options.sender,
            .trial = std::chrono::nanoseconds(std::llround(options.trial_seconds * 1e9)),
            .window = options.window,
            .memory_budget = options.memory_budget,
            .rate_max = options.rate_max,
            .hold_share = options.hold_percent / 100,
            .hold = options.hold};
}

void note(const std::string& text) {
    say(wrapped(text, 0, 9) + "\n");
}

/// Makes one traffic after the other, since each takes much memory, and hands it to `use`.
void for_each_traffic(const BenchOptions& options, const std::function<void(Traffic&)>& use) {
    if (!options.paths.empty()) {
        Traffic traffic = Traffic::of_captures(options.paths, capture_octets_max);
        if (traffic.left_out() != 0 && !options.quiet) {
            note(fmt::format(
                "echotap: {}: {} of {} frames are left out: no Ethernet, cut, over {} octets, or beyond {} GiB",
                traffic.name(), grouped(traffic.left_out()), grouped(traffic.left_out() + traffic.frames().size()),
                grouped(replay_size_max), capture_octets_max >> 30U));
        }
        use(traffic);
    }
    std::vector<std::string> mixes = options.mixes;
    if (mixes.empty() && options.paths.empty()) {
        mixes = {"root", "reverse", "wide"};
    }
    for (const std::string& mix : mixes) {
        Traffic traffic = Traffic::of_mix(mix_shape(mix).value(), options.mix_frames);
        use(traffic);
    }
}

}  // namespace

int run_bench(const BenchOptions& options) {
    const std::vector<unsigned> cpus = Machine::look().cpus;
    const std::vector<unsigned> queues = options.queues.empty() ? usual_queues(cpus.size()) : options.queues;
    const Places places = places_for(cpus, *std::max_element(queues.begin(), queues.end()));
    const std::size_t slots = options.slots != 0 ? options.slots : automatic_slots(places);
    if (places.is_shared && !options.quiet) {
        note(fmt::format(
            "echotap: with {} CPUs the main thread, which puts windows together, shares one with the generator{}",
            cpus.size(), options.slots == 0 ? fmt::format("; rings of {} slots bear that", grouped(slots)) : ""));
    }
    if (places.is_crowded && !options.quiet) {
        note(fmt::format(
            "echotap: with {} CPUs, one of them the generator's, {} workers do not each have one: they take "
            "turns, and what is found is no rate of that many workers",
            cpus.size(), *std::max_element(queues.begin(), queues.end())));
    }
    RateMachine machine{.processor = processor_name(),
                        .cpus = cpus.size(),
                        .load = load_now(),
                        .port = options.port.empty() ? fmt::format("net_ring of {} slots a queue", grouped(slots))
                                                     : fmt::format("{} from {}", options.port, options.sender),
                        .trial_seconds = options.trial_seconds,
                        .window_seconds = options.window.count(),
                        .shared_cpus = places.is_crowded ? places.tap.size() : 0};
    // Each as soon as it is there: all of them take a quarter of an hour.
    const auto print = [](const std::string& text) {
        fmt::print("{}", text);
        std::fflush(stdout);
    };
    print(report_begin(options.format, machine));
    bool is_first = true;
    bool is_good = true;
    ProgressBar bar(!options.quiet, " trials", 1);
    for_each_traffic(options, [&](Traffic& traffic) {
        for (const unsigned count : queues) {
            traffic.spread(count);
            for (const TapWork work : options.works) {
                const std::string_view name = tap_work_names[static_cast<std::size_t>(work)];
                RatePlan plan = plan_of(options, work, count);
                plan.slots = slots;
                unsigned trials = 0;
                RateRow row{.traffic = traffic.name(), .work = work, .queues = count, .found = {}};
                row.found = find_rate_apart(traffic, plan, [&](const Trial& trial) {
                    bar.show(fmt::format("{:.20}, {} queue{}, {}: trial {}, {:.3f} Mframe/s, {} lost", traffic.name(),
                                         count, count == 1 ? "" : "s", name, ++trials, trial.rate / 1e6,
                                         grouped(trial.lost)));
                });
                bar.clear();
                print(report_row(options.format, row, std::exchange(is_first, false)));
                const RateFound& found = row.found;
                is_good = is_good && found.rate > 0 && found.held.lost == 0 && found.held.queries_lost == 0;
            }
        }
    });
    print(report_end(options.format));
    return is_good ? exit_good : exit_failed;
}

}  // namespace echotap
