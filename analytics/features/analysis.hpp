// SPDX-License-Identifier: Apache-2.0
// The one place where a closed window becomes rows: it goes in, and comes out with its ranking, the directory of its
// queriers and the features of its originators. Later, names that were late make the next revision of the same rows.
//
//     Analysis analysis(config);
//     AnalysedWindow analysed = analysis.analyse(std::move(window), {.deadline = now + 10s, .waiting = {}});
//     ... now and then, while analysed.awaits_names():
//     if (analysis.revise(analysed)) { ... its rows take the place of those of the revision before ... }
//
// What classes originators have is not said here. No clock is read here either: how long names are waited for comes in.
#pragma once

#include <string>
#include <vector>

#include "analytics/features/directory_sources.hpp"
#include "analytics/features/features.hpp"
#include "analytics/features/querier_directory.hpp"
#include "analytics/features/ranking.hpp"
#include "config/geo_config.hpp"
#include "config/names_config.hpp"
#include "dataplane/state/closed_window.hpp"

namespace echotap {

struct AnalysisConfig {
    NamesConfig names;
    std::string rules_path;  // of name categories; empty: the built-in ones
    GeoConfig geo;
    RankingConfig ranking;
};

/// A closed window and all that is known of it, which is what it takes to make its next revision. It stands on its own:
/// it may be moved, and outlive the Analysis that made it.
struct AnalysedWindow {
    ClosedWindow window;  // header.revision is the revision of the rows
    Ranking ranking;
    QuerierDirectory directory;
    NamesToCome names_to_come;
    FeatureMatrix features;  // a row per ranked originator, as ranked

    const WindowHeader& header() const { return window.header; }
    /// Whether another revision may come.
    bool awaits_names() const { return !names_to_come.places.empty(); }
    /// Octets of memory: whoever keeps windows for names to come bounds them by this. Mostly those of the window and,
    /// for each of its queriers, some 35.
    std::size_t octets() const;
};

/// Used by one thread at a time, but for sources().names(), which any thread may use at any time; works on several.
class Analysis {
public:
    /// Throws std::runtime_error that names file, place and cure where a file of names, rules, countries or networks is
    /// missing or wrong, and where the resolver cannot start.
    explicit Analysis(const AnalysisConfig& config);

    const DirectorySources& sources() const { return sources_; }

    /// Reads changed files again, as DirectorySources does; to be called before a window is analysed, where a program
    /// goes on for long. Windows that were analysed keep what they were analysed by.
    std::vector<std::string> reload_if_changed() { return sources_.reload_if_changed(); }

    /// The rows of `window`, with the names that are known before the deadline: the same rows for the same window,
    /// configuration and names, bit by bit, on any number of threads. Its revision stays as it is. Throws
    /// std::runtime_error where sampled originators must be united and the sample key is not the window's.
    AnalysedWindow analyse(ClosedWindow window, const NameWait& wait = {}) const;

    /// Asks again for the names to come; where some are known now, makes the features anew, with one more in
    /// header().revision, and returns true. Else leaves all as it is. The rows are those that analyse() would have made
    /// with these names, whatever revisions lie in between.
    bool revise(AnalysedWindow& analysed, const NameWait& wait = {}) const;

private:
    RankingConfig ranking_;
    DirectorySources sources_;
};

}  // namespace echotap
