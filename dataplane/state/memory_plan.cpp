// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/memory_plan.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "dataplane/state/block_pool.hpp"
#include "dataplane/state/state_query.hpp"

namespace echotap {

namespace {

/// What a line's own tables and a process without any state take.
constexpr std::size_t fixed_octets = std::size_t{32} << 20U;

}  // namespace

MemoryPlan MemoryPlan::of(const WindowConfig& windows, const LineConfig& line, unsigned workers,
                          std::size_t other_octets) {
    const std::size_t reassembly = workers * (line.fragments.octets_max + line.tcp.octets_max);
    const std::size_t taken = fixed_octets + reassembly + other_octets;
    // Every worker has some blocks in every window that is open, of which there may be two of each length.
    const std::size_t pool_min = workers * windows.lengths.size() * 2 * 4 * BlockPool::block_octets;
    const std::size_t needed = taken + taken / 8 + 2 * pool_min;
    if (windows.memory_budget < needed) {
        throw std::runtime_error(
            fmt::format("memory budget: {} workers and {} window lengths need {} MiB; give a larger --budget or fewer "
                        "--workers",
                        workers, windows.lengths.size(), (needed >> 20U) + 1));
    }
    const std::size_t rest = windows.memory_budget - taken;
    MemoryPlan plan;
    plan.filter_octets = std::max<std::size_t>(std::bit_floor(rest / 16 / partition_count), 64);
    plan.pool_octets = (rest - plan.filter_octets * partition_count) / 2;
    return plan;
}

}  // namespace echotap
