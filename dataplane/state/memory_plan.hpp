// SPDX-License-Identifier: Apache-2.0
// How `memory_budget` is shared out: the configuration goes in, octets for the filter and for windows come out.
#pragma once

#include <cstddef>

#include "config/line_config.hpp"
#include "config/window_config.hpp"

namespace echotap {

struct MemoryPlan {
    std::size_t filter_octets = 0;  // per partition
    std::size_t pool_octets = 0;    // for open windows; closing ones and snapshots need as much again

    /// `other_octets`: what else must fit into the budget, such as the rings between live workers. Throws
    /// std::runtime_error where the budget is too small for `workers`.
    static MemoryPlan of(const WindowConfig& windows, const LineConfig& line, unsigned workers,
                         std::size_t other_octets = 0);
};

}  // namespace echotap
