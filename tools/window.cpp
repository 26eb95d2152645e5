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
#include "tools/progress_bar.hpp"
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
            write_window(window, path_of(closing.key, window.header));
        }
    }

private:
    std::string path_of(const WindowKey& key, const WindowHeader& header) const {
        const std::vector<WindowLength>& lengths = options_.windows.lengths;
        std::string path = options_.output_path;
        if (lengths.size() > 1 || !lengths.front().is_whole()) {
            constexpr std::array<const char*, 3> families{"", ".v4", ".v6"};
            path +=
                fmt::format(".{}{}.{}", length_text(header.length),
                            families[static_cast<std::size_t>(lengths[key.length].families)], time_text(header.start));
        }
        if (options_.line.authorities.size() > 1) {
            std::string view = header.view;
            std::ranges::replace(view, '/', '_');
            path += "." + view;
        }
        return path;
    }

    const WindowOptions& options_;
    ProgressBar& progress_;
    std::vector<SourceDigest> sources_;
};

}  // namespace

int run_window(const WindowOptions& options) {
    Ledger ledger;
    CaptureSet captures(
        options.paths, ledger,
        options.workers == 1 ? CaptureFile::burst_size_default : options.workers * LineTeam::burst_frames_per_worker);
    ProgressBar progress(!options.quiet);
    Output output(options, progress);
    WindowTeam team(options.line, options.windows, options.workers,
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
