// SPDX-License-Identifier: Apache-2.0
// Queries that a line has found and that wait to be handed on: a sink that keeps, and gives in a given order.
#pragma once

#include <algorithm>
#include <tuple>
#include <vector>

#include "dataplane/reverse_query.hpp"

namespace echotap {

/// Not thread-safe.
struct FoundQueries {
    std::vector<ReverseQuery> reverse;
    std::vector<MinimisedQuery> minimised;

    void operator()(const ReverseQuery& query) { reverse.push_back(query); }
    void operator()(const MinimisedQuery& query) { minimised.push_back(query); }

    bool empty() const { return reverse.empty() && minimised.empty(); }

    /// Takes what `other` holds, behind what is here.
    void take(FoundQueries& other) {
        reverse.insert(reverse.end(), other.reverse.begin(), other.reverse.end());
        minimised.insert(minimised.end(), other.minimised.begin(), other.minimised.end());
        other.reverse.clear();
        other.minimised.clear();
    }

    /// In the order of the frames with which they came out.
    void sort_by_sequence() {
        const auto earlier = [](const auto& one, const auto& other) { return one.sequence < other.sequence; };
        std::stable_sort(reverse.begin(), reverse.end(), earlier);
        std::stable_sort(minimised.begin(), minimised.end(), earlier);
    }

    /// By time and then by what a row shows, so that queries which come out together do so in one order, whoever
    /// held them.
    void sort_by_time() {
        std::stable_sort(reverse.begin(), reverse.end(), [](const ReverseQuery& one, const ReverseQuery& other) {
            return std::tie(one.time, one.querier, one.originator, one.authority) <
                   std::tie(other.time, other.querier, other.originator, other.authority);
        });
        std::stable_sort(minimised.begin(), minimised.end(),
                         [](const MinimisedQuery& one, const MinimisedQuery& other) {
                             return std::tie(one.time, one.querier, one.prefix, one.authority) <
                                    std::tie(other.time, other.querier, other.prefix, other.authority);
                         });
    }

    /// Gives everything to `sink`, both kinds in the order of their frames, and keeps nothing.
    /// REQUIRES: sort_by_sequence().
    template <QuerySink Sink>
    void hand_on_by_sequence(Sink& sink) {
        auto next = minimised.begin();
        for (const ReverseQuery& query : reverse) {
            for (; next != minimised.end() && next->sequence < query.sequence; ++next) {
                sink(*next);
            }
            sink(query);
        }
        std::for_each(next, minimised.end(), [&](const MinimisedQuery& query) { sink(query); });
        reverse.clear();
        minimised.clear();
    }

    /// Gives everything to `sink`, reverse queries first, and keeps nothing.
    template <QuerySink Sink>
    void hand_on(Sink& sink) {
        std::for_each(reverse.begin(), reverse.end(), [&](const ReverseQuery& query) { sink(query); });
        std::for_each(minimised.begin(), minimised.end(), [&](const MinimisedQuery& query) { sink(query); });
        reverse.clear();
        minimised.clear();
    }
};

}  // namespace echotap
