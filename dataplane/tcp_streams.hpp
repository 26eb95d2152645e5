// SPDX-License-Identifier: Apache-2.0
// TCP: segments go in, DNS messages come out (RFC 9293; framing by two octets of length, RFC 1035 section 4.2.2).
//
// Segments may be out of order, retransmitted or overlapping (the octet seen first counts); a stream may carry many
// messages and a message many segments; a stream may be joined in the middle, and a capture may have lost segments or
// show one direction only. This room keeps the table of streams and its bounds; what happens inside one direction is
// tcp_direction.hpp.
//
// Bounds (TcpLimits): an idle stream is closed; a direction that is full gives up its gap; when there are too many
// octets the stream that holds some and was idle for longest is closed. When there are too many streams, one that has
// only shown a SYN goes first, and there are at most a quarter of streams_max of those: a flood of SYNs costs the
// streams that carry messages nothing, and one whose SYN was forgotten is still joined where that is certain.
#pragma once

#include <tsl/robin_map.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>

#include "config/line_config.hpp"
#include "dataplane/drop.hpp"
#include "dataplane/message.hpp"
#include "dataplane/packet.hpp"
#include "dataplane/tcp_direction.hpp"
#include "dataplane/tcp_stream_key.hpp"

namespace echotap {

/// Where a stream stands: each place is a list in the order of the last segment.
enum class StreamPlace : std::uint8_t {
    opening,  // only a SYN was seen
    quiet,    // octets were seen, none are held
    holding,  // octets are held
};

struct TcpStream {
    StreamKey key;
    std::array<TcpDirection, 2> directions;  // directions[i] comes from key.ends[i]
    std::uint64_t first_seen = 0;            // counts segments
    std::uint64_t last_seen = 0;
    std::int64_t last_second = 0;  // of Frame::clock
    StreamPlace place = StreamPlace::opening;
    bool has_data = false;
};

/// One per worker, not thread-safe. Both directions of a stream must come to the same one.
///
/// The messages of a worker's streams, their times and the counts do not depend on where bursts end. Idleness is
/// counted in whole seconds of Frame::clock, and idle streams are closed at the first segment of a second. So with
/// several workers everything is as with one if each of them is told of every second that begins, by expire(), before
/// it takes the frame with which it begins; otherwise messages behind gaps of streams that fell idle come out later.
class TcpStreams {
public:
    /// `dns_ports` and `ledger` must outlive it.
    TcpStreams(const TcpLimits& limits, std::span<const std::uint16_t> dns_ports, Ledger& ledger);

    /// Takes one TCP packet of a frame, a unit of Stage::segment. For every message that it completes, in stream
    /// order, calls `on_message(const Envelope&, Octets message_without_length)`; the octets live until that call
    /// returns, and it must not call back into this object.
    ///
    /// The time of a message is that of the segment that made it complete. Envelope::sequence is that of `frame`, with
    /// which it comes out; this is another frame where a gap in front of the message was given up.
    template <class OnMessage>
    void add(const Packet& packet, const Frame& frame, OnMessage&& on_message) {
        take(packet, frame, Deliver(on_message));
    }

    /// Closes the streams that are idle by frame.clock: what lies behind their gaps comes out where that is certain.
    template <class OnMessage>
    void expire(const Frame& frame, OnMessage&& on_message) {
        close_idle(frame, Deliver(on_message));
    }

    /// The input has ended: delivers what lies whole behind gaps, in the order in which the streams were first seen;
    /// drops and counts the rest.
    template <class OnMessage>
    void finish(OnMessage&& on_message) {
        close_all(Deliver(on_message));
    }

    /// Streams followed now; at most TcpLimits::streams_max.
    std::size_t stream_count() const { return index_.size(); }

    /// Octets held now, with TcpDirection::piece_cost for each held segment; at most TcpLimits::octets_max.
    std::size_t octets_held() const { return assembly_->octets_held; }

private:
    /// Refers to the caller's on_message, so that what follows is compiled once and not in every caller.
    class Deliver {
    public:
        template <class OnMessage>
        explicit Deliver(OnMessage& on_message)
            : on_message_(const_cast<void*>(static_cast<const void*>(std::addressof(on_message)))),
              call_([](void* to, const Envelope& envelope, Octets octets) {
                  (*static_cast<std::remove_reference_t<OnMessage>*>(to))(envelope, octets);
              }) {}
        void operator()(const Envelope& envelope, Octets octets) const { call_(on_message_, envelope, octets); }

    private:
        void* on_message_;
        void (*call_)(void*, const Envelope&, Octets);
    };

    using Streams = std::list<TcpStream>;
    using Position = Streams::iterator;

    void take(const Packet& packet, const Frame& frame, Deliver deliver);
    void close_idle(const Frame& frame, Deliver deliver);
    void close_all(Deliver deliver);

    Position create(const StreamKey& key, bool has_data, Deliver deliver);
    void begin(TcpStream& stream, std::size_t from, const TcpSegment& segment, Deliver deliver);
    void restart(TcpStream& stream, std::size_t from, Deliver deliver);
    void drain(TcpStream& stream, std::size_t from, Deliver deliver);
    void settle(Position stream, Deliver deliver);
    void close(Position stream, Drop reason, Deliver deliver);
    std::optional<Position> oldest();
    Streams& list_of(StreamPlace place) { return lists_[static_cast<std::size_t>(place)]; }

    TcpLimits limits_;
    std::span<const std::uint16_t> dns_ports_;
    Ledger& ledger_;
    std::unique_ptr<TcpAssembly> assembly_;  // 64 KiB
    std::array<Streams, 3> lists_;
    Streams spare_;  // nodes of closed streams, so that a new stream allocates nothing
    tsl::robin_map<StreamKey, Position, StreamKeyHash> index_;
    std::uint64_t segments_ = 0;  // taken so far: the order of all things
    std::int64_t second_ = 0;     // of the clock, at the last look for idle streams
    std::uint32_t sequence_ = 0;  // of the frame at hand
    Timestamp clock_{};           // of the same
};

}  // namespace echotap
