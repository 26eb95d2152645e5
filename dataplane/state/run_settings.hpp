// SPDX-License-Identifier: Apache-2.0
// What the windows of a run depend on: its configuration goes in, names and values for people come out.
//
// A checkpoint holds them, so that a run that is told otherwise is refused with the name of what differs. The sample
// key is secret and stands there as its fingerprint. The number of workers changes nothing, and of the memory budget
// only the size of the repeat filter matters, which stands in the checkpoint itself: both are left out.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/line_config.hpp"
#include "config/window_config.hpp"

namespace echotap {

/// (name, value), in one order for all runs.
using RunSettings = std::vector<std::pair<std::string, std::string>>;

RunSettings settings_of(const LineConfig& line, const WindowConfig& windows);

/// `lengths: 1d before, 7d now` for everything that differs; empty where nothing does.
std::string differences(const RunSettings& before, const RunSettings& now);

}  // namespace echotap
