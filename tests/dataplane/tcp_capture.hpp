// SPDX-License-Identifier: Apache-2.0
// A capture of TCP that a test plays segment by segment; what comes out of TcpStreams is kept, and bounds and books are
// checked at every step.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/tcp_streams.hpp"
#include "tests/dataplane/tcp_packet.hpp"

namespace echotap::tcp_test {

inline constexpr std::uint16_t client_port = 4000;
inline constexpr std::uint32_t client_isn = 1000;  // so the first octet of a client is 1001
inline constexpr std::uint32_t server_isn = 5000;

using Ids = std::vector<int>;

inline Bytes part(const Bytes& octets, std::size_t from, std::size_t to) {
    return {octets.begin() + static_cast<std::ptrdiff_t>(from), octets.begin() + static_cast<std::ptrdiff_t>(to)};
}

/// What came out of the line, and with which segment.
struct Out {
    Envelope envelope;
    Bytes octets;
    std::size_t with_segment = 0;
};

/// A capture that a test plays: each call is one segment, a second after the one before unless it says otherwise.
class Capture {
public:
    explicit Capture(const TcpLimits& limits = {})
        : streams_(std::make_unique<TcpStreams>(limits, std::span(dns_ports_), ledger_)), limits_(limits) {}

    void send(const IpAddress& source, std::uint16_t source_port, const IpAddress& destination,
              std::uint16_t destination_port, std::uint32_t sequence, std::uint32_t acknowledgment, std::uint8_t flags,
              const Bytes& payload, std::uint32_t missing = 0) {
        const auto octets = std::make_unique<Bytes>(
            tcp_packet(source_port, destination_port, sequence, acknowledgment, flags, payload));
        Packet packet;
        packet.source = source;
        packet.destination = destination;
        packet.payload = *octets;
        packet.missing = missing;
        packet.protocol = Protocol::tcp;
        streams_->add(packet, frame(), [&](const Envelope& envelope, Octets message) { take(envelope, message); });
        ++segments_;
        now_ += step_;
        EXPECT_LE(streams_->octets_held(), limits_.octets_max);
        EXPECT_LE(streams_->stream_count(), limits_.streams_max);
        EXPECT_GE(ledger_.held(Stage::segment), 0);
    }

    void from_client(std::uint32_t sequence, const Bytes& payload, std::uint8_t flags = 0, std::uint32_t acks = 0,
                     std::uint32_t missing = 0) {
        send(client_, client_port, server_, 53, sequence, acks, flags, payload, missing);
    }
    void from_server(std::uint32_t sequence, const Bytes& payload, std::uint8_t flags = 0, std::uint32_t acks = 0) {
        send(server_, 53, client_, client_port, sequence, acks, flags, payload);
    }
    void handshake() {
        from_client(client_isn, {}, syn);
        from_server(server_isn, {}, syn | ack, client_isn + 1);
        from_client(client_isn + 1, {}, ack, server_isn + 1);
    }

    void wait(std::chrono::seconds time) { now_ += time; }
    void expire() {
        streams_->expire(frame(), [&](const Envelope& envelope, Octets message) { take(envelope, message); });
    }
    void finish() {
        finishing_ = true;
        streams_->finish([&](const Envelope& envelope, Octets message) { take(envelope, message); });
        EXPECT_EQ(ledger_.held(Stage::segment), 0);
        EXPECT_EQ(streams_->octets_held(), 0U);
        EXPECT_EQ(streams_->stream_count(), 0U);
    }

    /// The IDs of the messages so far, in order.
    std::vector<int> ids() const {
        std::vector<int> found;
        for (const Out& message : out_) {
            found.push_back(message.octets.at(0) * 256 + message.octets.at(1));
        }
        return found;
    }
    const std::vector<Out>& out() const { return out_; }
    const Ledger& ledger() const { return ledger_; }
    std::uint64_t drops(Drop reason) const { return ledger_.drops[static_cast<std::size_t>(reason)]; }
    std::uint64_t passed() const { return ledger_.out[static_cast<std::size_t>(Stage::segment)]; }
    const TcpStreams& streams() const { return *streams_; }
    Timestamp now() const { return now_; }
    void set_step(std::chrono::nanoseconds step) { step_ = step; }

    static Timestamp start() { return Timestamp(std::chrono::seconds(1000000)); }

private:
    Frame frame() const {
        Frame frame;
        frame.time = now_;
        frame.clock = now_;
        frame.time_digits = 9;
        frame.sequence = static_cast<std::uint32_t>(segments_);
        return frame;
    }
    void take(const Envelope& envelope, Octets message) {
        out_.push_back({envelope, Bytes(message.begin(), message.end()), segments_});
        EXPECT_EQ(envelope.transport, Transport::tcp);
        if (!finishing_) {
            EXPECT_EQ(envelope.sequence, segments_) << "it comes out with the segment at hand";
        }
    }

    const std::vector<std::uint16_t> dns_ports_{53, 5353};
    const IpAddress client_ = *IpAddress::parse("192.0.2.1");
    const IpAddress server_ = *IpAddress::parse("2001:db8::53");
    Ledger ledger_;
    std::unique_ptr<TcpStreams> streams_;
    TcpLimits limits_;
    std::vector<Out> out_;
    std::size_t segments_ = 0;
    bool finishing_ = false;
    Timestamp now_ = start();
    std::chrono::nanoseconds step_ = std::chrono::milliseconds(10);
};

}  // namespace echotap::tcp_test
