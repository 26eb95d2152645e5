// SPDX-License-Identifier: Apache-2.0
// The whole line on one screen: frame -> packet -> DNS message -> reverse query.
//
// Parsing (MessageParser) and selecting (ReverseSelector) are two steps; the host mapper will select from the same
// messages, dnstap and C-DNS will bring theirs to the same selectors. Line is the two together, one per worker.
#pragma once

#include <utility>

#include "config/line_config.hpp"
#include "dataplane/datagram.hpp"
#include "dataplane/drop.hpp"
#include "dataplane/fragments.hpp"
#include "dataplane/frame.hpp"
#include "dataplane/layers.hpp"
#include "dataplane/message.hpp"
#include "dataplane/reverse_query.hpp"
#include "dataplane/tcp_streams.hpp"

namespace echotap {

/// Frames go in, DNS messages come out, queries and responses. Not thread-safe: one per worker. `ledger` and
/// `config` must outlive it.
class MessageParser {
public:
    MessageParser(const LineConfig& config, Ledger& ledger)
        : ledger_(ledger),
          dns_ports_(config.dns_ports),
          limits_{.dns_ports = dns_ports_, .header_depth_max = config.header_depth_max},
          fragments_(config.fragments, ledger),
          streams_(config.tcp, dns_ports_, ledger) {}
    MessageParser(const MessageParser&) = delete;
    MessageParser& operator=(const MessageParser&) = delete;

    /// Calls `on_message(const Message&)` for every message that the burst completes, in the order of completion.
    template <class OnMessage>
    void feed(Burst burst, OnMessage&& on_message) {
        ledger_.enter(Stage::frame, burst.size());
        if (!burst.empty()) {
            clock_ = burst.back().clock;
        }
        for (const Frame& frame : burst) {
            Packet packet;
            Drop drop = parse_frame(frame, limits_, packet);
            std::uint32_t frames = 1;
            while (drop == Drop::none && packet.is_fragment && fragments_.add(packet, frame.clock)) {
                frames = packet.frames;
                drop = parse_payload(limits_, packet);  // whole now; what it carries may be a fragment again
            }
            if (drop != Drop::none) {
                ledger_.drop(drop, frames);
            } else if (!packet.is_fragment) {
                ledger_.pass(Stage::frame, frames);
                take_packet(packet, frame, on_message);
            }
        }
    }

    /// Tells of the clock of a frame that another worker takes: streams that are idle by then are closed, at the same
    /// place in the order as if this worker had taken every frame.
    template <class OnMessage>
    void pass_time(const Frame& frame, OnMessage&& on_message) {
        clock_ = frame.clock;
        streams_.expire(frame,
                        [&](const Envelope& envelope, Octets octets) { take_message(envelope, octets, on_message); });
    }

    /// The input has ended: hands on what is whole, counts what is not.
    template <class OnMessage>
    void finish(OnMessage&& on_message) {
        fragments_.finish(clock_);
        streams_.finish([&](const Envelope& envelope, Octets octets) { take_message(envelope, octets, on_message); });
    }

private:
    template <class OnMessage>
    void take_packet(const Packet& packet, const Frame& frame, OnMessage& on_message) {
        if (packet.protocol == Protocol::tcp) {
            streams_.add(packet, frame,
                         [&](const Envelope& envelope, Octets octets) { take_message(envelope, octets, on_message); });
            return;
        }
        ledger_.enter(Stage::datagram);
        Datagram datagram;
        const Drop drop = parse_datagram(packet, dns_ports_, datagram);
        if (drop != Drop::none) {
            return ledger_.drop(drop);
        }
        ledger_.pass(Stage::datagram);
        take_message(Envelope{.time = frame.time,
                              .clock = frame.clock,
                              .source = packet.source,
                              .destination = packet.destination,
                              .source_port = datagram.source_port,
                              .destination_port = datagram.destination_port,
                              .transport = Transport::udp,
                              .time_digits = frame.time_digits,
                              .sequence = frame.sequence},
                     datagram.payload, on_message);
    }

    template <class OnMessage>
    void take_message(const Envelope& envelope, Octets octets, OnMessage& on_message) {
        ledger_.enter(Stage::message);
        Message message;
        message.envelope = envelope;
        const Drop drop = parse_message(octets, name_buffer_, message);
        if (drop != Drop::none) {
            return ledger_.drop(drop);
        }
        on_message(std::as_const(message));
    }

    Ledger& ledger_;
    std::vector<std::uint16_t> dns_ports_;
    LayerLimits limits_;
    Fragments fragments_;
    TcpStreams streams_;
    NameBuffer name_buffer_;
    Timestamp clock_{};  // of the last frame
};

/// Frames go in, reverse queries come out. Not thread-safe: one per worker.
class Line {
public:
    explicit Line(const LineConfig& config) : parser_(config, ledger_), selector_(config) {}

    /// Hands every reverse and minimised query that the burst completes to `sink`.
    template <QuerySink Sink>
    void feed(Burst burst, Sink&& sink) {
        parser_.feed(burst, [&](const Message& message) { selector_.select(message, ledger_, sink); });
    }

    /// Tells of the clock of a frame that another worker takes; see MessageParser::pass_time().
    template <QuerySink Sink>
    void pass_time(const Frame& frame, Sink&& sink) {
        parser_.pass_time(frame, [&](const Message& message) { selector_.select(message, ledger_, sink); });
    }

    /// The input has ended. Afterwards no stage of the ledger holds anything.
    template <QuerySink Sink>
    void finish(Sink&& sink) {
        parser_.finish([&](const Message& message) { selector_.select(message, ledger_, sink); });
    }

    const Ledger& ledger() const { return ledger_; }

private:
    Ledger ledger_;
    MessageParser parser_;
    ReverseSelector selector_;
};

}  // namespace echotap
