// SPDX-License-Identifier: Apache-2.0
// The hash that decides which queriers a bottom-k sample keeps: an address goes in, 64 bits come out.
//
// It stands in window files by its consequences, so it never changes: SipHash-2-4 (the published function) of the 16
// octets of the address, IPv4 as ::ffff:a.b.c.d, under the `sample_key` that sites which merge have in common.
#pragma once

#include "config/ip_address.hpp"
#include "dataplane/keyed_hash.hpp"

namespace echotap {

inline std::uint64_t sample_hash(const HashKey& sample_key, const IpAddress& address) {
    return keyed_hash<2, 4>(sample_key, address.octets());
}

}  // namespace echotap
