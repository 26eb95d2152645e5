// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tcp_streams.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "dataplane/datagram.hpp"

namespace echotap {

namespace {

std::int64_t second_of(Timestamp clock) {
    return std::chrono::floor<std::chrono::seconds>(clock).time_since_epoch().count();
}

}  // namespace

TcpStreams::TcpStreams(const TcpLimits& limits, std::span<const std::uint16_t> dns_ports, Ledger& ledger)
    : limits_(limits),
      dns_ports_(dns_ports),
      ledger_(ledger),
      assembly_(std::make_unique<TcpAssembly>(limits.stream_octets_max, ledger)) {
    limits_.streams_max = std::max<std::size_t>(limits.streams_max, 1);
}

void TcpStreams::take(const Packet& packet, const Frame& frame, Deliver deliver) {
    ledger_.enter(Stage::segment);
    TcpSegment segment;
    if (const Drop drop = parse_segment(packet, segment); drop != Drop::none) {
        return ledger_.drop(drop);
    }
    if (!contains(dns_ports_, segment.source_port) && !contains(dns_ports_, segment.destination_port)) {
        return ledger_.drop(Drop::segment_port);
    }
    ++segments_;
    if (second_of(frame.clock) != second_) {
        close_idle(frame, deliver);
    }
    sequence_ = frame.sequence;
    clock_ = frame.clock;

    const Endpoint source{packet.source, segment.source_port};
    const Endpoint destination{packet.destination, segment.destination_port};
    const std::size_t from = source < destination ? 0 : 1;
    const StreamKey key{from == 0 ? std::array{source, destination} : std::array{destination, source}};
    const auto known = index_.find(key);
    const bool is_empty = segment.payload_size() == 0 || segment.rst;  // a RST may carry words, but no octets
    if (is_empty) {
        ledger_.drop(Drop::segment_empty);
        // Only a SYN and octets are reasons to follow a stream.
        if (known == index_.end() && (segment.rst || !segment.syn)) {
            return;
        }
    }
    const Position stream = known != index_.end() ? known->second : create(key, !is_empty, deliver);
    TcpDirection& direction = stream->directions[from];
    if (segment.rst) {
        // One with wild numbers is not believed (RFC 9293 section 3.10.7.4): its sender has not seen the stream. Nor
        // does it make the stream younger, whose place in its list tells how long it has been idle.
        if (!direction.started() || direction.reaches(segment.sequence)) {
            close(stream, Drop::segment_incomplete, deliver);
        }
        return;
    }
    stream->last_seen = segments_;
    stream->last_second = second_;
    if (segment.syn) {
        begin(*stream, from, segment, deliver);
    }
    if (segment.ack) {
        stream->directions[1 - from].acknowledge(segment.acknowledgment);
        drain(*stream, 1 - from, deliver);
    }
    if (!is_empty) {
        if (direction.started() && !direction.reaches(segment.payload_sequence())) {
            restart(*stream, from, deliver);
        }
        stream->has_data = true;
        direction.add(segment, {.time = frame.time, .order = segments_, .time_digits = frame.time_digits}, *assembly_);
    }
    if (segment.fin) {
        direction.end(segment.payload_sequence() + static_cast<std::uint32_t>(segment.payload_size()));
    }
    drain(*stream, from, deliver);
    settle(stream, deliver);
}

/// A stream that is not in the table. Its place is found by settle().
TcpStreams::Position TcpStreams::create(const StreamKey& key, bool has_data, Deliver deliver) {
    const std::size_t opening_max = std::max<std::size_t>(limits_.streams_max / 4, 1);
    Streams& opening = list_of(StreamPlace::opening);
    const bool is_full = index_.size() >= limits_.streams_max;
    if (!opening.empty() && (is_full || (!has_data && opening.size() >= opening_max))) {
        close(opening.begin(), Drop::segment_evicted, deliver);
    } else if (is_full) {
        close(*oldest(), Drop::segment_evicted, deliver);
    }
    if (spare_.empty()) {
        spare_.emplace_back();
    }
    opening.splice(opening.end(), spare_, spare_.begin());
    const Position stream = std::prev(opening.end());
    *stream = TcpStream{};
    stream->key = key;
    stream->first_seen = segments_;
    index_.emplace(key, stream);
    return stream;
}

/// A SYN from ends[from]: the first of its stream, one that is repeated, or one with which the ports are used again.
void TcpStreams::begin(TcpStream& stream, std::size_t from, const TcpSegment& segment, Deliver deliver) {
    TcpDirection& direction = stream.directions[from];
    if (direction.began_with(segment.sequence)) {
        return direction.start(segment.sequence);
    }
    const bool was_started = direction.started();
    if (was_started) {
        restart(stream, from, deliver);
    }
    // An answer by SYN cookies may have another number each time, so it leaves alone what it answers. And where the
    // directions were captured apart, the answer may even come before what it answers.
    TcpDirection& other = stream.directions[1 - from];
    const bool belongs = was_started ? segment.ack && other.is_answered_by(segment.acknowledgment)
                                     : segment.ack || other.has_only_begun();
    if (!belongs) {
        restart(stream, 1 - from, deliver);
    }
    direction.start(segment.sequence);
}

/// The ports are used for another stream, as far as this direction goes.
void TcpStreams::restart(TcpStream& stream, std::size_t from, Deliver deliver) {
    stream.directions[from].give_up(Drop::segment_incomplete);
    drain(stream, from, deliver);
    stream.directions[from] = TcpDirection{};
}

void TcpStreams::drain(TcpStream& stream, std::size_t from, Deliver deliver) {
    const Endpoint& source = stream.key.ends[from];
    const Endpoint& destination = stream.key.ends[1 - from];
    TcpMessage message;
    while (stream.directions[from].next(message, *assembly_)) {
        deliver(Envelope{.time = message.arrival.time,
                         .clock = clock_,
                         .source = source.address,
                         .destination = destination.address,
                         .source_port = source.port,
                         .destination_port = destination.port,
                         .transport = Transport::tcp,
                         .time_digits = message.arrival.time_digits,
                         .sequence = sequence_},
                message.octets);
    }
}

/// After a segment: the stream has ended, or it goes to the young end of where it belongs now.
void TcpStreams::settle(Position stream, Deliver deliver) {
    const auto& [one, two] = stream->directions;
    if (one.ended() && two.ended()) {
        return close(stream, Drop::segment_incomplete, deliver);
    }
    const bool holds = one.holds_octets() || two.holds_octets();
    const StreamPlace place = holds              ? StreamPlace::holding
                              : stream->has_data ? StreamPlace::quiet
                                                 : StreamPlace::opening;
    list_of(place).splice(list_of(place).end(), list_of(stream->place), stream);
    stream->place = place;
    while (assembly_->octets_held > limits_.octets_max && !list_of(StreamPlace::holding).empty()) {
        close(list_of(StreamPlace::holding).begin(), Drop::segment_evicted, deliver);
    }
}

void TcpStreams::close(Position stream, Drop reason, Deliver deliver) {
    for (std::size_t from = 0; from < 2; ++from) {
        stream->directions[from].give_up(reason);
        drain(*stream, from, deliver);
    }
    index_.erase(stream->key);
    spare_.splice(spare_.begin(), list_of(stream->place), stream);
}

/// The stream that was idle for longest, whatever it holds.
std::optional<TcpStreams::Position> TcpStreams::oldest() {
    std::optional<Position> found;
    for (Streams& list : lists_) {
        if (!list.empty() && (!found || list.front().last_seen < (*found)->last_seen)) {
            found = list.begin();
        }
    }
    return found;
}

void TcpStreams::close_idle(const Frame& frame, Deliver deliver) {
    second_ = second_of(frame.clock);
    sequence_ = frame.sequence;
    clock_ = frame.clock;
    const std::int64_t idle_max = std::chrono::ceil<std::chrono::seconds>(limits_.idle_timeout).count();
    for (auto stream = oldest(); stream; stream = oldest()) {
        // A clock that was set back an hour leaves streams behind that would otherwise be young for an hour.
        if (std::abs(second_ - (*stream)->last_second) <= idle_max) {
            return;
        }
        close(*stream, Drop::segment_expired, deliver);
    }
}

void TcpStreams::close_all(Deliver deliver) {
    std::vector<Position> streams;
    streams.reserve(index_.size());
    for (Streams& list : lists_) {
        for (Position stream = list.begin(); stream != list.end(); ++stream) {
            streams.push_back(stream);
        }
    }
    std::sort(streams.begin(), streams.end(), [](Position a, Position b) { return a->first_seen < b->first_seen; });
    for (const Position stream : streams) {
        close(stream, Drop::segment_incomplete, deliver);
    }
}

}  // namespace echotap
