// SPDX-License-Identifier: Apache-2.0
// Octets on the wire: spans of them and big-endian loads. Nothing here checks bounds; callers do, once per header.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

namespace echotap {

using Octets = std::span<const std::uint8_t>;

/// REQUIRES: 2 readable octets.
inline std::uint16_t load_be16(const std::uint8_t* from) {
    std::uint16_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return __builtin_bswap16(value);
}

/// REQUIRES: 4 readable octets.
inline std::uint32_t load_be32(const std::uint8_t* from) {
    std::uint32_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return __builtin_bswap32(value);
}

}  // namespace echotap
