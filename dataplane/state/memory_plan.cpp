// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/memory_plan.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "dataplane/state/block_pool.hpp"
#include "dataplane/state/state_query.hpp"
#include "dataplane/tcp_streams.hpp"

namespace echotap {

namespace {

/// What a process without any line or state takes.
constexpr std::size_t process_octets = std::size_t{16} << 20U;

/// What a stream takes besides the octets that it holds: itself as the node of a list, and two places of an index that
/// is half full at least. Of 65,536 streams these are some 30 MiB.
constexpr std::size_t stream_octets = sizeof(TcpStream) + 4 * sizeof(void*) + 2 * (sizeof(StreamKey) + 16);

/// What a line's other tables take.
constexpr std::size_t tables_octets = std::size_t{2} << 20U;

}  // namespace

MemoryPlan MemoryPlan::of(const WindowConfig& windows, const LineConfig& line, unsigned workers,
                          std::size_t other_octets) {
    const std::size_t reassembly = line.fragments.octets_max + line.tcp.octets_max;
    const std::size_t of_line = tables_octets + line.tcp.streams_max * stream_octets + reassembly;
    const std::size_t taken = process_octets + workers * of_line + other_octets;
    // Every worker has some blocks in every window that is open, of which there may be two of each length.
    const std::size_t pool_min = workers * windows.lengths.size() * 2 * 4 * BlockPool::block_octets;
    // Of what is left a sixteenth at most is the filter's, and half of the rest the pool's.
    const std::size_t needed = taken + 2 * pool_min / 15 * 16;
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
