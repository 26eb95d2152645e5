// SPDX-License-Identifier: Apache-2.0
// Contestants answer the questions of splits: a learning set, splits and contestants go in, outcomes come out. Splits
// run side by side; the result is the same for any number of threads.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "analytics/evaluation/recall_intervals.hpp"
#include "analytics/learning/classifier.hpp"
#include "analytics/learning/scores.hpp"
#include "analytics/learning/splits.hpp"
#include "analytics/models/model.hpp"

namespace echotap {

/// Gives rows probabilities, after it learnt from others. Called from many threads, each with splits of its own.
/// Arguments: the whole set, which rows are learnt from and asked, a seed. Returns probabilities of the rows asked, and
/// may leave what its features did for them (summing to 1, or nothing) behind.
using Contest = std::function<std::vector<float>(const LearningSet& set, const Split& split, std::uint64_t seed,
                                                 std::vector<double>& importance)>;

struct Contestant {
    std::string name;
    Contest contest;
};

/// A method as the product uses it: runs that vote, and probabilities calibrated on what is left out of the rows learnt
/// from (by group if `by_group`, else by row).
Contestant method_contestant(Method method, FeatureChoice features, bool by_group, unsigned runs = 0);

/// Of one contestant over all splits.
struct Outcome {
    std::string contestant;
    std::vector<Scores> by_split;
    Scores mean;
    Scores deviation;                              // over splits (n - 1)
    std::vector<std::uint64_t> confusion;          // truth by answer, summed over splits
    std::vector<std::vector<TestedRow>> tested;    // by split
    std::vector<RecallInterval> recall_intervals;  // by class
    std::vector<double> importance;                // by column of the feature table, mean over splits; empty: none
    double pooled_calibration_error = 0;           // of all answers together: no noise of small splits in it
};

/// Shares of the answers, the most confident first, of which is told how many are right.
inline constexpr std::array coverages{1.0, 0.8, 0.6, 0.5, 0.4, 0.2};

/// By coverage, all splits together.
std::vector<double> coverage_precisions(const Outcome& outcome);

/// `seed` plus a split's number is what a contestant gets; intervals are drawn from `seed`. Throws what contestants
/// throw.
Outcome run_trials(const LearningSet& set, std::span<const Split> splits, const Contestant& contestant,
                   std::uint64_t seed);

/// How much more accurate `one` is than `other` on the same splits, and the half width of its 95 % interval. Repeated
/// splits overlap, so the variance is that of Nadeau and Bengio ("Inference for the Generalization Error", 2003).
struct Difference {
    double mean = 0;
    double half_width = 0;
};
Difference accuracy_difference(const Outcome& one, const Outcome& other, std::span<const Split> splits);
Difference f1_difference(const Outcome& one, const Outcome& other, std::span<const Split> splits);

}  // namespace echotap
