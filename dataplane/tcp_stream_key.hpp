// SPDX-License-Identifier: Apache-2.0
// What tells TCP streams apart: addresses and ports of a segment go in, one key for both directions comes out.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "config/ip_address.hpp"
#include "dataplane/keyed_hash.hpp"

namespace echotap {

struct Endpoint {
    IpAddress address;
    std::uint16_t port = 0;
    friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// The two ends of a stream, the lower one first.
struct StreamKey {
    std::array<Endpoint, 2> ends;
    friend bool operator==(const StreamKey&, const StreamKey&) = default;
};

static_assert(sizeof(StreamKey) == 36, "hashed as it lies in memory: it must have no gaps");

/// A hash with a key of its own in every table, so that nobody outside can aim at one slot. Nothing that is put out may
/// depend on it.
class StreamKeyHash {
public:
    std::size_t operator()(const StreamKey& stream) const {
        return keyed_hash(key_, {reinterpret_cast<const std::uint8_t*>(&stream), sizeof stream});
    }

private:
    HashKey key_ = HashKey::random();
};

}  // namespace echotap
