// SPDX-License-Identifier: Apache-2.0
// QNAMEs as a root server meets them, and reverse names: chance and addresses go in, names on the wire come out.
//
// RFC 1035 section 3.1 for the wire, section 3.5 for in-addr.arpa, RFC 3596 section 2.5 for ip6.arpa.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "config/ip_address.hpp"
#include "dataplane/octets.hpp"
#include "tools/simulator/random.hpp"

namespace echotap {

/// A QNAME of the mixes. 74 octets under ip6.arpa, about 15 elsewhere; the longest that the pool can make has 140.
struct QueryName {
    static constexpr std::size_t size_max = 143;

    std::uint8_t size = 0;
    std::array<std::uint8_t, size_max> octets{};

    Octets span() const { return {octets.data(), size}; }

    /// Puts a label behind those that are there; finish() puts the root label.
    void append(std::string_view label);
    void finish() { octets[size++] = 0; }
};

/// The full reverse name of an address: 4 decimal labels or 32 nibbles.
QueryName reverse_name(const IpAddress& address);

/// A shorter reverse name, as minimising resolvers ask for it (RFC 9156): the `labels` labels nearest the apex, with
/// a label `_` in front where `underscore` is set.
QueryName minimised_name(const IpAddress& address, unsigned labels, bool underscore);

/// A DNS-SD domain enumeration name (RFC 6763 section 11) for the network of an IPv4 address.
QueryName service_name(const IpAddress& address);

/// Each letter in either case, by chance: "0x20" (draft-vixie-dnsext-dns0x20).
void mix_case(QueryName& name, Random& random);

/// Names outside the reverse trees: of 1 to 4 labels, some under TLDs that do not exist, as most names that root
/// servers are asked for. A pool, so that drawing one costs a copy; large enough that no branch predictor learns it.
class NamePool {
public:
    explicit NamePool(Random& random);

    const QueryName& draw(Random& random) const { return names_[random.below(pool_size)]; }

private:
    static constexpr std::uint32_t pool_size = 1U << 16U;

    std::vector<QueryName> names_;
};

}  // namespace echotap
