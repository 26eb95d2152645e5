// SPDX-License-Identifier: Apache-2.0
// The features of originators: a closed window, its ranking and the directory of its queriers go in; a row of numbers
// per originator comes out. What each number is: feature_table.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "analytics/features/feature_table.hpp"
#include "analytics/features/querier_directory.hpp"
#include "analytics/features/ranking.hpp"
#include "analytics/features/sample_estimates.hpp"

namespace echotap {

struct FeatureRow {
    Prefix originator{IpAddress{}, 0};  // an address, or an IPv6 /64 or /48
    Estimate footprint;
    std::uint64_t queries = 0;
    Timestamp first;
    Timestamp last;
    double names_known = 0;  // share of its queriers
    bool is_sampled = false;

    /// What its class is worth: below 80 % of the names known, it may change when more come.
    bool is_provisional() const { return names_known < 0.8; }
};

/// The intervals of a row whose queriers are a sample, by Feature.
struct FeatureIntervals {
    std::size_t row = 0;
    std::array<Estimate, feature_count> estimates{};
};

struct FeatureMatrix {
    std::vector<FeatureRow> rows;             // as ranked
    std::vector<double> values;               // row by row, by Feature; NaN where a feature is not known
    std::vector<FeatureIntervals> intervals;  // by row, of sampled rows only: all others are exact
    std::size_t eligible = 0;                 // originators with enough queriers, also those beyond the top
    std::uint64_t querier_total = 0;          // of the window
    std::size_t as_total = 0;                 // what normalises unique_ases; 0: no AS is known
    std::size_t country_total = 0;            // what normalises unique_countries; 0: no country is known

    double at(std::size_t row, Feature feature) const {
        return values[row * feature_count + static_cast<std::size_t>(feature)];
    }
};

/// Runs in parallel; the result is the same, bit by bit, for any number of threads. `directory` and `ranking` must be
/// this window's.
///
/// A feature is NaN where what it is made of is not known: shares of names where no name is, ASes and countries where
/// none is, gap_variation with fewer than three periods, daily_strength in windows shorter than a day.
FeatureMatrix compute_features(const ClosedWindow& window, const QuerierDirectory& directory, const Ranking& ranking);

}  // namespace echotap
