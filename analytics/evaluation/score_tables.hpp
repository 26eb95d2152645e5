// SPDX-License-Identifier: Apache-2.0
// An evaluation: a learning set and settings go in, results come out, and as tables for a terminal of 80 columns.
#pragma once

#include <string>
#include <vector>

#include "analytics/evaluation/open_set.hpp"
#include "analytics/evaluation/protocols.hpp"

namespace echotap {

/// All that one run of an evaluation found.
struct Evaluation {
    std::string learning_digest;       // hexadecimal
    std::vector<std::string> remarks;  // what the labels' files say of where they come from
    std::size_t rows = 0;
    std::uint32_t groups = 0;
    EvaluationSettings settings;
    std::vector<Comparison> comparisons;
    std::vector<OpenSetRow> open_set;
    /// P8: strata of the first comparison, by method.
    std::vector<std::pair<std::string, std::vector<Stratum>>> strata;
};

/// Runs what the settings ask for. P0 and P2 go together: whoever asks for one gets both.
Evaluation evaluate(const LearningSet& set, const EvaluationSettings& settings);

/// For people.
std::string evaluation_tables(const Evaluation& evaluation);

}  // namespace echotap
