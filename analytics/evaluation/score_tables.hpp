// SPDX-License-Identifier: Apache-2.0
// Results of an evaluation as text: tables for a terminal of 80 columns, CSV and JSON for programs.
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

/// protocol,contestant,split,measure,class,value,deviation: `all` for means over splits, a split's name or number for
/// each of them.
std::string evaluation_csv(const Evaluation& evaluation);

/// protocol,contestant,truth,answer,count: summed over splits.
std::string confusion_csv(const Evaluation& evaluation);

/// One object with settings, means and deviations.
std::string evaluation_json(const Evaluation& evaluation);

}  // namespace echotap
