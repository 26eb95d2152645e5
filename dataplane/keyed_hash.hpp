// SPDX-License-Identifier: Apache-2.0
// A keyed hash for the tables that strangers fill: octets and a secret key go in, 64 bits come out.
//
// SipHash (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012) with one round per word and three at the end,
// as hash tables use it: whoever spoofs packets cannot aim them at one bucket without the key. Results never depend on
// the key, since no table is walked in the order of its hashes.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "dataplane/octets.hpp"

namespace echotap {

struct HashKey {
    std::uint64_t first = 0;
    std::uint64_t second = 0;

    /// From the operating system's randomness. At start-up, not per packet.
    static HashKey random();
};

/// SipHash with `word_rounds` rounds per 8 octets and `final_rounds` at the end. 2 and 4 is the published function,
/// which the test vectors are for; 1 and 3 is what tables take.
template <int word_rounds = 1, int final_rounds = 3>
std::uint64_t keyed_hash(const HashKey& key, Octets octets) {
    std::uint64_t v0 = key.first ^ 0x736f6d6570736575U;
    std::uint64_t v1 = key.second ^ 0x646f72616e646f6dU;
    std::uint64_t v2 = key.first ^ 0x6c7967656e657261U;
    std::uint64_t v3 = key.second ^ 0x7465646279746573U;
    const auto mix = [&](int rounds) {
        for (int round = 0; round < rounds; ++round) {
            v0 += v1;
            v2 += v3;
            v1 = std::rotl(v1, 13) ^ v0;
            v3 = std::rotl(v3, 16) ^ v2;
            v0 = std::rotl(v0, 32) + v3;
            v2 += v1;
            v3 = std::rotl(v3, 21) ^ v0;
            v1 = std::rotl(v1, 17) ^ v2;
            v2 = std::rotl(v2, 32);
        }
    };
    const auto absorb = [&](std::uint64_t word) {
        v3 ^= word;
        mix(word_rounds);
        v0 ^= word;
    };
    Octets left = octets;
    for (; left.size() >= 8; left = left.subspan(8)) {
        std::uint64_t word = 0;
        std::memcpy(&word, left.data(), 8);
        absorb(word);
    }
    std::uint64_t tail = 0;
    if (!left.empty()) {
        std::memcpy(&tail, left.data(), left.size());
    }
    absorb(tail | static_cast<std::uint64_t>(octets.size()) << 56U);
    v2 ^= 0xff;
    mix(final_rounds);
    return v0 ^ v1 ^ v2 ^ v3;
}

}  // namespace echotap
