// SPDX-License-Identifier: Apache-2.0
// TCP: segments go in, DNS messages come out (RFC 9293; framing by two octets of length, RFC 1035 section 4.2.2).
//
// Segments may be out of order, retransmitted or overlapping; a stream may carry many messages and a message many
// segments; a stream may be joined in the middle, and a capture may have lost segments. Where the boundary between
// messages is not known the stream is picked up again only where it is certain. Memory is bounded by TcpLimits.
#pragma once

#include "config/line_config.hpp"
#include "dataplane/drop.hpp"
#include "dataplane/message.hpp"
#include "dataplane/packet.hpp"

namespace echotap {

/// SKETCH, to be completed by its room: one per worker, not thread-safe.
class TcpStreams {
public:
    TcpStreams(const TcpLimits& limits, std::span<const std::uint16_t> dns_ports, Ledger& ledger);

    /// Takes one TCP packet of a frame. For every message that it completes, in stream order, calls
    /// `on_message(const Envelope&, Octets message_without_length)`; the octets live until that call returns.
    template <class OnMessage>
    void add(const Packet& packet, const Frame& frame, OnMessage&& on_message);

    /// The input has ended: delivers what lies whole behind gaps, drops and counts the rest.
    template <class OnMessage>
    void finish(OnMessage&& on_message);
};

}  // namespace echotap
