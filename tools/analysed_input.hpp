// SPDX-License-Identifier: Apache-2.0
// Captures and files of windows go in; analysed windows come out, and once more where names come late. What
// `echotap features` and `echotap read` have in common.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "analytics/features/analysis.hpp"
#include "analytics/features/early_names.hpp"
#include "analytics/features/kept_windows.hpp"
#include "config/line_config.hpp"
#include "dataplane/capture/capture_paths.hpp"
#include "dataplane/state/window_team.hpp"
#include "tools/command_line.hpp"
#include "tools/progress_bar.hpp"

namespace echotap {

/// Each in the order in which they were given.
struct InputPaths {
    std::vector<std::string> windows;  // files that `echotap window -o` or `echotap merge -o` wrote
    CapturePaths captures;             // of all else; none named where there is nothing else
};
/// Throws as list_captures().
InputPaths sort_paths(const std::vector<std::string>& paths);

/// Used by one thread, once.
class AnalysedInput {
public:
    /// Is given each window when it has been analysed, and again with each later revision of its rows.
    using OnRows = std::function<void(const AnalysedWindow&)>;
    /// What is analysed in the place of a window; nothing: it is left out.
    using Admit = std::function<std::optional<ClosedWindow>(ClosedWindow)>;

    /// Says what will not be known. `options` must outlive this. Throws what Analysis throws.
    AnalysedInput(const InputOptions& options, OnRows on_rows, Admit admit = {});

    /// Windows first, each by itself; then the captures, merged by time. `sources` are the captures' digests, where
    /// windows are to be kept. Returns an ExitCode; throws std::runtime_error where something cannot be read.
    int run(InputPaths paths, const std::vector<SourceDigest>& sources = {});

private:
    using Clock = std::chrono::steady_clock;

    int read_captures(CapturePaths paths, const std::vector<SourceDigest>& sources);
    void take(ClosedWindow window);
    /// To be called between two bursts: asks for names of open windows, when it is time. Looks take a twentieth of the
    /// time at most.
    void look_ahead(WindowTeam& team);
    /// The input has ended.
    void finish();
    /// Shows how long it takes.
    NameWait wait();
    void revise();
    void say_what_is_missing() const;

    const InputOptions& options_;
    const OnRows on_rows_;
    const Admit admit_;
    ProgressBar progress_;
    Analysis analysis_;
    KeptWindows kept_;
    std::optional<EarlyNames> early_;
    Clock::time_point next_look_ = Clock::now() + std::chrono::seconds(1);
    std::uint64_t no_server_ = 0;  // names of the last window that were asked for in vain
};

}  // namespace echotap
