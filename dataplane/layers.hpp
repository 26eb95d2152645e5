// SPDX-License-Identifier: Apache-2.0
// Link, tunnel and IP headers: a frame goes in, its innermost IP packet comes out.
//
// Link types: Ethernet, Linux cooked v1 and v2, raw IP, null and loop. Between the link and the innermost IP header:
// 802.1Q and QinQ, MPLS, PPPoE, GRE, ERSPAN I to III, VXLAN, GENEVE, TZSP, IP in IP, IPv6 extension headers.
// A fragment ends the walk; once reassembly has the whole packet, parse_payload() walks on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/drop.hpp"
#include "dataplane/packet.hpp"

namespace echotap {

struct LayerLimits {
    /// UDP ports that are DNS even where the other port is a tunnel's.
    std::span<const std::uint16_t> dns_ports;
    std::size_t header_depth_max;
};

/// Walks from the link layer to the innermost IP packet with a UDP or TCP payload, or to the first fragment.
/// Returns Drop::none and fills `packet`, or the reason (Stage::frame); then `packet` is unspecified.
Drop parse_frame(const Frame& frame, const LayerLimits& limits, Packet& packet);

/// Walks on into the payload of a reassembled packet (is_fragment is false): IPv6 extension headers, tunnels.
/// Same results as parse_frame(); `packet` is replaced by a packet further in where there is one.
Drop parse_payload(const LayerLimits& limits, Packet& packet);

}  // namespace echotap
