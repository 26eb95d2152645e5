// SPDX-License-Identifier: Apache-2.0
#include "tools/queries.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "analytics/formats/pseudonyms.hpp"
#include "dataplane/capture/capture_set.hpp"
#include "dataplane/dpdk/live_tap.hpp"
#include "dataplane/dpdk/stop.hpp"
#include "dataplane/line_team.hpp"
#include "tools/exit_code.hpp"
#include "tools/ledger_report.hpp"
#include "tools/progress_bar.hpp"
#include "tools/row_writer.hpp"
#include "tools/say.hpp"

namespace echotap {

namespace {

/// Prints reverse queries, by other addresses where that is wished; minimised ones are in the ledger only.
class PrintRows {
public:
    PrintRows(const QueriesOptions& options, RowWriter& rows)
        : rows_(rows),
          pseudonyms_(Pseudonyms::from_file(options.pseudonym_key_path)),
          are_originators_named_(options.pseudonyms_of == PseudonymsOf::queriers) {}

    void operator()(const ReverseQuery& query) {
        if (!pseudonyms_.has_key()) {
            rows_.write(query);
            return;
        }
        ReverseQuery shown = query;
        shown.querier = pseudonyms_.of(query.querier);
        if (!are_originators_named_) {
            shown.originator = pseudonyms_.of(query.originator);
        }
        rows_.write(shown);
    }
    void operator()(const MinimisedQuery&) {}

private:
    RowWriter& rows_;
    Pseudonyms pseudonyms_;
    bool are_originators_named_;
};

/// The file that the ledger goes to as JSON; opened before anything is read, so that a wrong path costs no run.
class LedgerFile {
public:
    explicit LedgerFile(const std::string& path)
        : path_(path), file_(path.empty() ? nullptr : std::fopen(path.c_str(), "w"), std::fclose) {
        if (!path.empty() && !file_) {
            fail();
        }
    }

    void write(const Ledger& ledger) {
        if (file_ && (std::fputs(ledger_json(ledger).c_str(), file_.get()) < 0 || std::fflush(file_.get()) != 0)) {
            fail();
        }
    }

private:
    [[noreturn]] void fail() const {
        throw std::runtime_error(fmt::format("cannot write the ledger to {}: {}", path_, std::strerror(errno)));
    }

    std::string path_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

int read_captures(const QueriesOptions& options, LedgerFile& ledger_file) {
    const unsigned workers = options.live.workers;
    RowWriter rows(options.format, STDOUT_FILENO);
    PrintRows print(options, rows);
    Ledger ledger;
    CaptureSet captures(options.paths, ledger, LineTeam::burst_size_for(workers));
    LineTeam team(options.line, workers);
    ProgressBar progress(!options.quiet);
    Stop stop;
    bool is_stopped = stop();
    std::uint64_t frames = 0;
    // A burst that was read is in the books, so it must be fed: the signal is asked for before the next is read.
    while (!is_stopped) {
        const Burst burst = captures.next_burst();
        if (burst.empty()) {
            break;
        }
        team.feed(burst, print);
        frames += burst.size();
        const ReadProgress read = captures.progress();
        progress.update(read, frames);
        if (!read.octets_total) {
            rows.flush();  // a pipe may be slow, and whoever reads the rows waits for them
        }
        is_stopped = stop();
    }
    team.finish(print);
    rows.flush();
    progress.clear();

    for (const std::string& message : captures.messages()) {
        say(fmt::format("echotap: {}\n", message));
    }
    if (is_stopped) {
        say("echotap: stopped by a signal; the rest of the captures was not read\n");
    }
    ledger += team.ledger();
    if (!options.quiet) {
        say(ledger_text(ledger));
    }
    ledger_file.write(ledger);
    return is_stopped || captures.is_incomplete() ? exit_incomplete : exit_good;
}

int tap_ports(const QueriesOptions& options, LedgerFile& ledger_file) {
    RowWriter rows(options.format, STDOUT_FILENO);
    PrintRows print(options, rows);
    LiveTap<Line, ReverseQuery> tap(options.live, options.line);
    if (!options.quiet) {
        for (const std::string& line : tap.report()) {
            say(fmt::format("echotap: {}\n", line));
        }
    }
    Stop stop(Stop::after(options.seconds));
    // Whoever looks at a live port wants to see rows as they come.
    constexpr std::chrono::milliseconds flush_interval(100);
    auto flushed = std::chrono::steady_clock::now();
    const auto flush_and_ask = [&] {
        if (const auto now = std::chrono::steady_clock::now(); now - flushed >= flush_interval) {
            flushed = now;
            rows.flush();
        }
        return stop();
    };
    tap.run(flush_and_ask, [&](const ReverseQuery& query) { print(query); });
    rows.flush();
    if (!options.quiet) {
        say(ledger_text(tap.ledger()));
    }
    ledger_file.write(tap.ledger());
    return exit_good;
}

}  // namespace

int run_queries(const QueriesOptions& options) {
    LedgerFile ledger_file(options.ledger_path);
    return options.live.ports.empty() ? read_captures(options, ledger_file) : tap_ports(options, ledger_file);
}

}  // namespace echotap
