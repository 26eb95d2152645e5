// SPDX-License-Identifier: Apache-2.0
// A search in a process of its own: traffic and plan go in, what was found comes back over a pipe.
#pragma once

#include <functional>

#include "tools/line_rate/rate_run.hpp"

namespace echotap {

/// find_rate() in a child of this process, which must not have started DPDK or a thread. `on_trial` is called on the
/// calling thread. Throws std::runtime_error with what the child threw, or how it ended.
RateFound find_rate_apart(const Traffic& traffic, const RatePlan& plan,
                          const std::function<void(const Trial&)>& on_trial);

}  // namespace echotap
