// SPDX-License-Identifier: Apache-2.0
// Results of an evaluation go in; CSV and JSON for programs come out.
#pragma once

#include <string>

#include "analytics/evaluation/score_tables.hpp"

namespace echotap {

/// protocol,contestant,split,measure,class,value,deviation: `all` for means over splits, a split's name or number for
/// each of them.
std::string evaluation_csv(const Evaluation& evaluation);

/// protocol,contestant,truth,answer,count: summed over splits.
std::string confusion_csv(const Evaluation& evaluation);

/// One object with settings, means and deviations.
std::string evaluation_json(const Evaluation& evaluation);

}  // namespace echotap
