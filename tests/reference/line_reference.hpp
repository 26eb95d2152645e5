// SPDX-License-Identifier: Apache-2.0
// The line without skimming: every frame becomes a packet, a message and a selection. Slower, and the same.
#pragma once

#include <tuple>
#include <vector>

#include "dataplane/line.hpp"

namespace echotap::reference {

/// What a line found, for comparison.
struct Found {
    std::vector<std::tuple<Timestamp, IpAddress, IpAddress, IpAddress, Transport, std::uint16_t>> reverse;
    std::vector<std::tuple<Timestamp, Prefix, IpAddress, IpAddress, std::uint16_t>> minimised;

    void operator()(const ReverseQuery& query) {
        reverse.emplace_back(query.time, query.originator, query.querier, query.authority, query.transport, query.view);
    }
    void operator()(const MinimisedQuery& query) {
        minimised.emplace_back(query.time, query.prefix, query.querier, query.authority, query.view);
    }
    friend bool operator==(const Found&, const Found&) = default;
};

/// Runs `frames` through parsing and selecting, one after the other.
inline Ledger run_line(const LineConfig& config, Burst frames, Found& found) {
    Ledger ledger;
    MessageParser parser(config, ledger);
    const ReverseSelector selector(config);
    const auto select = [&](const Message& message) { selector.select(message, ledger, found); };
    std::chrono::sys_seconds second{};
    for (const Frame& frame : frames) {
        if (const auto now = std::chrono::floor<std::chrono::seconds>(frame.clock); now != second) {
            second = now;
            parser.begin_second(frame, select);
        }
        parser.take(frame, select);
    }
    parser.finish(frames.empty() ? Timestamp{} : frames.back().clock, select);
    return ledger;
}

/// Whether two ledgers hold the same numbers everywhere.
inline bool same_books(const Ledger& one, const Ledger& other) {
    return one.in == other.in && one.out == other.out && one.drops == other.drops && one.minimised == other.minimised;
}

}  // namespace echotap::reference
