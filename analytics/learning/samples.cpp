// SPDX-License-Identifier: Apache-2.0
#include "analytics/learning/samples.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace echotap {

namespace {

/// The centred logarithms of the shares at `columns`; all of them unknown where one is.
void centre(std::span<float> row, std::span<const std::size_t> columns, float none) {
    double sum = 0;
    for (const std::size_t column : columns) {
        row[column] = std::log(std::max(row[column], none));
        sum += static_cast<double>(row[column]);
    }
    const auto mean = static_cast<float>(sum / static_cast<double>(columns.size()));
    for (const std::size_t column : columns) {
        row[column] -= mean;
    }
}

/// Which of them are spread over magnitudes; the others are near enough to normal as they are.
bool is_logarithmic(Feature feature) {
    switch (feature) {
        case Feature::queries_per_querier:
        case Feature::query_persistence:
        case Feature::unique_ases:
        case Feature::unique_countries:
        case Feature::queriers_per_country:
        case Feature::queriers_per_as:
            return true;
        default:
            return false;
    }
}

}  // namespace

Samples pick_rows(const Samples& samples, std::span<const std::uint32_t> rows) {
    Samples picked{samples.columns, {}};
    picked.values.reserve(rows.size() * samples.columns);
    for (const std::uint32_t row : rows) {
        const auto from = samples.row(row);
        picked.values.insert(picked.values.end(), from.begin(), from.end());
    }
    return picked;
}

Samples pick_features(const Samples& all, std::span<const Feature> features) {
    Samples picked{features.size(), {}};
    picked.values.reserve(all.rows() * features.size());
    for (std::size_t row = 0; row < all.rows(); ++row) {
        for (const Feature feature : features) {
            picked.values.push_back(all.row(row)[static_cast<std::size_t>(feature)]);
        }
    }
    return picked;
}

Scaling::Scaling(const Samples& samples) : means_(samples.columns), deviations_(samples.columns) {
    for (std::size_t column = 0; column < samples.columns; ++column) {
        double sum = 0;
        double squares = 0;
        double known = 0;
        for (std::size_t row = 0; row < samples.rows(); ++row) {
            const auto value = static_cast<double>(samples.row(row)[column]);
            if (std::isfinite(value)) {
                sum += value;
                squares += value * value;
                known += 1;
            }
        }
        if (known > 0) {
            const double mean = sum / known;
            const double variance = std::max(0.0, squares / known - mean * mean);
            means_[column] = static_cast<float>(mean);
            // Below this the sums of squares have no digits left.
            deviations_[column] = variance > 1e-12 * (1 + mean * mean) ? static_cast<float>(std::sqrt(variance)) : 0.0F;
        }
    }
}

Scaling::Scaling(std::vector<float> means, std::vector<float> deviations)
    : means_(std::move(means)), deviations_(std::move(deviations)) {
}

Samples Scaling::apply(const Samples& samples) const {
    Samples scaled = samples;
    for (std::size_t row = 0; row < scaled.rows(); ++row) {
        const auto values = scaled.row(row);
        for (std::size_t column = 0; column < scaled.columns; ++column) {
            const bool means_something = std::isfinite(values[column]) && deviations_[column] > 0;
            values[column] = means_something ? (values[column] - means_[column]) / deviations_[column] : 0.0F;
        }
    }
    return scaled;
}

Samples log_ratios(const Samples& samples, std::span<const Feature> features, std::span<const double> footprints) {
    std::vector<std::size_t> names;
    for (std::size_t column = 0; column < features.size(); ++column) {
        if (feature_table[static_cast<std::size_t>(features[column])].group == FeatureGroup::name) {
            names.push_back(column);
        }
    }
    Samples logs = samples;
    for (std::size_t row = 0; row < logs.rows(); ++row) {
        const auto values = logs.row(row);
        if (!names.empty()) {
            centre(values, names, static_cast<float>(0.5 / std::max(1.0, footprints[row])));
        }
        for (std::size_t column = 0; column < features.size(); ++column) {
            if (is_logarithmic(features[column])) {
                values[column] = std::log(std::max(values[column], 1e-6F));
            }
        }
    }
    return logs;
}

}  // namespace echotap
