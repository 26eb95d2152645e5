// SPDX-License-Identifier: Apache-2.0
// Streams of frames with one query each, with what a reference is to know of them, for the tests of windows.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

#include "benchmarks/frame_packer.hpp"
#include "benchmarks/query_names.hpp"
#include "dataplane/source_clock.hpp"
#include "tests/reference/window_flow_reference.hpp"

namespace echotap::test {

inline constexpr Timestamp start{std::chrono::seconds(1'700'000'000)};

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

inline std::vector<WindowLength> lengths(std::initializer_list<const char*> texts) {
    std::vector<WindowLength> parsed;
    for (const char* const text : texts) {
        parsed.push_back(WindowLength::parse(text).value());
    }
    return parsed;
}

/// Times ascend; each querier asks one authority of its family, so that all of its questions keep their order.
inline Stream quiet_stream(std::uint64_t seed, std::size_t size) {
    std::mt19937_64 random(seed);
    const auto skewed = [&](std::uint64_t range) { return random() % (random() % range + 1); };
    Stream stream;
    Timestamp now = start;
    for (std::size_t i = 0; i < size; ++i) {
        now += std::chrono::nanoseconds(random() % 400'000'000);
        const bool is_v4 = random() % 4 != 0;
        const std::uint64_t number = skewed(300);
        const IpAddress authority = address(is_v4 ? "192.0.2.1" : "2001:db8::1");
        AskedReference query{
            .time = now,
            .clock = {},
            .asked = {},
            .querier = is_v4 ? v4_address(0x0a00'0000U + static_cast<std::uint32_t>(number)) : v6_of(number)};
        const std::uint64_t about = skewed(200);
        const IpAddress originator =
            random() % 4 == 0 ? v6_of(about) : v4_address(0xcb00'7100U + static_cast<std::uint32_t>(about));
        if (random() % 20 == 0) {
            stream.add(query, reverse_name(originator).span(), authority, 16);
        } else if (random() % 6 == 0) {
            stream.add(query, minimised_name(originator, 2, false).span(), authority);
        } else {
            stream.add(query, reverse_name(originator).span(), authority);
        }
    }
    stream.finish();
    return stream;
}

}  // namespace echotap::test
