// SPDX-License-Identifier: Apache-2.0
// What windows say of the captures that they were made of: which ones, and what is missing.
#pragma once

#include <vector>

#include "dataplane/capture/capture_paths.hpp"
#include "dataplane/state/window_header.hpp"

namespace echotap {

/// Which captures, for windows that are kept: so that none is counted twice. Ascending, distinct. Standard input and
/// FIFOs cannot be read twice; they have no digest. Reads all of every file; throws std::runtime_error where it cannot.
std::vector<SourceDigest> capture_digests(const std::vector<CapturePath>& captures);

/// Writes into the header what captures can say; `is_cut`: one of them ends in the middle of a record.
void note_captures(WindowHeader& header, const std::vector<SourceDigest>& sources, bool is_cut);

}  // namespace echotap
