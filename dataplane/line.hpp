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
#include "dataplane/found_queries.hpp"
#include "dataplane/fragments.hpp"
#include "dataplane/frame.hpp"
#include "dataplane/layers.hpp"
#include "dataplane/message.hpp"
#include "dataplane/reverse_query.hpp"
#include "dataplane/skim.hpp"
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

    /// Calls `on_message(const Message&)` for every message that the frame completes, in the order of completion.
    template <class OnMessage>
    void take(const Frame& frame, OnMessage&& on_message) {
        ledger_.enter(Stage::frame);
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

    /// Closes the streams that are idle, and gives up the fragments whose time is over, by the clock of `frame`, a
    /// frame with which a second of the source begins.
    template <class OnMessage>
    void begin_second(const Frame& frame, OnMessage&& on_message) {
        fragments_.expire(frame.clock);
        streams_.expire(frame,
                        [&](const Envelope& envelope, Octets octets) { take_message(envelope, octets, on_message); });
    }

    /// The input has ended, at `clock`: hands on what is whole, counts what is not.
    template <class OnMessage>
    void finish(Timestamp clock, OnMessage&& on_message) {
        fragments_.finish(clock);
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
        // Filled in place: an envelope that is built first and then copied is read in other pieces than it was written
        // in, and the processor waits for the stores.
        Message message;
        message.envelope.time = frame.time;
        message.envelope.clock = frame.clock;
        message.envelope.source = packet.source;
        message.envelope.destination = packet.destination;
        message.envelope.source_port = datagram.source_port;
        message.envelope.destination_port = datagram.destination_port;
        message.envelope.transport = Transport::udp;
        message.envelope.time_digits = frame.time_digits;
        message.envelope.sequence = frame.sequence;
        take_message(message, datagram.payload, on_message);
    }

    template <class OnMessage>
    void take_message(const Envelope& envelope, Octets octets, OnMessage& on_message) {
        Message message;
        message.envelope = envelope;
        take_message(message, octets, on_message);
    }

    template <class OnMessage>
    void take_message(Message& message, Octets octets, OnMessage& on_message) {
        ledger_.enter(Stage::message);
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
};

/// Frames go in, reverse queries come out. Not thread-safe: one per worker.
class Line {
public:
    explicit Line(const LineConfig& config)
        : dns_ports_(config.dns_ports),
          skims_(config.header_depth_max >= skimmed_headers_max),
          has_views_(!config.authorities.empty()),
          parser_(config, ledger_),
          selector_(config) {}

    /// Hands every reverse and minimised query that the burst completes to `sink`.
    template <QuerySink Sink>
    void feed(Burst burst, Sink&& sink) {
        std::uint64_t responses = 0;
        std::uint64_t other_names = 0;
        for (const Frame& frame : burst) {
            pass_time(frame, sink);
            const Skimmed skimmed = skims_ ? skim(frame, dns_ports_) : Skimmed::takes_the_line;
            if (skimmed == Skimmed::other_name && !has_views_) {
                ++other_names;
            } else if (skimmed == Skimmed::response) {
                ++responses;
            } else {
                parser_.take(frame, [&](const Message& message) { selector_.select(message, ledger_, sink); });
            }
        }
        count_skimmed(responses, other_names);
    }

    /// Tells of the clock of a frame, which another worker may take: streams fall idle with the first frame of a
    /// second, at the same place in the order whoever takes it.
    template <QuerySink Sink>
    void pass_time(const Frame& frame, Sink&& sink) {
        clock_ = frame.clock;
        // Unsigned, so that one comparison serves both directions and no clock, however wild, overflows.
        const auto now = static_cast<std::uint64_t>(frame.clock.time_since_epoch().count());
        if (now - second_begin_ >= nanoseconds_per_second) [[unlikely]] {
            const auto whole = std::chrono::floor<std::chrono::seconds>(frame.clock).time_since_epoch().count();
            second_begin_ = static_cast<std::uint64_t>(whole) * nanoseconds_per_second;
            parser_.begin_second(frame, [&](const Message& message) { selector_.select(message, ledger_, released_); });
            released_.sort_by_time();
            released_.hand_on(sink);
        }
    }

    /// The input has ended. Afterwards no stage of the ledger holds anything.
    template <QuerySink Sink>
    void finish(Sink&& sink) {
        parser_.finish(clock_, [&](const Message& message) { selector_.select(message, ledger_, sink); });
    }

    const Ledger& ledger() const { return ledger_; }

private:
    static constexpr std::uint64_t nanoseconds_per_second = 1'000'000'000;

    /// Enters into the books what the line would have entered for frames that only skim() saw.
    void count_skimmed(std::uint64_t responses, std::uint64_t other_names) {
        for (const Stage stage : {Stage::frame, Stage::datagram}) {
            ledger_.enter(stage, responses + other_names);
            ledger_.pass(stage, responses + other_names);
        }
        ledger_.enter(Stage::message, responses + other_names);
        ledger_.drop(Drop::response, responses);
        ledger_.pass(Stage::message, other_names);
        ledger_.enter(Stage::query, other_names);
        ledger_.drop(Drop::name_not_reverse, other_names);
    }

    Ledger ledger_;
    std::vector<std::uint16_t> dns_ports_;
    bool skims_;
    bool has_views_;
    MessageParser parser_;
    ReverseSelector selector_;
    FoundQueries released_;           // by a second that begins
    Timestamp clock_{};               // of the last frame
    std::uint64_t second_begin_ = 0;  // nanoseconds, modulo 2^64
};

}  // namespace echotap
