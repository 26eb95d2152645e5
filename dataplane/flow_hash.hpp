// SPDX-License-Identifier: Apache-2.0
// Which worker owns a frame: a frame goes in, a hash of its outermost pair of IP addresses comes out.
//
// Fragments (RFC 791 section 3.2), the segments of a TCP stream, and a query and its response must meet on one worker,
// so the hash sees addresses only, never ports, and is the same for both directions. It looks behind 802.1Q and QinQ
// tags, LLC/SNAP, PPPoE (RFC 2516) and MPLS (RFC 3032), with or without an Ethernet pseudowire (RFC 4448), and no
// further: what a tunnel carries stays together because the tunnel's own addresses do.
#pragma once

#include <cstddef>
#include <cstdint>

#include "config/ip_address.hpp"
#include "dataplane/frame.hpp"

namespace echotap {

/// The hash of a pair of addresses; the same whichever comes first. Not keyed: who forges addresses can aim at one
/// worker, as with every RSS whose key is known, and finds its ring bounded and its drops counted.
std::uint32_t flow_hash(const IpAddress& one, const IpAddress& other);

/// The hash of the outermost addresses of a frame of any LinkType; 0 where no whole IP addresses are found (not IP,
/// cut short, more than 16 tags). Reads nothing outside frame.span(). Pure; any thread.
std::uint32_t flow_hash(const Frame& frame);

/// The worker, 0 to workers - 1, that owns a hash. REQUIRES: workers >= 1.
constexpr std::size_t worker_of(std::uint32_t hash, std::size_t workers) {
    return static_cast<std::size_t>(std::uint64_t{hash} * workers >> 32U);
}

}  // namespace echotap
