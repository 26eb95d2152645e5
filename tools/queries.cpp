// SPDX-License-Identifier: Apache-2.0
#include "tools/queries.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "dataplane/capture/capture_set.hpp"
#include "dataplane/dpdk/live_tap.hpp"
#include "dataplane/dpdk/stop.hpp"
#include "dataplane/line_team.hpp"
#include "tools/exit_code.hpp"
#include "tools/ledger_report.hpp"
#include "tools/progress_bar.hpp"
#include "tools/row_writer.hpp"

namespace echotap {

namespace {

/// Prints reverse queries; minimised ones are in the ledger only.
struct PrintRows {
    RowWriter& rows;
    void operator()(const ReverseQuery& query) { rows.write(query); }
    void operator()(const MinimisedQuery&) {}
};

void write_file(const std::string& path, const std::string& text) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "w"), std::fclose);
    if (!file || std::fputs(text.c_str(), file.get()) < 0 || std::fflush(file.get()) != 0) {
        throw std::runtime_error(fmt::format("cannot write the ledger to {}: {}", path, std::strerror(errno)));
    }
}

void report(const QueriesOptions& options, const Ledger& ledger) {
    if (!options.quiet) {
        fmt::print(stderr, "{}", ledger_text(ledger));
    }
    if (!options.ledger_path.empty()) {
        write_file(options.ledger_path, ledger_json(ledger));
    }
}

int read_captures(const QueriesOptions& options) {
    const unsigned workers = options.live.workers;
    Ledger ledger;
    CaptureSet captures(options.paths, ledger,
                        workers == 1 ? CaptureFile::burst_size_default : workers * LineTeam::burst_frames_per_worker);
    LineTeam team(options.line, workers);
    RowWriter rows(options.format, STDOUT_FILENO);
    ProgressBar progress(!options.quiet);
    std::uint64_t frames = 0;
    for (Burst burst = captures.next_burst(); !burst.empty(); burst = captures.next_burst()) {
        team.feed(burst, PrintRows{rows});
        frames += burst.size();
        progress.update(captures.progress(), frames);
    }
    team.finish(PrintRows{rows});
    rows.flush();
    progress.clear();

    for (const std::string& message : captures.messages()) {
        fmt::print(stderr, "echotap: {}\n", message);
    }
    ledger += team.ledger();
    report(options, ledger);
    return captures.is_incomplete() ? exit_incomplete : exit_good;
}

/// Nothing for 0: until a signal.
std::optional<std::chrono::nanoseconds> duration(double seconds) {
    return seconds > 0 ? std::optional(std::chrono::duration_cast<std::chrono::nanoseconds>(
                             std::chrono::duration<double>(seconds)))
                       : std::nullopt;
}

int tap_ports(const QueriesOptions& options) {
    LiveTap<Line, ReverseQuery> tap(options.live, options.line);
    RowWriter rows(options.format, STDOUT_FILENO);
    if (!options.quiet) {
        for (const std::string& line : tap.report()) {
            fmt::print(stderr, "echotap: {}\n", line);
        }
    }
    tap.run(Stop(duration(options.seconds)), [&](const ReverseQuery& query) { rows.write(query); });
    rows.flush();
    report(options, tap.ledger());
    return exit_good;
}

}  // namespace

int run_queries(const QueriesOptions& options) {
    return options.live.ports.empty() ? read_captures(options) : tap_ports(options);
}

}  // namespace echotap
