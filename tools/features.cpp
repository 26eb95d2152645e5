// SPDX-License-Identifier: Apache-2.0
#include "tools/features.hpp"

#include <fmt/core.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "analytics/analysis.hpp"
#include "dataplane/capture/capture_set.hpp"
#include "dataplane/state/closing_window.hpp"
#include "dataplane/state/window_file.hpp"
#include "dataplane/state/window_team.hpp"
#include "tools/exit_code.hpp"
#include "tools/feature_report.hpp"
#include "tools/progress_bar.hpp"
#include "tools/say.hpp"

namespace echotap {

namespace {

/// By its first octets, so that nobody has to say which is which. What cannot be read is left to those who read it.
bool is_window_file(const std::string& path) {
    constexpr std::string_view magic = "ECHOTAPW";
    std::error_code none;
    if (!std::filesystem::is_regular_file(path, none)) {
        return false;
    }
    std::array<char, magic.size()> begin{};
    std::ifstream file(path, std::ios::binary);
    return file.read(begin.data(), begin.size()) && std::string_view(begin.data(), begin.size()) == magic;
}

AnalysisConfig config_of(const FeaturesOptions& options) {
    const auto& key = options.windows.sample_key;
    return {.names = options.names,
            .rules_path = options.rules_path,
            .geo = options.geo,
            .ranking = {.min_queriers_v4 = options.min_queriers,
                        .min_queriers_v6 = options.min_queriers_v6,
                        .top = options.top,
                        .sample_key = {key[0], key[1]}}};
}

/// Turns windows into rows and prints them.
class Output {
public:
    Output(const FeaturesOptions& options, ProgressBar& progress)
        : options_(options), progress_(progress), analysis_(config_of(options)) {
        say_what_is_missing();
        fmt::print("{}", feature_heading(options.format));
    }

    void take(ClosedWindow window) {
        const AnalysedWindow analysed = analysis_.analyse(std::move(window));
        progress_.clear();
        fmt::print("{}", feature_report(analysed.header(), analysed.features, options_.format));
        std::fflush(stdout);
    }

private:
    void say_what_is_missing() const {
        const auto say_missing = [&](bool is_there, const char* option, const char* what) {
            if (!is_there && !options_.quiet) {
                say(fmt::format("echotap: no {}: {} are not known\n", option, what));
            }
        };
        say_missing(analysis_.sources().has_names(), "--names", "the shares of name categories");
        say_missing(analysis_.sources().has_countries(), "--country", "unique_countries and queriers_per_country");
        say_missing(analysis_.sources().has_as_numbers(), "--as", "unique_ases and queriers_per_as");
    }

    const FeaturesOptions& options_;
    ProgressBar& progress_;
    const Analysis analysis_;
};

/// Captures become windows as in `echotap window`. Returns an ExitCode.
int read_captures(const FeaturesOptions& options, const std::vector<std::string>& paths, ProgressBar& progress,
                  Output& output) {
    Ledger ledger;
    CaptureSet captures(
        paths, ledger,
        options.workers == 1 ? CaptureFile::burst_size_default : options.workers * LineTeam::burst_frames_per_worker);
    const auto& key = options.windows.sample_key;
    WindowTeam team(options.line, options.windows, options.workers, [&](ClosingWindow&& closing) {
        output.take(put_together(std::move(closing), {key[0], key[1]}));
    });
    std::uint64_t frames = 0;
    for (Burst burst = captures.next_burst(); !burst.empty(); burst = captures.next_burst()) {
        team.feed(burst);
        frames += burst.size();
        progress.update(captures.progress(), frames);
    }
    progress.clear();
    team.finish(ledger);
    for (const std::string& message : captures.messages()) {
        say(fmt::format("echotap: {}\n", message));
    }
    return captures.is_incomplete() ? exit_incomplete : exit_good;
}

}  // namespace

int run_features(const FeaturesOptions& options) {
    ProgressBar progress(!options.quiet);
    Output output(options, progress);
    std::vector<std::string> captures;
    for (const std::string& path : options.paths) {
        if (is_window_file(path)) {
            output.take(read_window(path));
        } else {
            captures.push_back(path);
        }
    }
    return captures.empty() ? exit_good : read_captures(options, captures, progress, output);
}

}  // namespace echotap
