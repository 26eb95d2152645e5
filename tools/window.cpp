// SPDX-License-Identifier: Apache-2.0
#include "tools/window.hpp"

#include <fmt/core.h>

#include "dataplane/capture/capture_paths.hpp"
#include "dataplane/capture/capture_set.hpp"
#include "dataplane/state/window_file.hpp"
#include "dataplane/state/window_team.hpp"
#include "tools/capture_sources.hpp"
#include "tools/exit_code.hpp"
#include "tools/live_window.hpp"
#include "tools/progress_bar.hpp"
#include "tools/run_checkpoints.hpp"
#include "tools/say.hpp"
#include "tools/standard_output.hpp"
#include "tools/window_path.hpp"
#include "tools/window_report.hpp"

namespace echotap {

namespace {

/// Puts windows together, prints and writes them, as they close.
class Output {
public:
    Output(const WindowOptions& options, ProgressBar& progress, std::vector<SourceDigest> sources)
        : options_(options),
          progress_(progress),
          sources_(std::move(sources)),
          pseudonyms_(Pseudonyms::from_file(options.pseudonym_key_path)) {}

    /// `may_be_less`: a process that was killed may have closed the same window already, with frames that are gone.
    void take(ClosingWindow&& closing, bool is_cut, bool may_be_less) {
        WindowHeader& header = closing.header;
        note_captures(header, sources_, is_cut);
        const auto& sample_key = options_.windows.sample_key;
        const WindowKey key = closing.key;
        const bool was_carried = closing.carried.has_value();
        const ClosedWindow window = put_together(std::move(closing), {sample_key[0], sample_key[1]});
        progress_.clear();
        if (!options_.output_path.empty()) {
            const std::string path = window_path(options_, key, window.header);
            if (may_be_less && was_carried && holds_more(path, window.header)) {
                say(fmt::format("echotap: {}: kept as it is; it was closed after the checkpoint\n", path));
                return;
            }
            write_window(window, path);
        }
        fmt::print("{}", window_report(window, options_.format, options_.top, pseudonyms_));
        flush_standard_output();
    }

private:
    const WindowOptions& options_;
    ProgressBar& progress_;
    std::vector<SourceDigest> sources_;
    const Pseudonyms pseudonyms_;
};

}  // namespace

int run_window(const WindowOptions& options) {
    if (!options.live.ports.empty()) {
        return run_live_windows(options);
    }
    Ledger ledger;
    CaptureSet captures(options.paths, ledger, LineTeam::burst_size_for(options.live.workers));
    ProgressBar progress(!options.quiet);
    const bool are_kept = !options.output_path.empty() || !options.checkpoint_path.empty();
    const std::vector<SourceDigest> sources =
        are_kept ? capture_digests(list_captures(options.paths).files) : std::vector<SourceDigest>{};
    RunCheckpoints checkpoints(options, sources);
    Output output(options, progress, options.output_path.empty() ? std::vector<SourceDigest>{} : sources);
    WindowTeam team(
        options.line, options.windows, options.live.workers,
        [&](ClosingWindow&& window) {
            output.take(std::move(window), captures.is_incomplete(), checkpoints.went_onward());
            checkpoints.note_closed();
        },
        checkpoints.table_key());
    checkpoints.resume(team);
    std::uint64_t frames = 0;
    for (Burst burst = captures.next_burst(); !burst.empty(); burst = captures.next_burst()) {
        team.feed(burst);
        checkpoints.take_turn(team);
        frames += burst.size();
        progress.update(captures.progress(), frames);
    }
    progress.clear();
    team.finish(ledger);
    checkpoints.finish();
    for (const std::string& message : captures.messages()) {
        fmt::print(stderr, "echotap: {}\n", message);
    }
    return captures.is_incomplete() ? exit_incomplete : exit_good;
}

}  // namespace echotap
