// SPDX-License-Identifier: Apache-2.0
// Any octets as a capture of a TCP stream.
//
// The first octet chooses: an even one plays segments of one direction after a SYN, of which the slow reference must
// make the same messages at the same segments; an odd one plays anything that two hosts may send (flags,
// acknowledgments, cut segments, pauses) under tight bounds. In both the books must balance and the bounds hold.
// Every segment has a header of 5 octets (flags and size, sequence in two, the two others by flag) and a payload.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "dataplane/tcp_streams.hpp"
#include "tests/dataplane/tcp_packet.hpp"
#include "tests/reference/tcp_reference.hpp"

namespace {

using namespace echotap;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

class Input {
public:
    Input(const std::uint8_t* octets, std::size_t size) : octets_(octets, octets + size) {}
    bool is_empty() const { return at_ == octets_.size(); }
    std::uint8_t octet() { return is_empty() ? std::uint8_t{0} : octets_[at_++]; }
    std::uint32_t two() { return octet() * 256U + octet(); }
    tcp_test::Bytes octets(std::size_t count) {
        const std::size_t from = at_;
        at_ = std::min(octets_.size(), at_ + count);
        return {octets_.begin() + static_cast<std::ptrdiff_t>(from),
                octets_.begin() + static_cast<std::ptrdiff_t>(at_)};
    }

private:
    std::vector<std::uint8_t> octets_;
    std::size_t at_ = 0;
};

struct Player {
    explicit Player(const TcpLimits& the_limits) : limits(the_limits), streams(the_limits, ports, ledger) {}

    void play(bool from_client, std::uint32_t sequence, std::uint32_t acknowledgment, std::uint8_t flags,
              const tcp_test::Bytes& payload, std::uint32_t missing) {
        const std::uint16_t source_port = from_client ? 1000 : 53;
        const std::uint16_t destination_port = from_client ? 53 : 1000;
        const tcp_test::Bytes octets =
            tcp_test::tcp_packet(source_port, destination_port, sequence, acknowledgment, flags, payload);
        Packet packet;
        packet.payload = octets;
        packet.missing = missing;
        Frame frame;
        frame.time = clock;
        frame.clock = clock;
        streams.add(packet, frame, [&](const Envelope&, Octets message) { take(message); });
        ++segments;
        require(ledger.held(Stage::segment) >= 0);
        require(streams.octets_held() <= limits.octets_max && streams.stream_count() <= limits.streams_max);
    }
    void finish() {
        streams.finish([&](const Envelope&, Octets message) { take(message); });
        require(ledger.held(Stage::segment) == 0 && streams.octets_held() == 0 && streams.stream_count() == 0);
    }
    void take(Octets message) {
        require(message.size() >= message_header_size);
        messages.push_back({tcp_test::Bytes(message.begin(), message.end()), segments});
    }

    std::vector<std::uint16_t> ports{53};
    TcpLimits limits;
    Ledger ledger;
    TcpStreams streams;
    Timestamp clock{};
    std::size_t segments = 0;
    std::vector<reference::ReferenceMessage> messages;
};

void play_one_direction(Input& input) {
    TcpLimits limits;
    limits.stream_octets_max = limits.octets_max;
    Player player(limits);
    const std::uint32_t isn = 0U - input.two() % 256;  // so that many wrap around
    player.play(true, isn, 0, tcp_test::syn, {}, 0);
    std::vector<reference::ReferenceSegment> segments;
    while (!input.is_empty()) {
        const std::size_t size = 1 + input.octet() % 64;
        const std::uint64_t position = input.two() % 1024;
        const tcp_test::Bytes payload = input.octets(size);
        segments.push_back({position, payload});
        player.play(true, isn + 1 + static_cast<std::uint32_t>(position), 0, 0, payload, 0);
    }
    reference::ReferenceStream expected = reference::read_stream(segments);
    for (reference::ReferenceMessage& message : expected.messages) {
        ++message.completed_by;  // the SYN was 0
    }
    require(player.messages.size() >= expected.messages.size());
    require(expected.framing_is_wrong || player.messages.size() == expected.messages.size());
    require(std::equal(expected.messages.begin(), expected.messages.end(), player.messages.begin()));
    player.finish();
}

void play_anything(Input& input) {
    TcpLimits limits;
    limits.streams_max = 1;
    limits.stream_octets_max = 100 + input.octet() * 8U;
    limits.octets_max = 100 + input.octet() * 8U;
    Player player(limits);
    while (!input.is_empty()) {
        const std::uint8_t flags = input.octet();
        const std::size_t size = input.octet() % 64;
        const std::uint32_t sequence = (flags & 0x20U) != 0 ? input.two() << 16U : input.two() % 512 - 256;
        const std::uint32_t acknowledgment = (flags & 0x10U) != 0 ? input.two() % 512 - 256 : 0;
        const std::uint32_t missing = (flags & 0x40U) != 0 ? input.octet() : 0;
        player.clock += std::chrono::seconds(missing);
        player.play((flags & 0x80U) != 0, sequence, acknowledgment, flags & 0x1fU, input.octets(size), missing);
    }
    player.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    Input input(octets, size);
    input.octet() % 2 == 0 ? play_one_direction(input) : play_anything(input);
    return 0;
}
