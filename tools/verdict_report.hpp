// SPDX-License-Identifier: Apache-2.0
// Verdicts as text: for people (a table of 80 columns), and for programs (CSV or a line of JSON per originator).
#pragma once

#include <string>
#include <vector>

#include "analytics/models/explanation.hpp"
#include "tools/learning_options.hpp"

namespace echotap {

/// "ns .42 (+1.31), mail .01 (+.80)": the strongest `count` reasons, with what each adds to the log odds over the next
/// class.
std::string reasons_text(const std::vector<Reason>& reasons, std::size_t count);

/// The same as an array of objects.
std::string reasons_json(const std::vector<Reason>& reasons, std::size_t count);

/// Heading and rows, in the order of `described`. `reasons` is empty, or has as many rows; `count` of them are printed.
/// The model's notice stands above (table, CSV as a remark) or in every row (JSON).
std::string verdict_report(const Model& model, const DescribedRows& described, const Verdicts& verdicts,
                           const std::vector<std::vector<Reason>>& reasons, std::size_t count, RowsFormat format);

}  // namespace echotap
