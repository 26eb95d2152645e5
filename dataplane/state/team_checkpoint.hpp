// SPDX-License-Identifier: Apache-2.0
// The checkpoint of a team of workers: a team goes in, a file comes out; what fits a run is read again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dataplane/state/checkpoint.hpp"
#include "dataplane/state/window_team.hpp"

namespace echotap {

/// Writes all that the team knows to `path`, whole or not at all, between two bursts. Memory beside the team's own:
/// what is put together of one window, and its octets. REQUIRES: as WindowTeam::books(). Throws std::system_error where
/// the file cannot be written; there is the old one then.
void write_checkpoint(WindowTeam& team, const RunSettings& settings, const std::vector<SourceDigest>& sources,
                      const std::string& path);

/// The checkpoint at `path`, nothing where there is no file. Throws CheckpointError where it is damaged, or was made
/// with other settings or of other sources than these; std::system_error where it cannot be read.
std::optional<Checkpoint> find_checkpoint(const std::string& path, const RunSettings& settings,
                                          const std::vector<SourceDigest>& sources);

}  // namespace echotap
