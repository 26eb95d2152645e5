// SPDX-License-Identifier: Apache-2.0
// Reverse names: a QNAME goes in; the address or prefix that it asks about comes out, or why it asks about none.
//
// in-addr.arpa: RFC 1035 section 3.5, four decimal labels, least significant octet first. ip6.arpa: RFC 3596 section
// 2.5, 32 labels of one hex digit, least significant nibble first. Letters in any case (0x20). Fewer labels ask about
// a prefix: that is what resolvers send that minimise QNAMEs (RFC 9156), some of them with a leading label `_`.
#pragma once

#include <cstdint>

#include "config/ip_address.hpp"
#include "dataplane/drop.hpp"
#include "dataplane/octets.hpp"

namespace echotap {

struct ReverseName {
    /// The address asked about; for a shorter name its prefix, host bits zero.
    IpAddress address;
    /// Labels of the address that the name gives: 1 to 4 under in-addr.arpa, 1 to 32 under ip6.arpa.
    std::uint8_t depth = 0;
    bool is_full = false;
    /// Under ip6.arpa; the address alone does not say so, since it may lie in ::ffff:0:0/96.
    bool is_v6 = false;

    /// The prefix that a shorter name asks about.
    Prefix prefix() const { return {address, is_v6 ? 4U * depth : 96U + 8U * depth}; }
};

/// Reads an uncompressed QNAME (1 to 255 octets that end with the root label, as in Question::name). Returns
/// Drop::none and fills `reverse`, or the kind of name that it is instead (Stage::query).
Drop parse_reverse_name(Octets name, ReverseName& reverse);

}  // namespace echotap
