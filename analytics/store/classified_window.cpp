// SPDX-License-Identifier: Apache-2.0
#include "analytics/store/classified_window.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace echotap {

ClassifiedWindow classify_window(const AnalysedWindow& analysed, const Model& model,
                                 const ClassificationSettings& settings) {
    const DescribedRows described = described_rows(analysed.features, "");
    ClassifiedWindow classified{classify(model, described, settings.unknown_share), {}, {}};
    if (const std::size_t explained = std::min(settings.explained, described.rows.size());
        explained != 0 && can_explain(model.method)) {
        std::vector<std::uint32_t> first(explained);
        std::iota(first.begin(), first.end(), 0U);
        DescribedRows largest;
        largest.rows.assign(described.rows.begin(), described.rows.begin() + static_cast<std::ptrdiff_t>(explained));
        largest.samples = pick_rows(described.samples, first);
        classified.reasons = explain(model, largest, std::span(classified.verdicts.rows).first(explained));
    }
    classified.mixes = querier_mixes(analysed, settings.mix_size);
    return classified;
}

double countries_of(const FeatureMatrix& features, std::size_t row) {
    return std::round(1 / features.at(row, Feature::queriers_per_country));
}

double networks_of(const FeatureMatrix& features, std::size_t row) {
    return std::round(1 / features.at(row, Feature::queriers_per_as));
}

}  // namespace echotap
