// SPDX-License-Identifier: Apache-2.0
// The status of a tap for people (`echotap ctl status`) and for DPDK's telemetry.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tools/tap/tap_status.hpp"

namespace echotap {

/// Some twenty lines of at most 80 columns: is it well, what comes in, what is lost, what has become of windows.
std::string status_text(const TapStatus& status);

/// The window that was looked at last on the first line; then, separated by tabs, its largest originators: address,
/// footprint, queries, answer, probability, and whether that is provisional.
std::string top_text(const TapStatus& status);

/// Names and numbers, in order: the ledger by `in_STAGE`, `out_STAGE` and reasons to drop that have happened.
std::vector<std::pair<std::string, std::uint64_t>> ledger_numbers(const TapStatus& status);
/// The same of each worker.
std::vector<std::pair<std::string, std::uint64_t>> worker_numbers(const TapStatus& status);
/// The same of windows, memory and store.
std::vector<std::pair<std::string, std::uint64_t>> window_numbers(const TapStatus& status);

}  // namespace echotap
