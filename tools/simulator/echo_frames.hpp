// SPDX-License-Identifier: Apache-2.0
// Echoes go in, frames as an authority's mirror port shows them come out.
//
// Ethernet, IPv4 or IPv6 by the querier's family, UDP or TCP, a DNS query (RFC 1035) with EDNS(0) (RFC 6891) or
// without.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/frame.hpp"
#include "tools/simulator/cast.hpp"
#include "tools/simulator/echo.hpp"
#include "tools/simulator/population.hpp"

namespace echotap {

/// Not thread-safe. All arguments must outlive it.
class EchoFrames {
public:
    /// Throws std::runtime_error where the world's authority has no valid addresses.
    EchoFrames(const WorldConfig& world, const Population& population, const Cast& cast);

    /// Frames of a burst: they number from 0 in each (Frame::sequence).
    static constexpr std::size_t burst_frames = 1024;

    /// Packs echoes into as many frames, burst after burst, with all cores that TBB has. They live until the next call.
    std::span<const Frame> pack(std::span<const Echo> echoes);

    /// The querier's address as the frame has it: cut to its /24 or /64 in a masked world.
    IpAddress querier_address(const Echo& echo) const;
    const IpAddress& authority(bool is_v6) const { return is_v6 ? authority_v6_ : authority_v4_; }
    Timestamp time(const Echo& echo) const;
    const Cast& cast() const { return cast_; }

private:
    std::size_t pack_message(const Echo& echo, std::uint64_t chance, std::uint8_t* to) const;
    std::size_t pack_frame(const Echo& echo, std::uint8_t* to) const;

    const WorldConfig& world_;
    const Population& population_;
    const Cast& cast_;
    IpAddress authority_v4_;
    IpAddress authority_v6_;
    std::vector<std::uint8_t> octets_;
    std::vector<Frame> frames_;
};

}  // namespace echotap
