// SPDX-License-Identifier: Apache-2.0
#include "tools/features.hpp"

#include <fmt/core.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "analytics/directory_sources.hpp"
#include "analytics/features.hpp"
#include "dataplane/capture/capture_set.hpp"
#include "dataplane/state/assemble.hpp"
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

/// Turns windows into rows and prints them.
class Output {
public:
    Output(const FeaturesOptions& options, ProgressBar& progress)
        : options_(options), progress_(progress), sources_(options.names, options.rules_path, options.geo) {
        say_what_is_missing();
        fmt::print("{}", feature_heading(options.format));
    }

    void take(const ClosedWindow& window) {
        const auto& key = options_.windows.sample_key;
        const Ranking ranking = rank_originators(window, {.min_queriers_v4 = options_.min_queriers,
                                                          .min_queriers_v6 = options_.min_queriers_v6,
                                                          .top = options_.top,
                                                          .sample_key = {key[0], key[1]}});
        QuerierDirectory directory(window);
        sources_.fill(directory, window, ranking);
        const FeatureMatrix matrix = compute_features(window, directory, ranking);
        progress_.clear();
        fmt::print("{}", feature_report(window.header, matrix, options_.format));
        std::fflush(stdout);
    }

private:
    void say_what_is_missing() const {
        const auto say_missing = [&](bool is_there, const char* option, const char* what) {
            if (!is_there && !options_.quiet) {
                say(fmt::format("echotap: no {}: {} are not known\n", option, what));
            }
        };
        say_missing(sources_.has_names(), "--names", "the shares of name categories");
        say_missing(sources_.has_countries(), "--country", "unique_countries and queriers_per_country");
        say_missing(sources_.has_as_numbers(), "--as", "unique_ases and queriers_per_as");
    }

    const FeaturesOptions& options_;
    ProgressBar& progress_;
    const DirectorySources sources_;
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
        const ClosedWindow window = assemble(closing.header, closing.parts(), {key[0], key[1]});
        closing.shares.clear();
        output.take(window);
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
