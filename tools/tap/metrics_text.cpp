// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/metrics_text.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <string_view>

#include "analytics/resolver/ptr_response.hpp"

namespace echotap {

namespace {

/// Families in the order in which they are begun, each with its samples.
class Exposition {
public:
    enum class Type { counter, gauge };

    Exposition& family(std::string_view name, Type type, std::string_view help) {
        name_ = name;
        fmt::format_to(to_, "# HELP echotap_{} {}\n# TYPE echotap_{} {}\n", name, help, name,
                       type == Type::counter ? "counter" : "gauge");
        return *this;
    }

    /// `labels` is empty or `name="value",...`.
    template <class Value>
    Exposition& sample(Value value, std::string_view labels = {}) {
        fmt::format_to(to_, "echotap_{}", name_);
        if (!labels.empty()) {
            fmt::format_to(to_, "{{{}}}", labels);
        }
        fmt::format_to(to_, " {}\n", value);
        return *this;
    }

    std::string text() && { return std::move(text_); }

private:
    std::string text_;
    std::back_insert_iterator<std::string> to_ = std::back_inserter(text_);
    std::string_view name_;
};

using Type = Exposition::Type;

std::string label(std::string_view name, const std::string& value) {
    return fmt::format("{}=\"{}\"", name, label_value(value));
}

double seconds_of(Timestamp time) {
    return std::chrono::duration<double>(time.time_since_epoch()).count();
}

std::uint64_t resident_octets() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    file >> total >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void write_program(const TapStatus& status, Exposition& to) {
    to.family("build_info", Type::gauge, "The program that runs; always 1.")
        .sample(1, fmt::format("{},{}", label("version", status.version), label("name", status.name)));
    to.family("start_timestamp_seconds", Type::gauge, "When the tap was started, since 1970.")
        .sample(seconds_of(status.started));
    to.family("resident_memory_bytes", Type::gauge, "Resident memory of the process.").sample(resident_octets());
}

void write_ports(const TapStatus& status, Exposition& to) {
    to.family("port_frames_total", Type::counter, "Frames that the port put into our queues.");
    for (const PortPicture& port : status.tap.ports) {
        to.sample(port.delivered, label("port", port.name));
    }
    to.family("port_lost_frames_total", Type::counter, "Frames that the port could not deliver, by reason.");
    for (const PortPicture& port : status.tap.ports) {
        const std::string name = label("port", port.name);
        to.sample(port.missed, fmt::format("{},reason=\"missed\"", name));
        to.sample(port.errors, fmt::format("{},reason=\"error\"", name));
        to.sample(port.no_mbuf, fmt::format("{},reason=\"no_mbuf\"", name));
    }
    to.family("port_loss_known", Type::gauge, "1 where the port counts what it loses, else 0.");
    for (const PortPicture& port : status.tap.ports) {
        to.sample(port.is_loss_known ? 1 : 0, label("port", port.name));
    }
    to.family("frame_buffers", Type::gauge, "Buffers for frames.").sample(status.tap.buffers);
    to.family("frame_buffers_in_use", Type::gauge, "Buffers for frames that are in use.")
        .sample(status.tap.buffers_in_use);
}

void write_workers(const TapStatus& status, Exposition& to) {
    const auto each_lcore = [&](auto&& value) {
        for (std::size_t worker = 0; worker < status.tap.lcores.size(); ++worker) {
            to.sample(value(status.tap.lcores[worker]), fmt::format("worker=\"{}\"", worker));
        }
    };
    const double hertz = status.tap.cycles_per_second > 0 ? status.tap.cycles_per_second : 1;
    to.family("worker_frames_total", Type::counter, "Frames that the worker fed to the line.");
    each_lcore([](const LcorePicture& lcore) { return lcore.frames; });
    to.family("worker_rounds_total", Type::counter, "Rounds of the worker's loop; one that stands still is stuck.");
    each_lcore([](const LcorePicture& lcore) { return lcore.rounds; });
    to.family("worker_seconds_total", Type::counter, "Time that the worker has polled.");
    each_lcore([&](const LcorePicture& lcore) { return static_cast<double>(lcore.cycles) / hertz; });
    to.family("worker_busy_seconds_total", Type::counter, "Of worker_seconds_total: rounds that had frames.");
    each_lcore([&](const LcorePicture& lcore) { return static_cast<double>(lcore.busy_cycles) / hertz; });
    to.family("worker_busy_cycles_total", Type::counter, "Cycles of rounds that had frames; by frames: their cost.");
    each_lcore([](const LcorePicture& lcore) { return lcore.busy_cycles; });
    to.family("worker_ring_frames", Type::gauge, "Frames that wait for the worker in the rings of others.");
    each_lcore([](const LcorePicture& lcore) { return lcore.frames_waiting; });
    to.family("worker_ring_queries", Type::gauge, "Queries that wait for the worker in the rings of others.");
    for (std::size_t worker = 0; worker < status.queries_waiting.size(); ++worker) {
        to.sample(status.queries_waiting[worker], fmt::format("worker=\"{}\"", worker));
    }
}

void write_ledger(const Ledger& ledger, Exposition& to) {
    const auto each_stage = [&](const auto& counters) {
        for (std::size_t stage = 0; stage < stage_count; ++stage) {
            to.sample(counters[stage],
                      fmt::format("stage=\"{}\",unit=\"{}\"", stage_table[stage].name, stage_table[stage].unit));
        }
    };
    to.family("received_total", Type::counter, "Units that came into a stage of the line.");
    each_stage(ledger.in);
    to.family("passed_total", Type::counter, "Units that left a stage of the line for the next.");
    each_stage(ledger.out);
    to.family("dropped_total", Type::counter, "Units that were dropped, by stage and reason (docs/operations.md).");
    for (const DropInfo& row : drop_table) {
        if (row.drop != Drop::none) {
            to.sample(ledger.drops[static_cast<std::size_t>(row.drop)],
                      fmt::format("stage=\"{}\",reason=\"{}\"", stage_table[static_cast<std::size_t>(row.stage)].name,
                                  row.name));
        }
    }
    const std::uint64_t queries = ledger.out[static_cast<std::size_t>(Stage::query)];
    to.family("queries_total", Type::counter, "Reverse queries, and short names of minimising resolvers.")
        .sample(queries - ledger.minimised, "kind=\"reverse\"")
        .sample(ledger.minimised, "kind=\"minimised\"");
}

void write_outcomes(const WindowCounts& counts, Exposition& to) {
    to.sample(counts.parts.queries + counts.parts.minimised, "outcome=\"counted\"")
        .sample(counts.repeats, "outcome=\"repeat\"")
        .sample(counts.late, "outcome=\"late\"")
        .sample(counts.parts.refused, "outcome=\"refused\"")
        .sample(counts.queue_drops, "outcome=\"ring_full\"")
        .sample(counts.parts.evicted_queries, "outcome=\"counted_then_evicted\"");
}

void write_windows(const TapStatus& status, Exposition& to) {
    WorkerPicture open;
    std::size_t windows = 0;
    for (const WorkerPicture& worker : status.workers) {
        windows = std::max(windows, worker.windows);
        open.originators += worker.originators;
        open.queriers += worker.queriers;
        open.counts += worker.counts;
    }
    to.family("open_windows", Type::gauge, "Windows that are open.").sample(windows);
    to.family("open_originators", Type::gauge,
              "Originators and prefixes in open windows; one counts once for each worker that owns queriers of it.")
        .sample(open.originators);
    to.family("open_queriers", Type::gauge, "Queriers in open windows.").sample(open.queriers);
    to.family("open_window_queries", Type::gauge, "Queries of open windows by what became of them.");
    write_outcomes(open.counts, to);

    const AnalystStatus& analyst = status.analyst;
    to.family("closed_window_queries_total", Type::counter, "Queries of closed windows by what became of them.");
    write_outcomes(analyst.counts, to);
    to.family("evicted_originators_total", Type::counter,
              "Originators and prefixes of closed windows that were evicted.")
        .sample(analyst.counts.parts.evicted_originators + analyst.counts.parts.evicted_prefixes);
    to.family("windows_total", Type::counter, "Windows that closed, by whether they have all that passed the tap.")
        .sample(analyst.by_completeness[0], "complete=\"yes\"")
        .sample(analyst.by_completeness[1], "complete=\"unknown\"")
        .sample(analyst.by_completeness[2], "complete=\"no\"");
    to.family("windows_taken_up_total", Type::counter, "Windows that had closed in the process before and waited.")
        .sample(analyst.taken_up);
    to.family("windows_analysed_total", Type::counter, "Windows that became rows.").sample(analyst.analysed);
    to.family("windows_lost_total", Type::counter,
              "Windows that became no rows: too many waited, or the store refused them.")
        .sample(analyst.lost);
    to.family("windows_waiting", Type::gauge, "Closed windows that wait to be analysed.").sample(analyst.waiting);
    to.family("provisional_looks_total", Type::counter, "Times that running windows became provisional rows.")
        .sample(analyst.provisional);
    to.family("late_name_revisions_total", Type::counter, "Revisions of windows that names which came late have made.")
        .sample(analyst.late_names);
    const bool any = analyst.last_end != Timestamp::min();
    to.family("window_end_timestamp_seconds", Type::gauge, "End of the last window that became rows; 0: none has.")
        .sample(any ? seconds_of(analyst.last_end) : 0.0);
    // Since then the next window has been running, so a lag of up to its length is as it should be.
    to.family("window_lag_seconds", Type::gauge, "How far the source's clock is past the end of that window.")
        .sample(any && status.clock() > analyst.last_end
                    ? std::chrono::duration<double>(status.clock() - analyst.last_end).count()
                    : 0.0);
    to.family("window_duration_seconds", Type::gauge, "From the closing of that window to its rows.")
        .sample(analyst.last_seconds);
    to.family("window_originators", Type::gauge, "Originators of that window that became rows, by class.");
    for (const auto& [name, count] : analyst.last_classes) {
        to.sample(count, label("class", name));
    }
    to.family("window_pairs", Type::gauge, "Pairs of originator and querier in that window.")
        .sample(analyst.last_pairs);
    to.family("window_names_known_ratio", Type::gauge, "Share of the names wanted for that window that were known.")
        .sample(analyst.last_names_known);
}

void write_memory(const TapStatus& status, Exposition& to) {
    const StateMemory& memory = status.memory;
    to.family("memory_budget_bytes", Type::gauge, "windows.memory_budget.").sample(memory.budget);
    to.family("memory_bytes", Type::gauge, "Memory by part; frame buffers are beside the budget.")
        .sample(memory.windows_taken, "part=\"windows\"")
        .sample(memory.filter, "part=\"filter\"")
        .sample(memory.exchange, "part=\"exchange\"")
        .sample(status.analyst.waiting_octets, "part=\"analysis\"")
        .sample(status.tap.buffer_octets, "part=\"frame_buffers\"");
    to.family("memory_limit_bytes", Type::gauge, "What a part may take at most.")
        .sample(memory.windows_max, "part=\"windows\"")
        .sample(memory.filter, "part=\"filter\"")
        .sample(memory.exchange, "part=\"exchange\"")
        .sample(memory.reassembly_max, "part=\"reassembly\"")
        .sample(status.tap.buffer_octets, "part=\"frame_buffers\"");
}

void write_surroundings(const TapStatus& status, Exposition& to) {
    const AnalystStatus& analyst = status.analyst;
    if (analyst.has_resolver) {
        const PtrResolver::Counts& counts = analyst.resolver;
        to.family("name_questions_total", Type::counter, "Questions for names that were sent, retries included.")
            .sample(counts.questions);
        to.family("name_retries_total", Type::counter, "Of these, not the first about their address.")
            .sample(counts.retries);
        to.family("name_answers_total", Type::counter, "Answers to questions for names, by result.");
        for (std::size_t outcome = 0; outcome < ptr_outcome_count; ++outcome) {
            to.sample(counts.answers[outcome], fmt::format("result=\"{}\"", ptr_outcome_table[outcome].name));
        }
        to.family("name_server_rests_total", Type::counter, "Times that a recursive server was found not to work.")
            .sample(counts.rests);
    }
    to.family("name_cache_up", Type::gauge, "0 where the cache of names on the disk had to be given up.")
        .sample(analyst.names_fault.empty() ? 1 : 0);
    if (analyst.has_store) {
        to.family("store_up", Type::gauge, "1 where the last window was stored, else 0.")
            .sample(analyst.store_fault.empty() ? 1 : 0);
        to.family("store_windows_total", Type::counter, "Windows that were stored, revisions included.")
            .sample(analyst.stored);
        to.family("store_failures_total", Type::counter, "Tries to store a window that failed.")
            .sample(analyst.store_failures);
        to.family("store_size_bytes", Type::gauge, "The file of the store.").sample(analyst.store_octets);
    }
    if (const CheckpointStatus& checkpoint = status.checkpoint; checkpoint.is_wanted) {
        to.family("checkpoint_timestamp_seconds", Type::gauge, "When the last checkpoint was written; 0: none was.")
            .sample(checkpoint.written == Timestamp::min() ? 0.0 : seconds_of(checkpoint.written));
        to.family("checkpoint_size_bytes", Type::gauge, "The file of the last checkpoint.").sample(checkpoint.octets);
        to.family("checkpoint_failures_total", Type::counter, "Checkpoints that could not be written.")
            .sample(checkpoint.failures);
    }
    to.family("reloads_total", Type::counter, "Reloads of the settings.")
        .sample(analyst.reloads, "result=\"taken\"")
        .sample(analyst.reloads_refused, "result=\"refused\"");
}

}  // namespace

std::string label_value(const std::string& text) {
    std::string escaped;
    for (const char letter : text) {
        if (letter == '\\' || letter == '"') {
            escaped.push_back('\\');
        }
        if (letter == '\n') {
            escaped.append("\\n");
        } else {
            escaped.push_back(letter);
        }
    }
    return escaped;
}

std::string metrics_text(const TapStatus& status) {
    Exposition to;
    write_program(status, to);
    write_ports(status, to);
    write_workers(status, to);
    write_ledger(status.ledger, to);
    write_windows(status, to);
    write_memory(status, to);
    write_surroundings(status, to);
    return std::move(to).text();
}

}  // namespace echotap
