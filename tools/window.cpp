// SPDX-License-Identifier: Apache-2.0
#include "tools/window.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>

#include "dataplane/capture/capture_paths.hpp"
#include "dataplane/capture/capture_set.hpp"
#include "dataplane/state/assemble.hpp"
#include "dataplane/state/window_file.hpp"
#include "dataplane/state/window_team.hpp"
#include "tools/exit_code.hpp"
#include "tools/live_window.hpp"
#include "tools/progress_bar.hpp"
#include "tools/window_path.hpp"
#include "tools/window_report.hpp"

namespace echotap {

namespace {

/// What the captures are, for windows that are kept: so that none is counted twice. Standard input and FIFOs cannot be
/// read twice; they have no digest.
std::vector<SourceDigest> digests(const std::vector<std::string>& paths) {
    std::vector<SourceDigest> sources;
    for (const CapturePath& capture : list_captures(paths).files) {
        if (capture.is_regular) {
            sources.push_back(SourceDigest::of_file(capture.path));
        }
    }
    std::ranges::sort(sources);
    sources.erase(std::unique(sources.begin(), sources.end()), sources.end());
    return sources;
}

/// Puts windows together, prints and writes them, as they close.
class Output {
public:
    Output(const WindowOptions& options, ProgressBar& progress)
        : options_(options),
          progress_(progress),
          sources_(options.output_path.empty() ? std::vector<SourceDigest>{} : digests(options.paths)) {}

    void take(ClosingWindow&& closing, bool is_cut) {
        WindowHeader& header = closing.header;
        header.sources = sources_;
        if (is_cut) {
            header.add_gap(Gap::capture_cut);
            header.completeness = Completeness::no;
        } else if (header.completeness != Completeness::no) {
            header.add_gap(Gap::source_unknown);
        }
        const auto& key = options_.windows.sample_key;
        const ClosedWindow window = assemble(header, closing.parts(), {key[0], key[1]});
        closing.shares.clear();
        progress_.clear();
        fmt::print("{}", window_report(window, options_.format, options_.top));
        std::fflush(stdout);
        if (!options_.output_path.empty()) {
            write_window(window, window_path(options_, closing.key, window.header));
        }
    }

private:
    const WindowOptions& options_;
    ProgressBar& progress_;
    std::vector<SourceDigest> sources_;
};

}  // namespace

int run_window(const WindowOptions& options) {
    if (!options.live.ports.empty()) {
        return run_live_windows(options);
    }
    Ledger ledger;
    CaptureSet captures(options.paths, ledger,
                        options.live.workers == 1 ? CaptureFile::burst_size_default
                                                  : options.live.workers * LineTeam::burst_frames_per_worker);
    ProgressBar progress(!options.quiet);
    Output output(options, progress);
    WindowTeam team(options.line, options.windows, options.live.workers,
                    [&](ClosingWindow&& window) { output.take(std::move(window), captures.is_incomplete()); });
    std::uint64_t frames = 0;
    for (Burst burst = captures.next_burst(); !burst.empty(); burst = captures.next_burst()) {
        team.feed(burst);
        frames += burst.size();
        progress.update(captures.progress(), frames);
    }
    progress.clear();
    team.finish(ledger);
    for (const std::string& message : captures.messages()) {
        fmt::print(stderr, "echotap: {}\n", message);
    }
    return captures.is_incomplete() ? exit_incomplete : exit_good;
}

}  // namespace echotap
