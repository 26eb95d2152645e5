// SPDX-License-Identifier: Apache-2.0
// What the line from frames to reverse queries may be told. Every default is what a capture at an authority needs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "config/ip_address.hpp"

namespace echotap {

/// IP reassembly (RFC 791 section 3.2, RFC 8200 section 4.5). Bounds hold per worker.
struct FragmentLimits {
    /// How long the fragments of a packet are waited for, from the first one seen. Linux waits 30 s too.
    std::chrono::nanoseconds timeout = std::chrono::seconds(30);
    /// Packets being put together at once; the oldest gives way.
    std::size_t packets_max = 4096;
    /// Octets held in all; the oldest packet gives way.
    std::size_t octets_max = 16U << 20U;
};

/// TCP streams (RFC 9293, RFC 7766). Bounds hold per worker.
struct TcpLimits {
    /// A stream without a segment for this long is forgotten.
    std::chrono::nanoseconds idle_timeout = std::chrono::seconds(120);
    /// Streams followed at once; the one idle for longest gives way.
    std::size_t streams_max = 65536;
    /// Octets that one direction of one stream may hold. A DNS message has at most 65,535 and two of length.
    std::size_t stream_octets_max = 256U << 10U;
    /// Octets held in all; the stream idle for longest gives way.
    std::size_t octets_max = 64U << 20U;
};

struct LineConfig {
    /// UDP and TCP ports that speak DNS; 1 to 8 of them.
    std::vector<std::uint16_t> dns_ports{53};
    /// Headers that may be stacked in one frame (VLAN tags, labels, tunnels, IP and extension headers).
    std::size_t header_depth_max = 24;
    FragmentLimits fragments;
    TcpLimits tcp;
    /// Authority addresses that count, each a view of its own; empty: one view of every destination.
    std::vector<Prefix> authorities;
    /// Addresses from which Echotap itself, or a recursive server that serves nobody else, asks for the names of
    /// queriers: their reverse queries are our own doing and no backscatter. At most a handful: every reverse query is
    /// held against each.
    std::vector<IpAddress> own_resolver_addresses;
};

}  // namespace echotap
