// SPDX-License-Identifier: Apache-2.0
// How sure a class's recall is: answers by split go in, an interval by class comes out.
//
// Addresses of one operator are answered alike, so rows are no independent trials and an interval from their number
// would be far too narrow. What is drawn again and again is operators, each with all of its rows (the cluster
// bootstrap: Field and Welsh, "Bootstrapping clustered data", 2007), as requirements 4 ask.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace echotap {

/// A row that was asked.
struct TestedRow {
    std::uint32_t row = 0;
    std::uint16_t answer = 0;
    float confidence = 0;
    bool is_right = false;
};

/// Of one class: 95 % of what the mean over splits would be with other operators of the same kind.
struct RecallInterval {
    double low = std::numeric_limits<double>::quiet_NaN();  // NaN with less than two groups: nothing can be known
    double high = std::numeric_limits<double>::quiet_NaN();
    std::uint32_t groups = 0;  // operators and networks (LearningSet::groups) that were asked about
};

inline constexpr unsigned bootstrap_draws = 1000;

/// Percentiles 2.5 and 97.5 (nearest rank) of `bootstrap_draws` draws. Where all answers of a class are right, or none,
/// every draw is the same and says nothing; there it is Wilson's interval with a trial per group.
/// `tested` by split, `classes` and `groups` by row of the learning set. The same seed draws the same groups, whoever
/// answered.
std::vector<RecallInterval> recall_intervals(std::span<const std::vector<TestedRow>> tested,
                                             std::span<const std::uint16_t> classes,
                                             std::span<const std::uint32_t> groups, std::size_t class_count,
                                             std::uint64_t seed);

}  // namespace echotap
