// SPDX-License-Identifier: Apache-2.0
// Where in time the sources of windows lie: the headers of two windows go in; what they have in common, and where each
// source is in the window of both, comes out.
//
// Windows of one grid that lie beside each other share no query, even where one capture is the source of both: the days
// of a capture go together. A window of several days says which of its sources lie where (WindowHeader::absences), so
// that a day between two of them can still come. Windows that are no part of a grid are told by their sources alone.
#pragma once

#include <span>
#include <vector>

#include "dataplane/state/window_header.hpp"

namespace echotap {

/// Those of one source. They live in the header.
std::span<const SourceAbsence> absences_of(const WindowHeader& header, const SourceDigest& source);

/// Sources of which some stretch is in both windows: it would be counted twice. Ascending.
std::vector<SourceDigest> common_sources(const WindowHeader& one, const WindowHeader& other);

/// Whether all stretches of all sources of `other` are in `kept`.
bool holds_sources(const WindowHeader& kept, const WindowHeader& other);

/// Of the window of both, `united`, whose sources, start and end are there already. Empty where the windows are of no
/// grid.
std::vector<SourceAbsence> united_absences(const WindowHeader& one, const WindowHeader& other,
                                           const WindowHeader& united);

}  // namespace echotap
