// SPDX-License-Identifier: Apache-2.0
// Several lines side by side over one source: the bursts of a source go in, the same queries in the same order as
// from one line come out.
//
// Every frame goes to the worker that owns its innermost pair of IP addresses, so streams and fragments meet without
// locks, also where one mirror shows them plain and another in a tunnel. Within a burst the workers run in parallel;
// what they find is merged by the position of its frame in the burst. Every worker is told of every second that begins,
// so that streams and fragments fall idle at the same place for any number of workers. (Only a stream of which some
// segments come in fragments of a tunnel's own packets may be divided: what such fragments carry is not known yet.)
#pragma once

#include <oneapi/tbb/parallel_for.h>

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "dataplane/capture/capture_file.hpp"
#include "dataplane/flow_hash.hpp"
#include "dataplane/found_queries.hpp"
#include "dataplane/line.hpp"

namespace echotap {

class LineTeam {
public:
    /// A burst should hold some thousand frames per worker, since each burst costs one fork and one join. A source may
    /// give fewer: a capture gives what its window holds.
    static constexpr std::size_t burst_frames_per_worker = 4096;
    /// Frames of a capture that are read at once for so many workers: alone, one has them in its cache.
    static constexpr std::size_t burst_size_for(unsigned workers) {
        return workers == 1 ? CaptureFile::burst_size_default : workers * burst_frames_per_worker;
    }

    /// `workers` >= 1.
    LineTeam(const LineConfig& config, unsigned workers)
        : dns_ports_(config.dns_ports), limits_{.dns_ports = dns_ports_, .header_depth_max = config.header_depth_max} {
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
            const auto second = std::chrono::floor<std::chrono::seconds>(frame.clock);
            if (second != second_) {
                second_ = second;
                tell_all(frame);
            }
            members_[owner(frame)]->frames.push_back(frame);
        }
        oneapi::tbb::parallel_for(std::size_t{0}, members_.size(), [&](std::size_t i) { members_[i]->take_share(); });
        hand_on_merged(sink);
    }

    /// The input has ended: what its end releases comes in order of time. Afterwards no stage holds anything.
    template <QuerySink Sink>
    void finish(Sink&& sink) {
        FoundQueries released;
        for (auto& member : members_) {
            if (last_) {
                member->line.pass_time(*last_, released);
            }
            member->line.finish(released);
        }
        released.sort_by_time();
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
    /// One worker's own; on cache lines of its own, since workers write side by side.
    struct alignas(64) Member {
        explicit Member(const LineConfig& config) : line(config) {}

        void take_share() {
            std::size_t taken = 0;
            for (const auto& [before, frame] : seconds) {
                line.feed(Burst(frames).subspan(taken, before - taken), found);
                line.pass_time(frame, released);
                taken = before;
            }
            line.feed(Burst(frames).subspan(taken), found);
            frames.clear();
            seconds.clear();
        }

        Line line;
        std::vector<Frame> frames;
        /// Frames with which a second began, each with the number of own frames that precede it.
        std::vector<std::pair<std::size_t, Frame>> seconds;
        FoundQueries found;
        FoundQueries released;  // by a second that began
    };

    std::size_t owner(const Frame& frame) const {
        Packet packet;
        const bool has_packet = parse_frame(frame, limits_, packet) == Drop::none;
        return has_packet ? worker_of(flow_hash(packet.source, packet.destination), members_.size()) : 0;
    }

    void tell_all(const Frame& frame) {
        for (auto& member : members_) {
            member->seconds.emplace_back(member->frames.size(), frame);
        }
    }

    /// What a second released comes before what its first frame completed, and in the order that one line gives it.
    template <QuerySink Sink>
    void hand_on_merged(Sink& sink) {
        FoundQueries merged;
        for (auto& member : members_) {
            merged.take(member->released);
        }
        merged.sort_by_time();
        for (auto& member : members_) {
            merged.take(member->found);
        }
        merged.sort_by_sequence();
        merged.hand_on_by_sequence(sink);
    }

    std::vector<std::unique_ptr<Member>> members_;
    std::vector<std::uint16_t> dns_ports_;
    LayerLimits limits_;
    std::chrono::sys_seconds second_ = std::chrono::sys_seconds::min();  // of the clock of the latest frame
    std::optional<Frame> last_;  // for its clock only: its octets are gone with its burst
};

}  // namespace echotap
