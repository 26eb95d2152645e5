// SPDX-License-Identifier: Apache-2.0
// What the originators of a window do, as text: for people (a table of 80 columns), and for programs (CSV or a line of
// JSON per originator).
#pragma once

#include <cstddef>
#include <string>

#include "analytics/formats/pseudonyms.hpp"
#include "analytics/store/classified_window.hpp"
#include "tools/learning_options.hpp"

namespace echotap {

struct ReadReportSettings {
    RowsFormat format = RowsFormat::table;
    std::size_t shown = 20;   // originators, the largest first
    std::size_t reasons = 2;  // of each verdict that is explained
    bool has_who = false;  // in the table: a line of countries, networks and names for each (programs always have it)
    const Pseudonyms& pseudonyms;  // under which originators are printed
};

/// What stands above all windows: the model's notice, and the names of the columns for CSV; else nothing.
std::string read_heading(const Model& model, RowsFormat format);

/// A window. What is missing, sampled or provisional is said.
std::string read_report(const AnalysedWindow& analysed, const ClassifiedWindow& classified, const Model& model,
                        const ReadReportSettings& settings);

}  // namespace echotap
