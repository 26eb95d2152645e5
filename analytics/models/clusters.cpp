// SPDX-License-Identifier: Apache-2.0
#include "analytics/models/clusters.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "analytics/learning/dice.hpp"
#include "analytics/models/model.hpp"

namespace echotap {

namespace {

constexpr int starts = 8;  // k-means finds a low place, not the lowest
constexpr int steps_max = 100;
constexpr std::size_t silhouette_rows_max = 2000;

double distance(std::span<const float> one, std::span<const float> other) {
    float sum = 0;
    for (std::size_t i = 0; i < one.size(); ++i) {
        sum += (one[i] - other[i]) * (one[i] - other[i]);
    }
    return static_cast<double>(sum);
}

Samples scaled_rows(const DescribedRows& described) {
    const Samples logs = log_ratios(described.samples, features_of(FeatureChoice::all), described.footprints());
    return Scaling(logs).apply(logs);
}

struct Found {
    std::vector<std::uint16_t> cluster_of;
    Samples middles;
    double within = std::numeric_limits<double>::infinity();
};

/// Middles far from each other: each next one by chance, the farther from those before the likelier.
Samples first_middles(const Samples& samples, std::size_t count, Dice& dice) {
    Samples middles{samples.columns, {}};
    std::vector<double> nearest(samples.rows(), std::numeric_limits<double>::infinity());
    std::size_t chosen = dice.below(samples.rows());
    for (;;) {
        const auto row = samples.row(chosen);
        middles.values.insert(middles.values.end(), row.begin(), row.end());
        if (middles.rows() == count) {
            return middles;
        }
        for (std::size_t i = 0; i < samples.rows(); ++i) {
            nearest[i] = std::min(nearest[i], distance(samples.row(i), row));
        }
        double left = dice.share() * std::accumulate(nearest.begin(), nearest.end(), 0.0);
        for (chosen = 0; chosen + 1 < samples.rows() && left >= nearest[chosen]; ++chosen) {
            left -= nearest[chosen];
        }
    }
}

/// Gives every row to its nearest middle; whether anything changed.
bool assign(const Samples& samples, Found& found) {
    bool has_changed = false;
    found.within = 0;
    for (std::size_t row = 0; row < samples.rows(); ++row) {
        std::uint16_t best = 0;
        double best_distance = std::numeric_limits<double>::infinity();
        for (std::size_t one = 0; one < found.middles.rows(); ++one) {
            const double apart = distance(samples.row(row), found.middles.row(one));
            if (apart < best_distance) {
                best_distance = apart;
                best = static_cast<std::uint16_t>(one);
            }
        }
        has_changed = has_changed || found.cluster_of[row] != best;
        found.cluster_of[row] = best;
        found.within += best_distance;
    }
    return has_changed;
}

void move_middles(const Samples& samples, Found& found) {
    std::vector<double> sums(found.middles.values.size());
    std::vector<double> counts(found.middles.rows());
    for (std::size_t row = 0; row < samples.rows(); ++row) {
        const std::size_t one = found.cluster_of[row];
        counts[one] += 1;
        for (std::size_t column = 0; column < samples.columns; ++column) {
            sums[one * samples.columns + column] += static_cast<double>(samples.row(row)[column]);
        }
    }
    for (std::size_t i = 0; i < sums.size(); ++i) {
        // A cluster that lost all its rows stays where it is.
        if (const double count = counts[i / samples.columns]; count > 0) {
            found.middles.values[i] = static_cast<float>(sums[i] / count);
        }
    }
}

Found best_of_starts(const Samples& samples, std::size_t count, std::uint64_t seed) {
    Found best;
    for (std::uint64_t start = 0; start < starts; ++start) {
        Dice dice(seed + start);
        Found found{std::vector<std::uint16_t>(samples.rows()), first_middles(samples, count, dice), 0};
        for (int step = 0; (assign(samples, found) || step == 0) && step < steps_max; ++step) {
            move_middles(samples, found);
        }
        if (found.within < best.within) {
            best = std::move(found);
        }
    }
    return best;
}

std::size_t elbow(std::span<const double> within) {
    std::size_t best = 0;
    double best_depth = -1;
    for (std::size_t i = 0; i < within.size(); ++i) {
        const double along = static_cast<double>(i) / static_cast<double>(within.size() - 1);
        const double line = within.front() + along * (within.back() - within.front());
        if (line - within[i] > best_depth) {
            best_depth = line - within[i];
            best = i;
        }
    }
    return best + 1;
}

double silhouette(const Samples& samples, std::span<const std::uint16_t> cluster_of, std::size_t count) {
    const std::size_t step = 1 + (samples.rows() - 1) / silhouette_rows_max;
    double sum = 0;
    double rows = 0;
    for (std::size_t row = 0; row < samples.rows(); row += step) {
        std::vector<double> sums(count);
        std::vector<double> counts(count);
        for (std::size_t other = 0; other < samples.rows(); other += step) {
            if (other != row) {
                sums[cluster_of[other]] += std::sqrt(distance(samples.row(row), samples.row(other)));
                counts[cluster_of[other]] += 1;
            }
        }
        const std::size_t own = cluster_of[row];
        double nearest = std::numeric_limits<double>::infinity();
        for (std::size_t one = 0; one < count; ++one) {
            if (one != own && counts[one] > 0) {
                nearest = std::min(nearest, sums[one] / counts[one]);
            }
        }
        rows += 1;
        if (counts[own] > 0 && std::isfinite(nearest)) {  // alone in its cluster: 0
            const double within = sums[own] / counts[own];
            sum += (nearest - within) / std::max({nearest, within, 1e-12});
        }
    }
    return sum / rows;
}

/// Numbers by size, the largest first; of equal ones, whose first row comes first.
void number_by_size(std::vector<std::uint16_t>& cluster_of, std::size_t count) {
    std::vector<std::size_t> sizes(count);
    std::vector<std::uint16_t> order;
    for (const std::uint16_t one : cluster_of) {
        if (sizes[one]++ == 0) {
            order.push_back(one);
        }
    }
    std::ranges::stable_sort(order, std::greater<>(), [&](std::uint16_t one) { return sizes[one]; });
    std::vector<std::uint16_t> number_of(count);
    for (std::size_t i = 0; i < order.size(); ++i) {
        number_of[order[i]] = static_cast<std::uint16_t>(i);
    }
    for (std::uint16_t& one : cluster_of) {
        one = number_of[one];
    }
}

}  // namespace

Clustering cluster(const DescribedRows& described, std::size_t cluster_count, std::uint64_t seed) {
    if (described.rows.size() < 3) {
        throw std::runtime_error("clusters need three originators or more");
    }
    const Samples samples = scaled_rows(described);
    Clustering clustering;
    if (cluster_count == 0) {
        for (std::size_t count = 1; count <= std::min(cluster_count_max, samples.rows()); ++count) {
            clustering.within.push_back(best_of_starts(samples, count, seed).within);
        }
        cluster_count = elbow(clustering.within);
    }
    Found found = best_of_starts(samples, std::min(cluster_count, samples.rows()), seed);
    if (clustering.within.empty()) {
        clustering.within.push_back(found.within);
    }
    clustering.cluster_of = std::move(found.cluster_of);
    number_by_size(clustering.cluster_of, cluster_count);
    clustering.silhouette = silhouette(samples, clustering.cluster_of, cluster_count);
    return clustering;
}

std::vector<ClusterProfile> profiles(const DescribedRows& described, const Clustering& clustering) {
    const Samples samples = scaled_rows(described);
    std::vector<ClusterProfile> found(1U + *std::ranges::max_element(clustering.cluster_of));
    for (std::uint32_t row = 0; row < clustering.cluster_of.size(); ++row) {
        found[clustering.cluster_of[row]].rows.push_back(row);
    }
    for (ClusterProfile& profile : found) {
        std::vector<float> middle(samples.columns);
        for (const std::uint32_t row : profile.rows) {
            std::ranges::transform(middle, samples.row(row), middle.begin(), std::plus<>());
        }
        for (std::size_t column = 0; column < samples.columns; ++column) {
            middle[column] /= static_cast<float>(profile.rows.size());
            profile.differences.emplace_back(static_cast<Feature>(column), static_cast<double>(middle[column]));
        }
        std::ranges::stable_sort(profile.rows, {},
                                 [&](std::uint32_t row) { return distance(samples.row(row), middle); });
        std::ranges::stable_sort(profile.differences, std::greater<>(),
                                 [](const auto& difference) { return std::abs(difference.second); });
    }
    return found;
}

}  // namespace echotap
