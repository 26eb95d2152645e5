// SPDX-License-Identifier: Apache-2.0
// Several lines side by side over one source: the bursts of a source go in, the same queries in the same order as
// from one line come out.
//
// Every frame goes to the worker that owns its outermost pair of IP addresses, as RSS would send it, so fragments and
// streams meet without locks. Within a burst the workers run in parallel; what they find is merged by the position of
// its frame in the burst. Only a message that lay behind a lost TCP segment and was released because its stream fell
// idle may come at another place in the order, since a worker notices that at its own next frame.
#pragma once

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <memory>
#include <tuple>
#include <vector>

#include "dataplane/flow_hash.hpp"
#include "dataplane/line.hpp"

namespace echotap {

class LineTeam {
public:
    /// A burst should hold some thousand frames per worker: each burst costs one fork and one join.
    static constexpr std::size_t burst_frames_per_worker = 4096;

    /// `workers` >= 1.
    LineTeam(const LineConfig& config, unsigned workers) {
        for (unsigned i = 0; i < workers; ++i) {
            members_.push_back(std::make_unique<Member>(config));
        }
    }

    /// Hands every query that the burst completes to `sink`, on the calling thread.
    template <QuerySink Sink>
    void feed(Burst burst, Sink&& sink) {
        if (members_.size() == 1) {
            return members_.front()->line.feed(burst, sink);
        }
        for (const Frame& frame : burst) {
            members_[worker_of(flow_hash(frame), members_.size())]->frames.push_back(frame);
        }
        oneapi::tbb::parallel_for(std::size_t{0}, members_.size(), [&](std::size_t i) {
            Member& member = *members_[i];
            member.line.feed(member.frames, member.found);
            member.frames.clear();
        });
        hand_on_by_sequence(sink);
    }

    /// The input has ended: what its end releases comes in order of time. Afterwards no stage holds anything.
    template <QuerySink Sink>
    void finish(Sink&& sink) {
        Found released;
        for (auto& member : members_) {
            member->line.finish(released);
        }
        const auto order = [](const ReverseQuery& query) {
            return std::tie(query.time, query.querier, query.originator, query.authority);
        };
        std::stable_sort(released.reverse.begin(), released.reverse.end(),
                         [&](const ReverseQuery& a, const ReverseQuery& b) { return order(a) < order(b); });
        released.hand_on(sink);
    }

    Ledger ledger() const {
        Ledger sum;
        for (const auto& member : members_) {
            sum += member->line.ledger();
        }
        return sum;
    }

private:
    struct Found {
        std::vector<ReverseQuery> reverse;
        std::vector<MinimisedQuery> minimised;

        void operator()(const ReverseQuery& query) { reverse.push_back(query); }
        void operator()(const MinimisedQuery& query) { minimised.push_back(query); }

        template <QuerySink Sink>
        void hand_on(Sink& sink) {
            std::for_each(reverse.begin(), reverse.end(), [&](const ReverseQuery& query) { sink(query); });
            std::for_each(minimised.begin(), minimised.end(), [&](const MinimisedQuery& query) { sink(query); });
            reverse.clear();
            minimised.clear();
        }
    };

    /// One worker's own; on cache lines of its own, since workers write side by side.
    struct alignas(64) Member {
        explicit Member(const LineConfig& config) : line(config) {}
        Line line;
        std::vector<Frame> frames;
        Found found;
    };

    template <QuerySink Sink>
    void hand_on_by_sequence(Sink& sink) {
        Found& merged = members_.front()->found;
        for (std::size_t i = 1; i < members_.size(); ++i) {
            Found& other = members_[i]->found;
            merged.reverse.insert(merged.reverse.end(), other.reverse.begin(), other.reverse.end());
            merged.minimised.insert(merged.minimised.end(), other.minimised.begin(), other.minimised.end());
            other.reverse.clear();
            other.minimised.clear();
        }
        std::stable_sort(merged.reverse.begin(), merged.reverse.end(),
                         [](const ReverseQuery& a, const ReverseQuery& b) { return a.sequence < b.sequence; });
        merged.hand_on(sink);
    }

    std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace echotap
