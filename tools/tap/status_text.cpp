// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/status_text.hpp"

#include <fmt/format.h>

#include <iterator>

#include "tools/grouped.hpp"
#include "tools/text_wrap.hpp"
#include "tools/window_report.hpp"

namespace echotap {

namespace {

std::string clock_text(Timestamp time) {
    return time_text(std::chrono::floor<std::chrono::seconds>(time));
}

double mebi(std::size_t octets) {
    return static_cast<double>(octets) / (1U << 20U);
}

std::uint64_t lost_frames(const TapStatus& status) {
    return status.ledger.dropped(Stage::source);
}

std::string duration_text(Timestamp from, Timestamp to) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(to - from).count();
    return fmt::format("{}d {:02}:{:02}:{:02}", seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
}

}  // namespace

std::string status_text(const TapStatus& status) {
    std::string text;
    auto to = std::back_inserter(text);
    const AnalystStatus& analyst = status.analyst;
    fmt::format_to(to, "tap        {} (echotap {}), up {}\n", status.name, status.version,
                   duration_text(status.started, status.now));
    for (const PortPicture& port : status.tap.ports) {
        const std::string lost = port.is_loss_known ? grouped(port.missed + port.errors + port.no_mbuf)
                                                    : std::string("an unknown number of");
        fmt::format_to(to, "port       {}: {} frames, {} lost\n", port.name, grouped(port.delivered), lost);
    }
    for (std::size_t worker = 0; worker < status.tap.lcores.size(); ++worker) {
        const LcorePicture& lcore = status.tap.lcores[worker];
        const double busy =
            lcore.cycles == 0 ? 0 : 100.0 * static_cast<double>(lcore.busy_cycles) / static_cast<double>(lcore.cycles);
        const double cost =
            lcore.frames == 0 ? 0 : static_cast<double>(lcore.busy_cycles) / static_cast<double>(lcore.frames);
        fmt::format_to(to, "worker {:<3} {} frames, {:.1f} % busy, {:.0f} cycles per frame\n", worker,
                       grouped(lcore.frames), busy, cost);
    }
    fmt::format_to(to, "frames     {} in, {} lost before the line\n",
                   grouped(status.ledger.in[static_cast<std::size_t>(Stage::source)]), grouped(lost_frames(status)));
    const std::uint64_t queries = status.ledger.out[static_cast<std::size_t>(Stage::query)];
    fmt::format_to(to, "queries    {} reverse, {} minimised\n", grouped(queries - status.ledger.minimised),
                   grouped(status.ledger.minimised));
    std::size_t originators = 0;
    std::size_t windows = 0;
    for (const WorkerPicture& worker : status.workers) {
        originators += worker.originators;
        windows = std::max(windows, worker.windows);
    }
    fmt::format_to(to, "open       {} window{}, {} originators{}\n", windows, windows == 1 ? "" : "s",
                   grouped(originators), status.workers.size() > 1 ? " (once for each worker)" : "");
    if (const Timestamp clock = status.clock(); clock != Timestamp::min()) {
        fmt::format_to(to, "clock      {}\n", clock_text(clock));
    }
    fmt::format_to(to, "windows    {} closed ({} complete, {} unknown, {} not), {} in rows, {} lost\n", analyst.closed,
                   analyst.by_completeness[0], analyst.by_completeness[1], analyst.by_completeness[2], analyst.analysed,
                   analyst.lost);
    if (analyst.taken_up != 0) {
        fmt::format_to(to, "taken up   {} more that waited in the process before\n", analyst.taken_up);
    }
    if (analyst.last_end != Timestamp::min()) {
        fmt::format_to(to, "last       ended {}: {} originators in rows, after {:.1f} s\n",
                       clock_text(analyst.last_end), grouped(analyst.last_originators), analyst.last_seconds);
    }
    fmt::format_to(to, "memory     {:.0f} of {:.0f} MiB for windows; budget {:.0f} MiB\n",
                   mebi(status.memory.windows_taken), mebi(status.memory.windows_max), mebi(status.memory.budget));
    if (analyst.has_store) {
        const std::string store =
            analyst.store_fault.empty() ? std::string("good") : std::string("FAILS: ").append(analyst.store_fault);
        fmt::format_to(to, "store      {}\n", wrapped(store, 11, 11));
    } else {
        text.append("store      none\n");
    }
    if (const CheckpointStatus& checkpoint = status.checkpoint; checkpoint.is_wanted) {
        const std::string written =
            checkpoint.written == Timestamp::min() ? "none yet" : clock_text(checkpoint.written);
        const std::string fault = std::string("FAILS: ").append(checkpoint.fault);
        fmt::format_to(to, "checkpoint {}\n", wrapped(checkpoint.fault.empty() ? written : fault, 11, 11));
    }
    if (!analyst.names_fault.empty()) {
        fmt::format_to(to, "names      {}\n", wrapped(analyst.names_fault, 11, 11));
    }
    fmt::format_to(to, "model      {}\n", wrapped(analyst.model, 11, 11));
    if (analyst.reloaded_at != Timestamp::min()) {
        fmt::format_to(to, "settings   reloaded {}\n", clock_text(analyst.reloaded_at));
    }
    return text;
}

std::string top_text(const TapStatus& status) {
    const AnalystStatus& analyst = status.analyst;
    std::string text = fmt::format("{}\n", analyst.top_window);
    for (const TopOriginator& one : analyst.top) {
        text.append(fmt::format("{}\t{:.0f}\t{}\t{}\t{:.2f}\t{}\n", one.originator, one.footprint, one.queries,
                                one.answer, one.probability, one.is_provisional ? "provisional" : ""));
    }
    return text;
}

std::vector<std::pair<std::string, std::uint64_t>> ledger_numbers(const TapStatus& status) {
    std::vector<std::pair<std::string, std::uint64_t>> numbers;
    for (std::size_t stage = 0; stage < stage_count; ++stage) {
        numbers.emplace_back(fmt::format("in_{}", stage_table[stage].name), status.ledger.in[stage]);
        numbers.emplace_back(fmt::format("out_{}", stage_table[stage].name), status.ledger.out[stage]);
    }
    for (const DropInfo& row : drop_table) {
        if (const std::uint64_t count = status.ledger.drops[static_cast<std::size_t>(row.drop)]; count != 0) {
            numbers.emplace_back(row.name, count);
        }
    }
    return numbers;
}

std::vector<std::pair<std::string, std::uint64_t>> worker_numbers(const TapStatus& status) {
    std::vector<std::pair<std::string, std::uint64_t>> numbers;
    for (std::size_t worker = 0; worker < status.tap.lcores.size(); ++worker) {
        const LcorePicture& lcore = status.tap.lcores[worker];
        const auto add = [&](const char* name, std::uint64_t value) {
            numbers.emplace_back(fmt::format("{}_{}", name, worker), value);
        };
        add("frames", lcore.frames);
        add("cycles", lcore.cycles);
        add("busy_cycles", lcore.busy_cycles);
        add("rounds", lcore.rounds);
    }
    return numbers;
}

std::vector<std::pair<std::string, std::uint64_t>> window_numbers(const TapStatus& status) {
    const AnalystStatus& analyst = status.analyst;
    return {{"closed", analyst.closed},
            {"complete", analyst.by_completeness[0]},
            {"complete_unknown", analyst.by_completeness[1]},
            {"not_complete", analyst.by_completeness[2]},
            {"taken_up", analyst.taken_up},
            {"analysed", analyst.analysed},
            {"stored", analyst.stored},
            {"lost", analyst.lost},
            {"waiting", analyst.waiting},
            {"store_failures", analyst.store_failures},
            {"memory_bytes", status.memory.windows_taken},
            {"memory_max_bytes", status.memory.windows_max}};
}

}  // namespace echotap
