// SPDX-License-Identifier: Apache-2.0
// What each originator of a window does: an analysed window and a model go in; verdicts, what they rest on, and who
// asked come out. What reports print and the store keeps.
#pragma once

#include <cstddef>
#include <vector>

#include "analytics/features/analysis.hpp"
#include "analytics/models/explanation.hpp"
#include "analytics/models/model.hpp"
#include "analytics/store/querier_mix.hpp"

namespace echotap {

struct ClassificationSettings {
    double unknown_share = unknown_share_default;
    /// Originators, the largest first, whose verdicts are explained: explaining takes far longer than deciding. Models
    /// of a method that cannot explain itself explain none.
    std::size_t explained = 0;
    std::size_t mix_size = 3;  // countries, networks and categories of each originator
};

/// By row of AnalysedWindow::features.
struct ClassifiedWindow {
    Verdicts verdicts;
    std::vector<std::vector<Reason>> reasons;  // of the first rows only
    std::vector<QuerierMix> mixes;
};

/// The same for the same window and model, on any number of threads.
ClassifiedWindow classify_window(const AnalysedWindow& analysed, const Model& model,
                                 const ClassificationSettings& settings = {});

/// Countries and networks that have a querier of the originator; of a sampled one, an estimate. NaN: not known.
double countries_of(const FeatureMatrix& features, std::size_t row);
double networks_of(const FeatureMatrix& features, std::size_t row);

}  // namespace echotap
