// SPDX-License-Identifier: Apache-2.0
#include "tools/read.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <optional>
#include <utility>

#include "analytics/models/model_file.hpp"
#include "analytics/models/shipped_model.hpp"
#include "analytics/store/classified_window.hpp"
#include "analytics/store/store.hpp"
#include "dataplane/state/closing_window.hpp"
#include "tools/analysed_input.hpp"
#include "tools/capture_sources.hpp"
#include "tools/exit_code.hpp"
#include "tools/read_report.hpp"
#include "tools/say.hpp"
#include "tools/standard_output.hpp"

namespace echotap {

namespace {

constexpr std::size_t table_rows_default = 20;
constexpr std::size_t table_reasons_default = 2;

/// Where tools/setup puts the files that it makes.
std::string made_file(const char* name) {
    const char* const cache = std::getenv("XDG_CACHE_HOME");
    const char* const home = std::getenv("HOME");
    std::string folder = cache != nullptr && *cache != '\0' ? cache : "";
    if (folder.empty()) {
        folder = fmt::format("{}/.cache", home != nullptr ? home : "");
    }
    std::string path = fmt::format("{}/echotap/geo/{}", folder, name);
    std::error_code none;
    return std::filesystem::is_regular_file(path, none) ? path : "";
}

/// The files of countries and networks that tools/setup has made, unless others are given.
ReadOptions with_made_files(const ReadOptions& asked) {
    ReadOptions options = asked;
    for (const auto& [path, name] :
         {std::pair(&options.geo.country_path, "country.mmdb"), std::pair(&options.geo.as_path, "as.mmdb")}) {
        if (path->empty()) {
            *path = made_file(name);
            if (!path->empty() && !options.quiet) {
                say(fmt::format("echotap: {}\n", *path));
            }
        }
    }
    return options;
}

/// Classifies, prints and stores.
class Reading {
public:
    explicit Reading(const ReadOptions& options)
        : options_(options),
          model_(options.model_path.empty() ? shipped_model() : read_model(options.model_path)),
          pseudonyms_(Pseudonyms::from_file(options.pseudonym_key_path)),
          report_{.format = options.format,
                  .shown = options.shown,
                  .reasons = options.reasons,
                  .has_who = options.reasons > 0,
                  .pseudonyms = pseudonyms_} {
        const bool is_table = options.format == RowsFormat::table;
        if (report_.shown == 0) {
            report_.shown = is_table ? table_rows_default : std::numeric_limits<std::size_t>::max();
        }
        if (report_.reasons == 0 && is_table) {
            report_.reasons = table_reasons_default;
        }
        if (!options.store_path.empty()) {
            store_.emplace(StoreConfig{.path = options.store_path});
        }
    }

    int run() {
        InputPaths paths = sort_paths(options_.paths);
        std::vector<CaptureRun> runs;
        if (store_ && !paths.captures.files.empty()) {
            runs = runs_of_new(paths.captures);
            paths.captures = {};
        }
        fmt::print("{}", read_heading(model_, options_.format));
        int code = exit_good;
        if (!paths.windows.empty() || runs.empty()) {
            code = run_once(std::move(paths), {});
        }
        for (CaptureRun& run : runs) {
            code = std::max(code, run_once({{}, std::move(run.captures)}, run.sources));
            store_->finish(all_series(), run.sources);
        }
        return code;
    }

private:
    /// Captures that are read together, and what they are.
    struct CaptureRun {
        CapturePaths captures;
        std::vector<SourceDigest> sources;
    };

    /// Returns an ExitCode.
    int run_once(InputPaths paths, const std::vector<SourceDigest>& sources) {
        AnalysedInput input(
            options_, [this](const AnalysedWindow& analysed) { take(analysed); },
            [this](ClosedWindow window) { return admit(std::move(window)); });
        return input.run(std::move(paths), sources);
    }

    /// Of all windows that come of captures.
    std::vector<StoredSeries> all_series() const {
        std::vector<StoredSeries> all;
        for (std::uint16_t length = 0; length < options_.windows.lengths.size(); ++length) {
            const std::size_t views = std::max<std::size_t>(options_.line.authorities.size(), 1);
            for (std::uint16_t view = 0; view < views; ++view) {
                const WindowHeader header =
                    header_of(options_.windows, options_.line, {.length = length, .view = view, .number = 0});
                all.push_back(series_of(header));
            }
        }
        return all;
    }

    /// Without captures out of which every window is in the store. One out of which only some are, since a read was
    /// stopped, comes first and alone: the store must tell its windows by themselves.
    std::vector<CaptureRun> runs_of_new(const CapturePaths& captures) {
        const std::vector<StoredSeries> all = all_series();
        std::vector<CaptureRun> runs;
        CaptureRun rest{captures, {}};
        rest.captures.files.clear();
        for (const CapturePath& capture : captures.files) {
            if (!capture.is_regular) {
                rest.captures.files.push_back(capture);
                continue;
            }
            const SourceDigest digest = SourceDigest::of_file(capture.path);
            if (!options_.again) {
                if (std::ranges::all_of(all, [&](const StoredSeries& one) { return store_->knows(one, digest); })) {
                    say(fmt::format("echotap: {}: the store knows it; skipped (--again)\n", capture.path));
                    continue;
                }
                if (std::ranges::any_of(all,
                                        [&](const StoredSeries& one) { return store_->knows_part(one, digest); })) {
                    runs.push_back({{{capture}, capture.path, {}, false}, {digest}});
                    continue;
                }
            }
            rest.captures.files.push_back(capture);
            rest.sources.push_back(digest);
        }
        std::ranges::sort(rest.sources);
        rest.sources.erase(std::unique(rest.sources.begin(), rest.sources.end()), rest.sources.end());
        if (!rest.captures.files.empty()) {
            runs.push_back(std::move(rest));
        }
        return runs;
    }

    /// Looks what the store has of a window.
    std::optional<ClosedWindow> admit(ClosedWindow window) {
        if (!store_) {
            return window;
        }
        const auto& key = options_.windows.sample_key;
        Reception received = store_->receive(std::move(window), {key[0], key[1]});
        if (received.overlap == SourceOverlap::all && !options_.again) {
            say("echotap: a window all of whose sources the store knows; skipped (--again)\n");
            return std::nullopt;
        }
        return std::move(received.window);
    }

    void take(const AnalysedWindow& analysed) {
        const ClassifiedWindow classified = classify_window(
            analysed, model_,
            {.unknown_share = options_.unknown_share, .explained = report_.reasons > 0 ? report_.shown : 0});
        fmt::print("{}", read_report(analysed, classified, model_, report_));
        flush_standard_output();  // what nobody has read is not stored: a second run would skip it
        if (store_) {
            store_->put(analysed, classified, model_);
        }
    }

    const ReadOptions& options_;
    const Model model_;
    const Pseudonyms pseudonyms_;
    ReadReportSettings report_;
    std::optional<Store> store_;
};

}  // namespace

int run_read(const ReadOptions& options) {
    const ReadOptions completed = with_made_files(options);
    return Reading(completed).run();
}

}  // namespace echotap
