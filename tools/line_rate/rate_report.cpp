// SPDX-License-Identifier: Apache-2.0
#include "tools/line_rate/rate_report.hpp"

#include <fmt/format.h>

#include "analytics/formats/json_text.hpp"
#include "tools/grouped.hpp"
#include "tools/text_wrap.hpp"

namespace echotap {

namespace {

constexpr std::array<double, 4> ethernet_gigabits{10, 25, 40, 100};

constexpr const char* legend = R"(
Mframe/s  million frames a second without loss, the highest that was found
          (RFC 2544 section 26.1); > no higher rate could be sent,
          ~ the search was cut off
Gb/s      on the cable: with checksum, preamble and gap, 24 octets a frame
cycles    of the time-stamp counter, by frame and worker
1.1x 1.5x percent of the frames lost, or left waiting at the end, at so many
          times that rate
10 .. 100 percent of a port of so many Gb/s, full of frames of this size
floor     workers that only count, open: the whole line, and no window
          closes; closing: windows close while frames come
)";

double mean_size(const Trial& trial) {
    return trial.offered == 0 ? 0 : static_cast<double>(trial.octets) / static_cast<double>(trial.offered);
}

std::string loss(const Trial& trial) {
    return trial.offered == 0 ? "-" : fmt::format("{:.1f}", trial.loss_share() * 100);
}

std::string table_row(const RateRow& row) {
    const RateFound& found = row.found;
    std::string line = fmt::format("{:<12.12} {:>2} {:<8}", row.traffic, row.queues,
                                   tap_work_names[static_cast<std::size_t>(row.work)]);
    if (found.rate == 0) {
        return line + "  none without loss\n";
    }
    const double gigabits = cable_gigabits(found.rate, mean_size(found.at));
    const char* const mark = !found.is_settled ? "~" : found.is_ceiling ? ">" : "";
    line += fmt::format("{:>9}{:>7.2f}{:>7.0f}{:>6}{:>6}", fmt::format("{}{:.3f}", mark, found.rate / 1e6), gigabits,
                        found.at.cycles_per_frame, loss(found.above[0]), loss(found.above[1]));
    for (const double speed : ethernet_gigabits) {
        line += fmt::format("{:>5.0f}", gigabits / speed * 100);
    }
    line += '\n';
    if (const Trial& held = found.held; held.offered != 0) {
        line += fmt::format("   held {:.3f} Mframe/s for {:.0f} s: {} of {} lost, {} window{} closed\n",
                            held.rate / 1e6, held.seconds, grouped(held.lost), grouped(held.offered),
                            held.windows_closed, held.windows_closed == 1 ? "" : "s");
    }
    return line;
}

std::string json_trial(const Trial& trial) {
    if (trial.offered == 0) {
        return "null";
    }
    return fmt::format(
        R"({{"frames_per_second": {:.0f}, "seconds": {:.3f}, "frames": {}, "octets": {}, "lost": {}, "behind": {}, )"
        R"("queries": {}, "queries_lost": {}, "windows_closed": {}, "cycles_per_frame": {:.1f}, "busy_share": {:.4f}}})",
        trial.rate, trial.seconds, trial.offered, trial.octets, trial.lost, trial.behind, trial.queries,
        trial.queries_lost, trial.windows_closed, trial.cycles_per_frame, trial.busy_share);
}

std::string json_row(const RateRow& row) {
    const RateFound& found = row.found;
    const double size = mean_size(found.at);
    const double gigabits = cable_gigabits(found.rate, size);
    std::string shares;
    for (const double speed : ethernet_gigabits) {
        shares += fmt::format(R"({}"{:.0f}": {:.4f})", shares.empty() ? "" : ", ", speed, gigabits / speed);
    }
    std::string above;
    for (std::size_t i = 0; i < rates_above.size(); ++i) {
        above += fmt::format(R"({}{{"times": {}, "trial": {}}})", above.empty() ? "" : ", ", rates_above[i],
                             json_trial(found.above[i]));
    }
    return fmt::format(
        R"({{"traffic": {}, "queues": {}, "work": "{}", "frames_per_second": {:.0f}, "is_ceiling": {}, )"
        R"("is_settled": {}, "trials": {}, "generator_frames_per_second": {:.0f}, "mean_frame_octets": {:.1f}, )"
        R"("gigabits_per_second_on_cable": {:.4f}, "share_of_gbe": {{{}}}, "at": {}, "above": [{}], "held": {}}})",
        quoted(row.traffic), row.queues, tap_work_names[static_cast<std::size_t>(row.work)], found.rate,
        found.is_ceiling, found.is_settled, found.trials, found.generator_rate, size, gigabits, shares,
        json_trial(found.at), above, json_trial(found.held));
}

}  // namespace

double cable_gigabits(double rate, double mean_size) {
    return rate * (mean_size + cable_octets) * 8 / 1e9;
}

std::string report_begin(BenchFormat format, const RateMachine& machine) {
    if (format == BenchFormat::json) {
        return fmt::format(R"({{"processor": {}, "cpus": {}, "load": {}, "port": {}, "trial_seconds": {:g}, )"
                           R"("window_seconds": {}, "cable_octets_per_frame": {:g}, "cpus_that_workers_share": {}, )"
                           R"("rows": [)",
                           quoted(machine.processor), machine.cpus, quoted(machine.load), quoted(machine.port),
                           machine.trial_seconds, machine.window_seconds, cable_octets, machine.shared_cpus);
    }
    const std::string sharing = machine.shared_cpus == 0 ? ""
                                : machine.shared_cpus == 1
                                    ? "; SEVERAL WORKERS SHARE 1 CPU"
                                    : fmt::format("; MORE WORKERS THAN {0} SHARE {0} CPUs", machine.shared_cpus);
    const std::string head = wrapped(
        fmt::format("{}, {} CPUs, load {}; {}; trials of {:g} s, windows that close of {} s{}", machine.processor,
                    machine.cpus, machine.load, machine.port, machine.trial_seconds, machine.window_seconds, sharing),
        0, 0);
    return fmt::format("{}\n\n{:<12} {:>2} {:<8}{:>9}{:>7}{:>7}{:>6}{:>6}{:>5}{:>5}{:>5}{:>5}\n", head, "traffic", "q",
                       "windows", "Mframe/s", "Gb/s", "cycles", "1.1x", "1.5x", "10", "25", "40", "100");
}

std::string report_row(BenchFormat format, const RateRow& row, bool is_first) {
    return format == BenchFormat::json ? fmt::format("{}\n  {}", is_first ? "" : ",", json_row(row)) : table_row(row);
}

std::string report_end(BenchFormat format) {
    return format == BenchFormat::json ? "\n]}\n" : legend;
}

}  // namespace echotap
