// SPDX-License-Identifier: Apache-2.0
// A table of numbers as learners take it: a row per originator, a column per feature. Single precision, because that is
// what the libraries compute with. NaN stands for what is not known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "analytics/features/feature_table.hpp"

namespace echotap {

struct Samples {
    std::size_t columns = 0;
    std::vector<float> values;  // row by row

    std::size_t rows() const { return columns == 0 ? 0 : values.size() / columns; }
    std::span<const float> row(std::size_t row) const { return std::span(values).subspan(row * columns, columns); }
    std::span<float> row(std::size_t row) { return std::span(values).subspan(row * columns, columns); }
};

/// These rows, in this order.
Samples pick_rows(const Samples& samples, std::span<const std::uint32_t> rows);

/// These features of a table that has all of them, in this order.
Samples pick_features(const Samples& all, std::span<const Feature> features);

/// Puts columns on one scale: (value - mean) / deviation of those it was made from.
class Scaling {
public:
    Scaling() = default;
    explicit Scaling(const Samples& samples);
    Scaling(std::vector<float> means, std::vector<float> deviations);

    /// What is not known becomes 0, the mean; so does a column that never varied.
    Samples apply(const Samples& samples) const;

    std::span<const float> means() const { return means_; }
    std::span<const float> deviations() const { return deviations_; }

private:
    std::vector<float> means_;
    std::vector<float> deviations_;  // 0: the column never varied
};

/// The same samples where distances mean something. Shares that sum to 1 become their centred logarithms (Aitchison:
/// The Statistical Analysis of Compositional Data, 1986; requirements 2.7): log share - mean log share, with half a
/// querier for none. Counts and shares of networks and countries become their logarithms; the
/// rest stays. `features` names the columns; rows need not have
/// all of them. Footprints (queriers of each row) say what half a querier is.
Samples log_ratios(const Samples& samples, std::span<const Feature> features, std::span<const double> footprints);

}  // namespace echotap
