// SPDX-License-Identifier: Apache-2.0
// Numbers of fixed size in files, the least significant octet first.
#pragma once

#include <cstddef>
#include <cstdint>

namespace echotap {

/// REQUIRES: sizeof(T) writable octets.
template <class T>
void store_le(std::uint8_t* at, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        at[i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
}

/// REQUIRES: sizeof(T) readable octets.
template <class T>
T load_le(const std::uint8_t* at) {
    T value = 0;
    for (std::size_t i = sizeof(T); i-- > 0;) {
        value = static_cast<T>(value << 8U | at[i]);
    }
    return value;
}

}  // namespace echotap
