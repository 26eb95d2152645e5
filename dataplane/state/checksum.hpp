// SPDX-License-Identifier: Apache-2.0
// A checksum of 128 bits: octets go in, in any number of pieces; 16 octets come out.
//
// XXH3-128 (Collet, xxHash specification): as fast as memory, and a damaged file passes once in 2^128. It is no
// signature: whoever wants to can make a file with any checksum.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "dataplane/octets.hpp"

namespace echotap {

/// Most significant octet first (the canonical form of xxHash).
using ChecksumOctets = std::array<std::uint8_t, 16>;

ChecksumOctets checksum(Octets octets);

/// 32 digits.
std::string hexadecimal(const ChecksumOctets& octets);

class Checksum {
public:
    Checksum();
    ~Checksum();
    Checksum(Checksum&&) noexcept;
    Checksum& operator=(Checksum&&) noexcept;

    void add(Octets octets);
    /// Of all octets so far; more may follow.
    ChecksumOctets value() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace echotap
