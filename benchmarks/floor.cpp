// SPDX-License-Identifier: Apache-2.0
#include "benchmarks/floor.hpp"

#include <algorithm>
#include <cstring>

#include "dataplane/octets.hpp"

namespace echotap {

namespace {

constexpr std::uintptr_t cache_line_size = 64;

std::uint32_t load32(const std::uint8_t* from) {
    std::uint32_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return value;
}

bool is_ptr_query(const std::uint8_t* frame, std::uint32_t captured) {
    if (captured < 60) {
        return false;
    }
    const std::uint8_t* at = frame + 12;
    std::uint16_t ethertype = load_be16(at);
    if (ethertype == 0x8100) {
        at += 4;
        ethertype = load_be16(at);
    }
    at += 2;
    std::uint8_t protocol = 0;
    if (ethertype == 0x0800) {
        protocol = at[9];
        at += (at[0] & 0xfU) * 4U;
    } else if (ethertype == 0x86dd) {
        protocol = at[6];
        at += 40;
    }
    constexpr std::uint8_t response_and_opcode = 0xf8;
    if (protocol != 17 || load_be16(at + 2) != 53 || (at[10] & response_and_opcode) != 0) {
        return false;
    }
    const std::uint8_t* const end = frame + captured;
    at += 20;
    while (at < end && *at != 0) {
        at += *at + 1;
    }
    return end - at >= 3 && load_be16(at + 1) == 12;
}

}  // namespace

std::uint64_t touch_frames(Burst frames) {
    std::uint64_t sum = 0;
    for (const Frame& frame : frames) {
        const std::uint8_t* at = frame.octets;
        const std::uint8_t* const end = at + std::min(frame.captured, touched_octets_max);
        sum += load32(at);
        at += cache_line_size - reinterpret_cast<std::uintptr_t>(at) % cache_line_size;
        for (; at < end; at += cache_line_size) {
            sum += load32(at);
        }
    }
    return sum;
}

std::uint64_t walk_frames(Burst frames) {
    std::uint64_t count = 0;
    for (const Frame& frame : frames) {
        count += is_ptr_query(frame.octets, frame.captured) ? 1 : 0;
    }
    return count;
}

std::uint64_t walk_pcap(Octets file) {
    constexpr std::size_t file_header_size = 24;
    constexpr std::size_t record_header_size = 16;
    std::uint64_t count = 0;
    const std::uint8_t* const end = file.data() + file.size();
    for (const std::uint8_t* at = file.data() + file_header_size; at < end;) {
        const std::uint32_t captured = load32(at + 8);
        at += record_header_size;
        count += is_ptr_query(at, captured) ? 1 : 0;
        at += captured;
    }
    return count;
}

}  // namespace echotap
