// SPDX-License-Identifier: Apache-2.0
// Streams of frames with reverse queries, random or given, with what a reference is to know of each, and configurations
// of windows to run them through.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

#include "config/window_config.hpp"
#include "dataplane/source_clock.hpp"
#include "tests/reference/window_flow_reference.hpp"
#include "tools/simulator/frame_packer.hpp"
#include "tools/simulator/query_names.hpp"

namespace echotap::test {

using namespace std::chrono_literals;

inline constexpr Timestamp start{std::chrono::seconds(1'700'000'000)};
inline constexpr HashKey table_key{0x0123'4567'89ab'cdefU, 0xfedc'ba98'7654'3211U};

inline IpAddress address(const char* text) {
    return IpAddress::parse(text).value();
}

inline IpAddress v6_of(std::uint64_t number) {
    return address(("2001:db8:" + std::to_string(number % 10) + "::" + std::to_string(number)).c_str());
}

/// A stream of frames with what the reference is to know of it.
struct Stream {
    std::vector<AskedReference> asked;
    std::vector<std::vector<std::uint8_t>> octets;
    std::vector<Frame> frames;

    void add(const AskedReference& query, const Octets name, const IpAddress& authority, std::uint8_t type = 12) {
        std::vector<std::uint8_t> message{0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
        message.insert(message.end(), name.begin(), name.end());
        message.insert(message.end(), {0, type, 0, 1});
        std::vector<std::uint8_t> frame(frame_headers_size_max + message.size());
        frame.resize(pack_udp(frame.data(), {query.querier, authority, 4000, 53}, false, message));
        asked.push_back(query);
        octets.push_back(std::move(frame));
    }

    /// Sets the clocks as a capture's reader would, and lets the frames point at their octets.
    void finish() {
        std::vector<Timestamp> first;
        for (std::size_t i = 0; i < std::min<std::size_t>(asked.size(), SourceClock::agreeing_frames_min); ++i) {
            first.push_back(asked[i].time);
        }
        SourceClock clock(first);
        for (std::size_t i = 0; i < asked.size(); ++i) {
            asked[i].clock = clock.advance(asked[i].time);
            const auto size = static_cast<std::uint32_t>(octets[i].size());
            frames.push_back({.octets = octets[i].data(),
                              .captured = size,
                              .length = size,
                              .time = asked[i].time,
                              .clock = asked[i].clock,
                              .link = LinkType::ethernet});
        }
    }
};

/// Queriers ask again and again about a few and about many; times run back, are late and, where `is_wild`, wild, and
/// jump.
inline Stream random_stream(std::uint64_t seed, std::size_t size, bool has_views, bool is_wild = true) {
    std::mt19937_64 random(seed);
    const auto one_in = [&](std::uint64_t count) { return random() % count == 0; };
    const auto skewed = [&](std::uint64_t range) { return random() % (random() % range + 1); };
    Stream stream;
    Timestamp now = start + std::chrono::nanoseconds(random() % 1'000'000'000'000);
    for (std::size_t i = 0; i < size; ++i) {
        now += std::chrono::nanoseconds(random() % 3'000'000'000);
        if (is_wild && i == size / 2 && seed % 3 == 1) {
            now += 50h;
        }
        if (is_wild && i == size / 4 * 3 && seed % 4 == 2) {
            now -= 24h * 9;
        }
        Timestamp time = now;
        if (one_in(10)) {
            time -= std::chrono::nanoseconds(random() % 50'000'000'000);
        } else if (one_in(40)) {
            time -= std::chrono::seconds(random() % 1500);
        } else if (is_wild && one_in(80)) {
            time += std::chrono::seconds(random() % 5'000'000) - 2'500'000s;
        }
        const bool is_v4 = !one_in(4);
        const std::uint64_t number = skewed(one_in(2) ? 20 : 300);
        const std::uint16_t side = one_in(3) ? 1 : 0;
        const IpAddress authority =
            is_v4 ? v4_address(0xc000'0201U + side) : address(side == 0 ? "2001:db8::1" : "2001:db8::2");
        AskedReference query{
            .time = time,
            .clock = {},
            .asked = {},
            .querier = is_v4 ? v4_address(0x0a00'0000U + static_cast<std::uint32_t>(number)) : v6_of(number),
            .view = static_cast<std::uint16_t>(has_views ? side + (is_v4 ? 0 : 2) : 0)};
        const std::uint64_t about = skewed(one_in(2) ? 5 : 200);
        const IpAddress originator =
            one_in(4) ? v6_of(about) : v4_address(0xcb00'7100U + static_cast<std::uint32_t>(about));
        if (one_in(20)) {
            query.is_query = false;
            stream.add(query, reverse_name(originator).span(), authority, 16);
        } else if (one_in(6)) {
            const unsigned labels = 1 + static_cast<unsigned>(random() % 3);
            const unsigned bits = originator.is_v4() ? 96 + 8 * labels : 4 * labels;
            query.kind = OriginatorKind::prefix;
            query.asked = mark_prefix(Prefix(originator, bits));
            stream.add(query, minimised_name(originator, labels, false).span(), authority);
        } else {
            query.kind = originator.is_v4() ? OriginatorKind::v4 : OriginatorKind::v6;
            query.asked = originator;
            stream.add(query, reverse_name(originator).span(), authority);
        }
    }
    stream.finish();
    return stream;
}

inline Stream stream_of(std::initializer_list<Timestamp> times) {
    Stream stream;
    for (const Timestamp time : times) {
        const IpAddress originator = address("203.0.113.7");
        stream.add({.time = time, .clock = {}, .asked = originator, .querier = address("198.51.100.9")},
                   reverse_name(originator).span(), address("192.0.2.1"));
    }
    stream.finish();
    return stream;
}

inline std::vector<WindowLength> lengths(std::initializer_list<const char*> texts) {
    std::vector<WindowLength> parsed;
    for (const char* const text : texts) {
        parsed.push_back(WindowLength::parse(text).value());
    }
    return parsed;
}

struct Case {
    std::vector<WindowLength> lengths;
    std::chrono::nanoseconds grace;
    std::chrono::nanoseconds repeat_interval;
};

inline std::vector<Case> cases() {
    return {{lengths({"whole"}), 30s, 30s},
            {lengths({"10m"}), 30s, 30s},
            {lengths({"1m", "1h:v4", "7m:v6", "whole"}), 30s, 30s},
            {lengths({"5m", "whole:v6"}), 0s, 0s},
            {lengths({"1d", "2m:v4"}), 90s, 10min}};
}

}  // namespace echotap::test
