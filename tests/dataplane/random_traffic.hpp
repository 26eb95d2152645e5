// SPDX-License-Identifier: Apache-2.0
// Random traffic for tests of whole lines: kinds of flows go in, frames in order of time with the clock of their source
// come out. The same seed gives the same frames.
//
// Every flow is one that could be told apart by who takes its frames: streams with gaps that only idleness or the end
// closes, streams of which a tunnel shows one half, packets in fragments that do not all come.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/source_clock.hpp"
#include "tests/packet_builder.hpp"

namespace echotap {

class RandomTraffic {
public:
    using Bytes = std::vector<std::uint8_t>;

    struct Sent {
        Timestamp time;
        Timestamp clock;
        Bytes octets;
    };

    explicit RandomTraffic(std::uint32_t seed) : random_(seed) {}

    /// What lies around the packets of a flow on the wire.
    enum class Around : std::uint8_t {
        nothing,
        half_gre,    // every other packet or so in GRE
        pseudowire,  // MPLS, with or without a control word; the inner MACs begin with 00 one way and 52 the other
    };

    /// A query and perhaps its response, from a random querier.
    void add_datagram(Around around) {
        const Flow flow = any_flow(around);
        const Bytes query = message(false);
        send(flow, true, any_time(), Udp{query});
        if (chance(30)) {
            send(flow, false, any_time(), Udp{message(true)});
        }
    }

    /// A stream of queries, split anywhere or at messages, out of order, with lost segments, acknowledged or not, that
    /// ends, is reset, or is silent from some time on.
    void add_stream(Around around) { add_stream(any_flow(around), any_time()); }

    /// Streams that lose their first query and are silent from one instant on: one second releases the others of all.
    void add_streams_that_fall_idle_together(Around around) {
        const Timestamp time = any_time();
        for (std::size_t i = between(3, 8); i > 0; --i) {
            const Flow flow = any_flow(around);
            send(flow, true, time, Tcp{.sequence = 0, .flags = syn});
            for (std::uint32_t at = 1001; at < 4000; at += 1000) {
                send(flow, true, time, Tcp{.sequence = at, .flags = ack, .octets = framed(message(false))});
            }
        }
    }

    /// A query in fragments: in any order, some repeated, some late beyond the timeout, some lost. In half of a tunnel,
    /// it is the inner packet or the tunnel's own that is in fragments.
    void add_fragments(Around around) {
        const Flow flow = any_flow(around);
        const Timestamp begin = any_time();
        const bool cuts_tunnel = around == Around::half_gre && chance(30);
        const Bytes datagram = PacketBuilder().udp(flow.port, 53).payload(message(false)).octets();
        const Bytes whole =
            cuts_tunnel
                ? PacketBuilder().gre().ipv4(flow.querier, flow.authority).carries(17).payload(datagram).octets()
                : datagram;
        const std::uint8_t protocol = cuts_tunnel ? 47 : 17;
        const auto id = static_cast<std::uint16_t>(random_());
        const std::size_t size = 8 * between(1, 4);
        for (std::size_t at = 0; at < whole.size(); at += size) {
            const std::size_t end = std::min(at + size, whole.size());
            const Fragment fragment{.protocol = protocol,
                                    .id = id,
                                    .at = at,
                                    .more = end < whole.size(),
                                    .of_tunnel = cuts_tunnel,
                                    .octets = Bytes(whole.begin() + static_cast<std::ptrdiff_t>(at),
                                                    whole.begin() + static_cast<std::ptrdiff_t>(end))};
            const Timestamp time = begin + std::chrono::milliseconds(between(0, chance(10) ? 40'000 : 900));
            if (!chance(8)) {
                send(flow, true, time, fragment);
            }
            if (chance(8)) {
                send(flow, true, time + std::chrono::milliseconds(between(0, 40'000)), fragment);
            }
        }
    }

    /// The frames of all flows in order of time. Some timestamps are wild; with `has_jumps` the time itself goes hours
    /// ahead and later further back, which the clock believes after 100 frames.
    std::vector<Sent> take(bool has_jumps) {
        std::stable_sort(sent_.begin(), sent_.end(), [](const Sent& a, const Sent& b) { return a.time < b.time; });
        std::vector<Timestamp> first;
        for (std::size_t i = 0; i < sent_.size(); ++i) {
            Timestamp& time = sent_[i].time;
            if (has_jumps && i > sent_.size() * 2 / 5) {
                time += std::chrono::hours(i > sent_.size() * 3 / 5 ? -5 : 2);
            }
            if (has_jumps && chance(1)) {
                time += std::chrono::hours(chance(50) ? 1000 : -1000);
            }
            if (first.size() < SourceClock::agreeing_frames_min) {
                first.push_back(time);
            }
        }
        SourceClock clock(first);
        for (Sent& frame : sent_) {
            frame.clock = clock.advance(frame.time);
        }
        return std::move(sent_);
    }

private:
    static constexpr std::uint8_t fin = 0x01;
    static constexpr std::uint8_t syn = 0x02;
    static constexpr std::uint8_t rst = 0x04;
    static constexpr std::uint8_t ack = 0x10;
    static constexpr std::size_t minutes = 12;

    struct Flow {
        std::string querier;
        std::string authority;
        std::uint16_t port;
        Around around;
    };

    struct Udp {
        Bytes octets;

        void put(PacketBuilder& to, std::uint16_t from_port, std::uint16_t to_port) const {
            to.udp(from_port, to_port).payload(octets);
        }
    };

    struct Tcp {
        std::uint32_t sequence = 0;
        std::uint32_t acknowledgment = 0;
        std::uint8_t flags = 0;
        Bytes octets{};

        void put(PacketBuilder& to, std::uint16_t from_port, std::uint16_t to_port) const {
            to.tcp(from_port, to_port, sequence, acknowledgment, flags).payload(octets);
        }
    };

    struct Fragment {
        std::uint8_t protocol;
        std::uint16_t id;
        std::size_t at;
        bool more;
        bool of_tunnel;
        Bytes octets;

        void put(PacketBuilder& to, std::uint16_t, std::uint16_t) const {
            to.ipv4_fragment(id, at, more).carries(protocol).payload(octets);
        }
    };

    static bool is_of_tunnel(const Fragment& fragment) { return fragment.of_tunnel; }
    template <class Content>
    static bool is_of_tunnel(const Content&) {
        return false;
    }

    // By hand, since the distributions of the standard library differ between its makers.
    std::size_t between(std::size_t least, std::size_t most) { return least + random_() % (most - least + 1); }
    std::uint32_t number() { return static_cast<std::uint32_t>(random_()); }
    bool chance(unsigned percent) { return random_() % 100 < percent; }

    /// Half of all times are whole seconds, so that many are equal.
    Timestamp any_time() {
        const auto second = Timestamp{} + std::chrono::seconds(1'600'000'000 + between(0, 60 * minutes));
        return chance(50) ? second : second + std::chrono::nanoseconds(between(0, 999'999'999));
    }

    Flow any_flow(Around around) {
        return {.querier = "192.0.2." + std::to_string(between(1, 60)),
                .authority = "198.51.100." + std::to_string(between(1, 3)),
                .port = static_cast<std::uint16_t>(between(1024, 65535)),
                .around = around};
    }

    static void append16(Bytes& to, std::size_t value) {
        to.push_back(static_cast<std::uint8_t>(value >> 8U));
        to.push_back(static_cast<std::uint8_t>(value));
    }

    static void append_label(Bytes& to, std::string_view label) {
        to.push_back(static_cast<std::uint8_t>(label.size()));
        to.insert(to.end(), label.begin(), label.end());
    }

    /// Mostly for a full reverse name of few, so that equal ones occur; else for a part of one, or for another name.
    Bytes message(bool is_response) {
        Bytes octets;
        append16(octets, random_() & 0xffffU);
        append16(octets, is_response ? 0x8180 : 0x0100);
        for (const std::size_t count : {1U, 0U, 0U, 0U}) {
            append16(octets, count);
        }
        if (chance(10)) {
            append_label(octets, "www");
            append_label(octets, "example");
        } else {
            for (std::size_t labels = chance(25) ? between(1, 3) : 4; labels > 0; --labels) {
                append_label(octets, std::to_string(between(1, 3)));
            }
            append_label(octets, "in-addr");
            append_label(octets, "arpa");
        }
        octets.push_back(0);
        append16(octets, 12);
        append16(octets, 1);
        return octets;
    }

    static Bytes framed(const Bytes& message) {
        Bytes octets;
        append16(octets, message.size());
        octets.insert(octets.end(), message.begin(), message.end());
        return octets;
    }

    void add_stream(const Flow& flow, Timestamp time) {
        std::uint32_t sequence = number();
        const std::uint32_t answers = number();
        if (chance(80)) {
            send(flow, true, time, Tcp{.sequence = sequence, .flags = syn});
            send(flow, false, time, Tcp{.sequence = answers, .acknowledgment = sequence + 1, .flags = syn | ack});
        }
        ++sequence;
        const bool is_acknowledged = chance(50);
        const bool cuts_anywhere = chance(50);
        for (std::size_t messages = between(1, 6); messages > 0; --messages) {
            const Bytes octets = framed(message(false));
            const std::size_t cut = cuts_anywhere ? between(1, octets.size()) : octets.size();
            for (const auto& [from, to] : {std::pair{std::size_t{0}, cut}, std::pair{cut, octets.size()}}) {
                const auto back = std::chrono::milliseconds(chance(20) ? between(0, 2000) : 0);
                if (from < to && !chance(15)) {
                    send(flow, true, time - back,
                         Tcp{.sequence = sequence + static_cast<std::uint32_t>(from),
                             .acknowledgment = answers + 1,
                             .flags = ack,
                             .octets = Bytes(octets.begin() + static_cast<std::ptrdiff_t>(from),
                                             octets.begin() + static_cast<std::ptrdiff_t>(to))});
                }
                time += std::chrono::milliseconds(between(0, chance(5) ? 150'000 : 1500));
            }
            sequence += static_cast<std::uint32_t>(octets.size());
            if (is_acknowledged && chance(50)) {
                send(flow, false, time, Tcp{.sequence = answers + 1, .acknowledgment = sequence, .flags = ack});
            }
        }
        if (chance(40)) {
            const std::uint8_t end = chance(30) ? rst : fin;
            send(flow, true, time,
                 Tcp{.sequence = sequence,
                     .acknowledgment = answers + 1,
                     .flags = static_cast<std::uint8_t>(end | ack)});
            send(flow, false, time, Tcp{.sequence = answers + 1, .acknowledgment = sequence + 1, .flags = fin | ack});
        }
    }

    template <class Content>
    void send(const Flow& flow, bool is_query, Timestamp time, const Content& content) {
        const auto& [from, to] =
            is_query ? std::pair{flow.querier, flow.authority} : std::pair{flow.authority, flow.querier};
        PacketBuilder packet;
        packet.ethernet();
        if (is_of_tunnel(content)) {
            packet.ipv4("203.0.113.1", "203.0.113.2");
        } else {
            if (flow.around == Around::half_gre && chance(50)) {
                packet.ipv4("203.0.113.1", "203.0.113.2").gre();
            } else if (flow.around == Around::pseudowire) {
                packet.mpls(100, true);
                if (chance(50)) {
                    packet.append({0, 0, 0, 0});
                }
                const std::size_t inner = packet.size();
                packet.ethernet().set(inner, is_query ? 0x00 : 0x52);
            }
            packet.ipv4(from, to);
        }
        content.put(packet, is_query ? flow.port : std::uint16_t{53}, is_query ? std::uint16_t{53} : flow.port);
        sent_.push_back({.time = time, .clock = {}, .octets = packet.octets()});
    }

    std::mt19937 random_;
    std::vector<Sent> sent_;
};

}  // namespace echotap
