// SPDX-License-Identifier: Apache-2.0
// A frame as every source yields it: octets somewhere in the source's memory, a timestamp and a link type.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "dataplane/octets.hpp"

namespace echotap {

/// Nanoseconds since 1970-01-01 UTC. Time is data: it comes from the source, never from a clock read by the line.
using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Link types as the LINKTYPE_ registry of capture files numbers them. Any other value may occur in `Frame::link`.
enum class LinkType : std::uint16_t {
    null = 0,          // BSD loopback: 4 octets of address family in the byte order of the capturing host
    ethernet = 1,      //
    raw_bsd = 12,      // raw IP under the numbers that BSD DLT_RAW has had
    raw_openbsd = 14,  //
    raw = 101,         // raw IP, version from the first nibble
    loop = 108,        // OpenBSD loopback: address family in network order
    linux_sll = 113,   // Linux "cooked" v1
    arcnet_linux = 129,
    raw_v4 = 228,
    raw_v6 = 229,
    linux_sll2 = 276,  // Linux "cooked" v2
};

/// One frame. The octets belong to the source and live until the source is asked for its next burst.
struct Frame {
    const std::uint8_t* octets = nullptr;
    std::uint32_t captured = 0;  // octets that are there
    std::uint32_t length = 0;    // octets that were on the wire (>= captured unless the source is odd)
    Timestamp time;              // the frame's own timestamp, right or wrong
    Timestamp clock;             // the source's clock when the frame passed: never upset by one wild timestamp
    LinkType link = LinkType::ethernet;
    std::uint8_t time_digits = 6;  // digits after the decimal point that the source's resolution has, 0 to 9
    std::uint32_t sequence = 0;    // position in the burst that the source gave; orders what several workers find

    Octets span() const { return {octets, captured}; }
};

static_assert(sizeof(Frame) == 40);

using Burst = std::span<const Frame>;

}  // namespace echotap
