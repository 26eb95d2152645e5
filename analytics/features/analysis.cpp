// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/analysis.hpp"

#include <utility>

namespace echotap {

std::size_t AnalysedWindow::octets() const {
    return window.octets() + directory.octets() + ranking.united.octets() +
           ranking.originators.capacity() * sizeof(RankedOriginator) +
           names_to_come.places.capacity() * sizeof(QuerierDirectory::Place) +
           features.rows.capacity() * sizeof(FeatureRow) + features.values.capacity() * sizeof(double) +
           features.intervals.capacity() * sizeof(FeatureIntervals);
}

Analysis::Analysis(const AnalysisConfig& config)
    : ranking_(config.ranking), sources_(config.names, config.rules_path, config.geo) {
}

AnalysedWindow Analysis::analyse(ClosedWindow window, const NameWait& wait) const {
    Ranking ranking = rank_originators(window, ranking_);
    QuerierDirectory directory(window);
    NamesToCome names_to_come = sources_.fill(directory, window, ranking, wait);
    FeatureMatrix features = compute_features(window, directory, ranking);
    return {std::move(window), std::move(ranking), std::move(directory), std::move(names_to_come), std::move(features)};
}

bool Analysis::revise(AnalysedWindow& analysed, const NameWait& wait) const {
    if (sources_.fill_late_names(analysed.directory, analysed.names_to_come, wait) == 0) {
        return false;
    }
    analysed.features = compute_features(analysed.window, analysed.directory, analysed.ranking);
    ++analysed.window.header.revision;
    return true;
}

}  // namespace echotap
