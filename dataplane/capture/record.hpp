// SPDX-License-Identifier: Apache-2.0
// What the readers of both capture formats share: how large a record may be, and what became of those that were lost.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

namespace echotap {

/// Captured octets of a record beyond which it is taken for damaged: what libpcap allows, or the snap length of the
/// capture where that is larger, up to 16 MiB.
inline constexpr std::uint32_t captured_max_default = 262'144;
inline constexpr std::uint32_t captured_max_limit = 16U << 20U;

constexpr std::uint32_t captured_max_for(std::uint32_t snap_length) {
    return std::clamp(snap_length, captured_max_default, captured_max_limit);
}

/// Records that a reader found and could not turn into frames.
struct RecordLosses {
    std::uint64_t truncated = 0;  // 0 or 1: the capture ends inside it
    std::uint64_t corrupt = 0;
    /// Empty, or what was wrong first, with its position: a predicate to be put behind the name of the file.
    std::string problem;
};

/// Loads an integer of a capture header. REQUIRES: sizeof(T) readable octets.
template <class T>
T load_native(const std::uint8_t* from) {
    T value = 0;
    std::memcpy(&value, from, sizeof value);
    return value;
}

inline std::uint16_t swap_order(std::uint16_t value) {
    return __builtin_bswap16(value);
}
inline std::uint32_t swap_order(std::uint32_t value) {
    return __builtin_bswap32(value);
}
inline std::uint64_t swap_order(std::uint64_t value) {
    return __builtin_bswap64(value);
}

}  // namespace echotap
