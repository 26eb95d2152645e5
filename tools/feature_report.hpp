// SPDX-License-Identifier: Apache-2.0
// The features of a window as text: for people (a table of 80 columns), and for programs (CSV or a line of JSON per
// originator, all features in the order of the feature table).
#pragma once

#include <string>

#include "analytics/features/features.hpp"
#include "analytics/formats/pseudonyms.hpp"
#include "dataplane/state/window_header.hpp"
#include "tools/command_line.hpp"

namespace echotap {

/// What stands above all rows of all windows: the names of the columns for CSV (RFC 4180), else nothing.
std::string feature_heading(RowsFormat format);

/// A row per originator, as ranked. Numbers in CSV and JSON are the shortest that read back as the same; what is not
/// known is empty or null. JSON has the intervals of rows whose queriers are a sample; so that columns stay as they
/// are, CSV only says which ones are sampled.
std::string feature_report(const WindowHeader& header, const FeatureMatrix& matrix, RowsFormat format,
                           const Pseudonyms& pseudonyms);

}  // namespace echotap
