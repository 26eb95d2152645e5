// SPDX-License-Identifier: Apache-2.0
// A query on its way through the state: a reverse or minimised query goes in, the same with its hashes comes out.
//
// Hashed once, when it arrives: the repeat filter, the index of originators and the table of queriers all take their
// places from these two hashes, so each can be fetched a pass ahead.
#pragma once

#include <cstdint>
#include <cstring>

#include "dataplane/keyed_hash.hpp"
#include "dataplane/reverse_query.hpp"

namespace echotap {

/// The three kinds of what is asked about; each has a table of its own, since an IPv4 address takes any 32-bit value.
enum class OriginatorKind : std::uint8_t { v4, v6, prefix };
inline constexpr std::size_t originator_kind_count = 3;

/// The two halves of a 128-bit product folded together: one multiplication spreads 64 bits over 64. With a random key
/// nobody outside can aim at a place of a table, and it costs a tenth of SipHash, which the sample takes.
inline std::uint64_t fold_multiply(std::uint64_t one, std::uint64_t other) {
    __extension__ using Product = unsigned __int128;
    const Product product = static_cast<Product>(one) * other;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

/// Where a 4-octet key (an IPv4 address, the number of an IPv6 one) stands in the tables of this process. Folded twice:
/// once would leave neighbouring addresses at regular distances.
inline std::uint64_t table_hash(const HashKey& key, std::uint32_t value) {
    return fold_multiply(fold_multiply(value ^ key.first, key.second | 1U) ^ key.second, key.first | 1U);
}

/// The same for all 16 octets of an address.
inline std::uint64_t table_hash(const HashKey& key, const IpAddress& address) {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, address.octets().data(), 8);
    std::memcpy(&low, address.octets().data() + 8, 8);
    const std::uint64_t mixed = fold_multiply(high ^ key.first, key.second | 1U) ^ low;
    return fold_multiply(fold_multiply(mixed ^ key.second, key.first | 1U) ^ key.first, key.second | 1U);
}

/// The last four octets of an IPv4 address as a number: a.b.c.d is a * 2^24 + b * 2^16 + c * 2^8 + d.
inline std::uint32_t v4_number(const IpAddress& address) {
    return load_be32(address.octets().data() + 12);
}

/// The address of that number.
inline IpAddress v4_address(std::uint32_t number) {
    const std::uint32_t big_endian = __builtin_bswap32(number);
    std::uint8_t octets[4];
    std::memcpy(octets, &big_endian, sizeof octets);
    return IpAddress::from_v4(octets);
}

/// A prefix as one value of 16 octets: its bits, then a one, then zeros. Different prefixes have different values.
/// REQUIRES: prefix.length() <= 127.
IpAddress mark_prefix(const Prefix& prefix);

/// The prefix that mark_prefix() made `marked` of. REQUIRES: not all bits are zero.
Prefix unmark_prefix(const IpAddress& marked);

/// One cache line, so that a batch of 64 stays in the nearest cache.
struct alignas(64) StateQuery {
    Timestamp time;        // the time to count it at: its own, or the source's clock where that is wild
    IpAddress originator;  // of a minimised query: the marked prefix
    IpAddress querier;
    std::uint64_t originator_hash = 0;  // of the address or marked prefix
    std::uint64_t querier_hash = 0;     // of the address
    std::uint32_t place = 0;            // for the table of originators: where the slot was when it was fetched
    std::uint16_t view = 0;
    OriginatorKind kind = OriginatorKind::v4;
    bool querier_is_v4 = true;

    /// Takes over a query and hashes it with the key of this process. `time` as above. In place, since a query that is
    /// put together from small fields and then copied waits for its own stores.
    void assign(const HashKey& table_key, const ReverseQuery& query, Timestamp time_to_count);
    void assign(const HashKey& table_key, const MinimisedQuery& query, Timestamp time_to_count);

    template <class Query>
    static StateQuery of(const HashKey& table_key, const Query& query, Timestamp time) {
        StateQuery state;
        state.assign(table_key, query, time);
        return state;
    }
};
static_assert(sizeof(StateQuery) == 64);

inline void StateQuery::assign(const HashKey& table_key, const ReverseQuery& query, Timestamp time_to_count) {
    time = time_to_count;
    originator = query.originator;
    querier = query.querier;
    place = 0;
    view = query.view;
    const bool originator_is_v4 = query.originator.is_v4();
    kind = originator_is_v4 ? OriginatorKind::v4 : OriginatorKind::v6;
    originator_hash =
        originator_is_v4 ? table_hash(table_key, v4_number(query.originator)) : table_hash(table_key, query.originator);
    querier_is_v4 = query.querier.is_v4();
    querier_hash =
        querier_is_v4 ? table_hash(table_key, v4_number(query.querier)) : table_hash(table_key, query.querier);
}

/// Queriers are filtered in this many partitions, whatever the number of workers; a worker owns a range of them.
inline constexpr unsigned partition_bits = 6;
inline constexpr unsigned partition_count = 1U << partition_bits;

/// The partition that a querier belongs to, 0 to partition_count - 1.
inline unsigned partition_of(const StateQuery& query) {
    return static_cast<unsigned>(query.querier_hash >> (64U - partition_bits));
}

/// The repeat filter's hash of a question: querier, what is asked about, view. Its highest bits are the partition.
inline std::uint64_t question_hash(const HashKey& table_key, const StateQuery& query) {
    const std::uint64_t place = std::uint64_t{query.view} << 2U | static_cast<std::uint64_t>(query.kind);
    const std::uint64_t mixed = fold_multiply(query.originator_hash ^ table_key.second,
                                              query.querier_hash ^ table_key.first ^ (place * 0x9e37'79b9'7f4a'7c15U));
    return (query.querier_hash & (~std::uint64_t{0} << (64U - partition_bits))) | mixed >> partition_bits;
}

}  // namespace echotap
