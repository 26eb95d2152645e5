// SPDX-License-Identifier: Apache-2.0
// The three mixes that speed is measured on: a shape, a size and a seed go in, frames and the truth about them come
// out.
//
// What an authority's mirror port shows: queries of resolvers by Zipf's law about originators by Zipf's law, some
// responses, TCP, VLAN tags, IPv6, repeats, and a little that is no DNS at all. The generator knows what each frame
// must come to, so every benchmark checks its own answer. Nothing is stored: five million frames take some seconds to
// make.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/ip_address.hpp"
#include "dataplane/drop.hpp"
#include "dataplane/frame.hpp"
#include "tools/mixes/arena.hpp"

namespace echotap {

enum class MixShape : std::uint8_t {
    root,     // 1 % PTR, 200,000 originators, 300,000 queriers
    reverse,  // 90 % PTR, the same
    wide,     // 90 % PTR, 5 million originators, 3 million queriers: state far beyond the caches
};

std::string_view name_of(MixShape shape);
std::optional<MixShape> mix_shape(std::string_view name);

inline constexpr std::size_t mix_frames_default = 5'000'000;
inline constexpr std::uint64_t mix_seed_default = 1;

/// The mix covers this much time whatever its size, from mix_start on.
inline constexpr std::chrono::minutes mix_span{10};
inline constexpr Timestamp mix_start{std::chrono::seconds(1'767'225'600)};  // 2026-01-01 00:00 UTC

/// Repeated queries follow the first one within this.
inline constexpr std::chrono::seconds mix_repeat_within{30};

/// What the frames of a mix must come to.
struct Truth {
    /// Every counter of a finished line but those of Stage::source, which the line does not see.
    Ledger ledger;
    std::uint64_t reverse_udp = 0;
    std::uint64_t reverse_tcp = 0;
    /// Sum of reverse_query_mark() over the reverse queries: any order gives the same.
    std::uint64_t checksum = 0;

    std::uint64_t reverse_queries() const { return reverse_udp + reverse_tcp; }
};

/// 64 bits that stand for one reverse query. Cheap, because it is part of what the benchmarks time: two
/// multiplications.
inline std::uint64_t reverse_query_mark(const IpAddress& originator, const IpAddress& querier, Timestamp time) {
    std::uint64_t words[4];
    std::memcpy(words, originator.octets().data(), 16);
    std::memcpy(words + 2, querier.octets().data(), 16);
    const auto nanoseconds = static_cast<std::uint64_t>(time.time_since_epoch().count());
    const std::uint64_t left = (words[0] ^ nanoseconds) + words[1] * 0x9e3779b97f4a7c15U;
    const std::uint64_t right = (words[2] + nanoseconds) ^ (words[3] * 0xbf58476d1ce4e5b9U);
    return (left ^ (right << 32U | right >> 32U)) + right;
}

/// How much of a mix is what, in frames: for those who read about it, and for the test of the shares.
struct MixShares {
    std::uint64_t octets = 0;
    std::uint64_t tagged = 0;
    std::uint64_t ipv6 = 0;
    std::uint64_t tcp = 0;
    std::uint64_t udp_queries = 0;
    std::uint64_t udp_responses = 0;
    std::uint64_t repeats = 0;     // of udp_queries
    std::uint64_t edns = 0;        // of udp_queries
    std::uint64_t mixed_case = 0;  // of udp_queries
    std::uint64_t ptr = 0;         // of udp_queries: QTYPE PTR, whatever the name

    friend bool operator==(const MixShares&, const MixShares&) = default;
};

/// Move-only; its frames point into its own memory.
class Mix {
public:
    /// Makes `frame_count` frames. The same arguments give the same octets on every machine.
    Mix(MixShape shape, std::size_t frame_count, std::uint64_t seed, Pages pages = Pages::ordinary);

    MixShape shape() const { return shape_; }

    /// In order of time, a microsecond or more apart at the default size; clock is time and sequence the position.
    const std::vector<Frame>& frames() const { return frames_; }
    const Truth& truth() const { return truth_; }
    const MixShares& shares() const { return shares_; }

    /// The mix as a plain pcap file (microseconds, byte order of this machine). The frames lie in it, 16 octets of
    /// record header apart, so memory is walked in benchmarks as it would be in a file that is mapped.
    Octets pcap() const { return arena_.span(); }

    /// Writes pcap() to a file. Throws std::runtime_error with the system's reason.
    void write_pcap(const std::string& path) const;

private:
    MixShape shape_;
    Arena arena_;
    std::vector<Frame> frames_;
    Truth truth_;
    MixShares shares_;
};

}  // namespace echotap
