// SPDX-License-Identifier: Apache-2.0
// Octets as a reference reads them: copied, with every access checked, and refused with a reason where they end too
// early.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/drop.hpp"

namespace echotap::reference {

using Bytes = std::vector<std::uint8_t>;

struct CheckedOctets {
    struct Refused {
        Drop reason;
    };

    [[noreturn]] static void refuse(Drop reason) { throw Refused{reason}; }

    static void need(const Bytes& octets, std::size_t size, Drop otherwise = Drop::link_truncated) {
        if (octets.size() < size) {
            refuse(otherwise);
        }
    }

    static unsigned be16(const Bytes& octets, std::size_t at) { return octets.at(at) * 256U + octets.at(at + 1); }

    static Bytes from(const Bytes& octets, std::size_t at) {
        need(octets, at);
        return {octets.begin() + static_cast<std::ptrdiff_t>(at), octets.end()};
    }

    static Bytes first(const Bytes& octets, std::size_t size) {
        Bytes some;
        for (std::size_t i = 0; i < size && i < octets.size(); ++i) {
            some.push_back(octets.at(i));
        }
        return some;
    }
};

}  // namespace echotap::reference
