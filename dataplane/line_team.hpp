// SPDX-License-Identifier: Apache-2.0
// Several lines side by side over one source: the bursts of a source go in, the same queries in the same order as
// from one line come out.
//
// Every frame goes to the worker that owns its outermost pair of IP addresses, as RSS would send it, so fragments and
// streams meet without locks. Within a burst the workers run in parallel; what they find is merged by the position of
// its frame in the burst. Workers are told of every second that begins with a frame of another, so that streams fall
// idle at the same place for any number of workers.
#pragma once

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
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
        if (!burst.empty()) {
            last_ = burst.back();
        }
        for (const Frame& frame : burst) {
            const std::size_t owner = worker_of(flow_hash(frame), members_.size());
            const auto second = std::chrono::floor<std::chrono::seconds>(frame.clock);
            if (second != second_) {
                second_ = second;
                tell_all_but(owner, frame);
            }
            members_[owner]->frames.push_back(frame);
        }
        oneapi::tbb::parallel_for(std::size_t{0}, members_.size(), [&](std::size_t i) { members_[i]->take_share(); });
        hand_on_by_sequence(sink);
    }

    /// The input has ended: what its end releases comes in order of time. Afterwards no stage holds anything.
    template <QuerySink Sink>
    void finish(Sink&& sink) {
        Found released;
        for (auto& member : members_) {
            if (last_) {
                member->line.pass_time(*last_, released);
            }
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

        /// The same for queries in order of their sequence: the two kinds are merged.
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
    };

    /// One worker's own; on cache lines of its own, since workers write side by side.
    struct alignas(64) Member {
        explicit Member(const LineConfig& config) : line(config) {}

        void take_share() {
            std::size_t taken = 0;
            for (const auto& [before, frame] : seconds) {
                line.feed(Burst(frames).subspan(taken, before - taken), found);
                line.pass_time(frame, found);
                taken = before;
            }
            line.feed(Burst(frames).subspan(taken), found);
            frames.clear();
            seconds.clear();
        }

        Line line;
        std::vector<Frame> frames;
        /// Frames of others with which a second began, each with the number of own frames that precede it.
        std::vector<std::pair<std::size_t, Frame>> seconds;
        Found found;
    };

    void tell_all_but(std::size_t owner, const Frame& frame) {
        for (std::size_t i = 0; i < members_.size(); ++i) {
            if (i != owner) {
                members_[i]->seconds.emplace_back(members_[i]->frames.size(), frame);
            }
        }
    }

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
        const auto by_sequence = [](const auto& one, const auto& other) { return one.sequence < other.sequence; };
        std::stable_sort(merged.reverse.begin(), merged.reverse.end(), by_sequence);
        std::stable_sort(merged.minimised.begin(), merged.minimised.end(), by_sequence);
        merged.hand_on_by_sequence(sink);
    }

    std::vector<std::unique_ptr<Member>> members_;
    std::chrono::sys_seconds second_ = std::chrono::sys_seconds::min();  // of the clock of the latest frame
    std::optional<Frame> last_;  // for its clock only: its octets are gone with its burst
};

}  // namespace echotap
