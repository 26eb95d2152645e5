// SPDX-License-Identifier: Apache-2.0
// What is replayed: a mix or captures go in; frames ready to be sent come out, with what a tap must find in them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/line_config.hpp"
#include "dataplane/dpdk/replayer.hpp"
#include "tools/mixes/mixes.hpp"

namespace echotap {

/// Move-only; its frames point into its own memory.
class Traffic {
public:
    /// A mix of `frames` frames. Throws std::logic_error where the line does not find in it what the mix is known to
    /// hold.
    static Traffic of_mix(MixShape shape, std::size_t frames);

    /// The frames of captures, in order of time. Only whole Ethernet frames of up to replay_size_max octets can be
    /// sent, and at most `octets_max` octets are kept; left_out() counts the others. Throws std::runtime_error where
    /// a capture cannot be read or nothing is left.
    static Traffic of_captures(const std::vector<std::string>& paths, std::size_t octets_max);

    const std::string& name() const { return name_; }
    std::span<const ReplayFrame> frames() const { return frames_; }
    std::uint64_t left_out() const { return left_out_; }

    /// Mean octets of a frame, without the checksum of Ethernet.
    double mean_size() const;

    /// Reverse and minimised queries in the first `frames` frames that are sent, pass after pass.
    std::uint64_t queries_in(std::uint64_t frames) const;

    /// Gives every frame the queue that a NIC which spreads by IP addresses would have put it into.
    void spread(unsigned queues);

private:
    void add(const Frame& frame);
    void count_queries();

    std::string name_;
    std::unique_ptr<Mix> mix_;                      // holds the octets of its frames,
    std::vector<std::vector<std::uint8_t>> pages_;  // or these hold those of captures
    std::vector<ReplayFrame> frames_;
    std::vector<std::uint32_t> queries_;  // in the frames up to and including each
    std::uint64_t octets_ = 0;
    std::uint64_t left_out_ = 0;
};

}  // namespace echotap
