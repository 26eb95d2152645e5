// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/memory_plan.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "dataplane/state/state_query.hpp"
#include "dataplane/tcp_streams.hpp"

namespace echotap {
namespace {

TEST(MemoryPlan, leaves_room_for_the_streams_of_every_worker) {
    const LineConfig line;
    const std::size_t of_line =
        line.fragments.octets_max + line.tcp.octets_max + line.tcp.streams_max * sizeof(TcpStream);
    for (unsigned workers = 1; workers <= 8; ++workers) {
        WindowConfig windows;
        windows.memory_budget = std::size_t{2} << 30U;
        const MemoryPlan plan = MemoryPlan::of(windows, line, workers);
        const std::size_t state = plan.filter_octets * partition_count + 2 * plan.pool_octets;
        EXPECT_LE(state + workers * of_line, windows.memory_budget) << workers << " workers";
        EXPECT_GT(state + workers * of_line, windows.memory_budget / 10 * 8) << "and wastes little";
    }
}

TEST(MemoryPlan, says_what_would_do_where_the_budget_does_not) {
    WindowConfig windows;
    windows.memory_budget = std::size_t{256} << 20U;
    EXPECT_NO_THROW(MemoryPlan::of(windows, LineConfig{}, 1));
    EXPECT_THROW(MemoryPlan::of(windows, LineConfig{}, 2), std::runtime_error);
}

}  // namespace
}  // namespace echotap
