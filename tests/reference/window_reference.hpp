// SPDX-License-Identifier: Apache-2.0
// Closed windows straight from the definitions: a repeat filter without bounds, a grid, maps and sets.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <tuple>
#include <utility>

#include "dataplane/state/closed_window.hpp"
#include "tests/reference/repeat_filter_reference.hpp"
#include "tests/reference/window_part_reference.hpp"

namespace echotap {

/// What a closed window says, in the reference's form.
inline WindowPartReference reference_of(const ClosedWindow& window) {
    WindowPartReference read;
    const auto take = [&](const OriginatorColumns& rows, bool is_prefix) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const OriginatorRow row = rows[i];
            const OriginatorKind kind = is_prefix             ? OriginatorKind::prefix
                                        : row.address.is_v4() ? OriginatorKind::v4
                                                              : OriginatorKind::v6;
            OriginatorReference& originator = read.originators[{kind, row.address}];
            originator.queries = row.queries;
            originator.first = row.first;
            originator.last = row.last;
            originator.periods.insert(row.periods.begin(), row.periods.end());
            for (const std::uint32_t querier : row.queriers_v4) {
                originator.queriers.insert(v4_address(querier));
            }
            for (const std::uint32_t querier : row.queriers_v6) {
                originator.queriers.insert(window.queriers.v6[querier]);
            }
        }
    };
    take(window.originators, false);
    take(window.prefixes, true);
    for (std::size_t i = 0; i < window.queriers.v4.size(); ++i) {
        const AskedCounts& counts = window.queriers.v4_counts[i];
        read.queriers[v4_address(window.queriers.v4[i])] = {counts.full, counts.minimised};
    }
    for (std::size_t i = 0; i < window.queriers.v6.size(); ++i) {
        const AskedCounts& counts = window.queriers.v6_counts[i];
        if (!counts.none()) {
            read.queriers[window.queriers.v6[i]] = {counts.full, counts.minimised};
        }
    }
    return read;
}

struct WindowRules {
    std::chrono::seconds length{0};  // 0: one whole window
    Timestamp anchor;
    std::chrono::microseconds repeat_interval = std::chrono::seconds(30);
};

/// Every window by its start in the grid (the anchor for a whole one) and view, of queries in the order of their
/// arrival, none of them late.
inline std::map<std::pair<Timestamp, std::uint16_t>, WindowPartReference> reference_windows(
    std::span<const StateQuery> queries, const WindowRules& rules) {
    using FullQuestion = std::tuple<IpAddress, IpAddress, OriginatorKind, std::uint16_t>;
    RepeatFilterReference<FullQuestion> filter(rules.repeat_interval);
    std::map<std::pair<Timestamp, std::uint16_t>, WindowPartReference> windows;
    for (const StateQuery& query : queries) {
        if (!filter.counts({query.querier, query.originator, query.kind, query.view}, query.time)) {
            continue;
        }
        Timestamp start = rules.anchor;
        if (rules.length.count() != 0) {
            const std::int64_t length = std::chrono::nanoseconds(rules.length).count();
            const std::int64_t since = (query.time - rules.anchor).count();
            start += std::chrono::nanoseconds((since / length - (since % length < 0 ? 1 : 0)) * length);
        }
        windows[{start, query.view}].add(query);
    }
    return windows;
}

}  // namespace echotap
