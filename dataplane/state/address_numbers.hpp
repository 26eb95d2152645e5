// SPDX-License-Identifier: Apache-2.0
// Numbers for IPv6 queriers: an address goes in, the 4 octets that stand for it in one part of a window come out.
//
// Sets of queriers hold 4 octets each. An IPv4 address is its own number; an IPv6 one gets the next, from 1 on. The
// numbers mean something within one part only; what leaves it are addresses.
#pragma once

#include <cstdint>

#include "config/ip_address.hpp"
#include "dataplane/state/part_memory.hpp"
#include "dataplane/state/segmented_table.hpp"

namespace echotap {

/// A place in a table by its hash: what the hash was, and what lies there (never 0).
struct IndexEntry {
    std::uint32_t hash;
    std::uint32_t target;
};

struct IndexTraits {
    using Entry = IndexEntry;
    static constexpr std::uint32_t segment_entries = 2048;
    /// Three fifths: most look-ups end at the first entry, and an originator has 13 to 27 octets here.
    static constexpr std::uint32_t split_count = segment_entries / 5 * 3;
    static bool is_free(const IndexEntry& entry) { return entry.target == 0; }
    static std::uint32_t hash(const IndexEntry& entry) { return entry.hash; }
};

/// The half of a 64-bit hash that tables take their places from.
inline std::uint32_t short_hash(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32U);
}

/// Not thread-safe while numbers are given. Every call takes the memory that it all lies in.
class AddressNumbers {
public:
    void prefetch(const PartMemory& memory, std::uint64_t hash) const { index_.prefetch(memory, short_hash(hash)); }

    /// The number of `address`, whose table_hash() is `hash`; 0 where it has none yet.
    std::uint32_t find(const PartMemory& memory, std::uint64_t hash, const IpAddress& address) const {
        const IndexEntry* const entry =
            index_.find(memory, IndexTraits{}, short_hash(hash), [&](const IndexEntry& candidate) {
                // A free place has the hash 0, and an address may have it, too.
                return candidate.hash == short_hash(hash) && candidate.target != 0 &&
                       this->address(memory, candidate.target) == address;
            });
        return entry == nullptr ? 0 : entry->target;
    }

    /// Gives the next number to `address`, which must have none; 0 where there is no memory.
    std::uint32_t add(PartMemory& memory, std::uint64_t hash, const IpAddress& address) {
        const auto number = static_cast<std::uint32_t>(addresses_.size() + 1);
        if (number == 0 || !addresses_.push_back(memory, address)) {
            return 0;
        }
        const bool is_indexed =
            index_.insert(memory, IndexTraits{}, {.hash = short_hash(hash), .target = number}) != nullptr;
        if (!is_indexed) {
            addresses_.pop_back();
        }
        return is_indexed ? number : 0;
    }

    /// The address of a number that was given. Lives as long as the memory.
    const IpAddress& address(const PartMemory& memory, std::uint32_t number) const {
        return addresses_.at(memory, number - 1);
    }

    std::uint32_t size() const { return static_cast<std::uint32_t>(addresses_.size()); }

private:
    Column<IpAddress> addresses_;
    SegmentedTable<IndexTraits> index_;
};

}  // namespace echotap
