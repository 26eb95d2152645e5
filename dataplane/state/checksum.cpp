// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/checksum.hpp"

// Compiled in: one file of ours is all that xxHash touches, and no library of its is needed where Echotap runs.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <string_view>

namespace echotap {

namespace {

ChecksumOctets canonical(XXH128_hash_t hash) {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, hash);
    ChecksumOctets octets;
    std::copy(std::begin(canonical.digest), std::end(canonical.digest), octets.begin());
    return octets;
}

}  // namespace

std::string hexadecimal(const ChecksumOctets& octets) {
    // By hand: g++ 12 sees an overflow in what {fmt} makes of "{:02x}" here, where there is none.
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t octet : octets) {
        text.push_back(digits[octet >> 4U]);
        text.push_back(digits[octet & 15U]);
    }
    return text;
}

struct Checksum::State {
    XXH3_state_t state;
};

Checksum::Checksum() : state_(std::make_unique<State>()) {
    XXH3_128bits_reset(&state_->state);
}

Checksum::~Checksum() = default;
Checksum::Checksum(Checksum&&) noexcept = default;
Checksum& Checksum::operator=(Checksum&&) noexcept = default;

void Checksum::add(Octets octets) {
    XXH3_128bits_update(&state_->state, octets.data(), octets.size());
}

ChecksumOctets Checksum::value() const {
    return canonical(XXH3_128bits_digest(&state_->state));
}

ChecksumOctets checksum(Octets octets) {
    return canonical(XXH3_128bits(octets.data(), octets.size()));
}

}  // namespace echotap
