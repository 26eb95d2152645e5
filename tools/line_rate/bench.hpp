// SPDX-License-Identifier: Apache-2.0
// `echotap bench`: how many frames a second this machine takes without loss.
#pragma once

#include "tools/line_rate/bench_options.hpp"

namespace echotap {

/// A search for each traffic, queue count and work; prints the rows. Returns the exit code. Throws std::runtime_error
/// where there is no result that can be believed.
int run_bench(const BenchOptions& options);

}  // namespace echotap
