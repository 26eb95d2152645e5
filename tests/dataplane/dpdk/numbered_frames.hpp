// SPDX-License-Identifier: Apache-2.0
// Frames that know their number, and a taker that keeps what it is fed: who got which frame, how often, when.
#pragma once

#include <atomic>
#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "dataplane/dpdk/burst_taker.hpp"
#include "dataplane/octets.hpp"

namespace echotap {

/// A DNS query or its response, of a few hundred queriers, over UDP or TCP, IPv4 or IPv6, tagged or not, by turns of
/// `number`, which stands in its last four octets. Number n and n + 1, for even n, are the two directions of one flow.
inline std::vector<std::uint8_t> numbered_frame(std::uint32_t number, std::size_t padding = 0) {
    const std::uint32_t flow = number / 2 % 512;
    const bool back = number % 2 == 1;
    const bool v6 = flow % 5 == 0;
    const bool tcp = flow % 7 == 0;
    std::vector<std::uint8_t> frame{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
    const auto put = [&frame](std::initializer_list<std::size_t> octets) {
        for (const std::size_t octet : octets) {
            frame.push_back(static_cast<std::uint8_t>(octet));
        }
    };
    if (flow % 3 == 0) {
        put({0x81, 0, 0, 100});
    }
    const std::size_t payload = (tcp ? 20 : 8) + 29 + padding + 4;
    const auto address = [&](bool authority) {
        if (v6) {
            put({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, authority ? 1U : 2U, authority ? 0U : flow >> 8U,
                 authority ? 53 : flow});
        } else if (authority) {
            put({198, 51, 100, 53});
        } else {
            put({192, 0, 2 + (flow >> 8U), flow});
        }
    };
    if (v6) {
        put({0x86, 0xdd, 0x60, 0, 0, 0, payload >> 8U, payload, tcp ? 6U : 17U, 64});
    } else {
        const std::size_t total = 20 + payload;
        put({8, 0, 0x45, 0, total >> 8U, total, 0, 0, 0, 0, 64, tcp ? 6U : 17U, 0, 0});
    }
    address(back);
    address(!back);
    const std::size_t port = 1024 + flow;
    if (back) {
        put({0, 53, port >> 8U, port});
    } else {
        put({port >> 8U, port, 0, 53});
    }
    if (tcp) {
        put({number >> 24U, number >> 16U, number >> 8U, number, 0, 0, 0, 0, 0x50, 0x18, 1, 0, 0, 0, 0, 0});
    } else {
        put({payload >> 8U, payload, 0, 0});
    }
    // "1.in-addr.arpa. PTR IN", an identifier, and the direction in QR.
    put({number >> 8U,
         number,
         back ? 0x80U : 0U,
         0,
         0,
         1,
         0,
         0,
         0,
         0,
         0,
         0,
         1,
         '1',
         7,
         'i',
         'n',
         '-',
         'a',
         'd',
         'd',
         'r',
         0,
         0,
         12,
         0,
         1,
         0,
         0});
    frame.resize(frame.size() + padding, 0x5a);
    put({number >> 24U, number >> 16U, number >> 8U, number});
    return frame;
}

/// The number of a frame made by numbered_frame(), or nothing sensible for another one.
inline std::uint32_t number_of(Octets frame) {
    return frame.size() < 60 ? UINT32_MAX : load_be32(frame.data() + frame.size() - 4);
}

/// A pcap file of microseconds; frame n has the time begin + n * 1,001 microseconds.
inline Timestamp numbered_time(std::uint32_t number) {
    using namespace std::chrono;
    return Timestamp(seconds(1700000000)) + microseconds(std::int64_t{number} * 1001);
}

inline void write_pcap(const std::string& path, std::uint32_t count, std::size_t padding = 0) {
    std::ofstream file(path, std::ios::binary);
    const auto put = [&file](std::uint32_t value) { file.write(reinterpret_cast<const char*>(&value), sizeof value); };
    for (const std::uint32_t word : {0xa1b2c3d4U, 0x00040002U, 0U, 0U, 65535U, 1U}) {
        put(word);
    }
    for (std::uint32_t number = 0; number < count; ++number) {
        const auto time = numbered_time(number).time_since_epoch();
        const std::vector<std::uint8_t> frame = numbered_frame(number, padding);
        put(static_cast<std::uint32_t>(std::chrono::floor<std::chrono::seconds>(time).count()));
        put(static_cast<std::uint32_t>(time.count() % 1'000'000'000 / 1000));
        put(static_cast<std::uint32_t>(frame.size()));
        put(static_cast<std::uint32_t>(frame.size()));
        file.write(reinterpret_cast<const char*>(frame.data()), static_cast<std::streamsize>(frame.size()));
    }
}

/// Keeps numbers and times of the frames that are as numbered_frame() made them, and counts the others.
class FrameKeeper final : public BurstTaker {
public:
    explicit FrameKeeper(std::size_t padding = 0) : padding_(padding) {}

    void feed(Burst burst) override {
        for (const Frame& frame : burst) {
            const std::uint32_t number = number_of(frame.span());
            const std::vector<std::uint8_t> octets(frame.octets, frame.octets + frame.captured);
            if (number < 1'000'000 && octets == numbered_frame(number, padding_) && frame.length == frame.captured) {
                ++times_seen[number];
                times[number] = frame.time;
                order.push_back(number);
            } else {
                ++others;
            }
            clock_ran_back = clock_ran_back || frame.clock < clock;
            clock = frame.clock;
        }
        frames.fetch_add(burst.size(), std::memory_order_release);
    }

    void finish() override { ++finishes; }

    std::atomic<std::size_t> frames = 0;  // the only one to be read while the tap runs
    std::map<std::uint32_t, int> times_seen;
    std::map<std::uint32_t, Timestamp> times;
    std::vector<std::uint32_t> order;
    std::uint64_t others = 0;
    int finishes = 0;
    Timestamp clock;
    bool clock_ran_back = false;

private:
    std::size_t padding_;
};

}  // namespace echotap
