// SPDX-License-Identifier: Apache-2.0
// What originators have in common that no class fits: described rows go in, clusters with profiles come out.
//
// k-means (Lloyd 1982, begun as k-means++, Arthur and Vassilvitskii 2007) on scaled log-ratio features; the number of
// clusters is the elbow of the distances within them (Satopaa et al.: "Finding a Kneedle in a Haystack", 2011): the one
// farthest below the straight line from the first number to the last.
#pragma once

#include <cstdint>
#include <vector>

#include "analytics/learning/learning_set.hpp"

namespace echotap {

inline constexpr std::size_t cluster_count_max = 9;

struct Clustering {
    std::vector<std::uint16_t> cluster_of;  // by row; the largest cluster is 0
    std::vector<double> within;             // sum of squared distances for 1, 2, ... clusters that were tried
    double silhouette = 0;                  // mean over rows, -1 to 1 (Rousseeuw 1987); 0 with one cluster
};

struct ClusterProfile {
    std::vector<std::uint32_t> rows;  // those nearest to its middle first
    /// All features, those first by which it differs most from the mean of all rows, in their deviations.
    std::vector<std::pair<Feature, double>> differences;
};

/// `cluster_count` 0: by the elbow. Deterministic from the seed. Throws std::runtime_error with fewer than three rows.
/// Silhouettes are of at most 2,000 rows, evenly taken, since they cost the square.
Clustering cluster(const DescribedRows& described, std::size_t cluster_count, std::uint64_t seed);

std::vector<ClusterProfile> profiles(const DescribedRows& described, const Clustering& clustering);

}  // namespace echotap
