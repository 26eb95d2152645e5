// SPDX-License-Identifier: Apache-2.0
// Numbers for IPv6 queriers: an address goes in, the 4 octets that stand for it in one part of a window come out.
//
// Sets of queriers hold 4 octets each. An IPv4 address is its own number; an IPv6 one gets the next, from 1 on. The
// numbers mean something within one part only; what leaves it are addresses.
//
// A flood of random IPv6 queriers would fill the memory with addresses that nobody refers to any more. So each set that
// takes a number in says so, and says when it lets go of it; one that no set has may be given to another address.
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

    /// Gives a number to `address`, which must have none: one that was taken back, or the next. 0 where there is no
    /// memory.
    std::uint32_t add(PartMemory& memory, std::uint64_t hash, const IpAddress& address);

    /// A set has taken the number in, or let go of it. One that leaves a number out as soon as it has it says so first,
    /// which the count, as all unsigned ones, stands.
    void refer(const PartMemory& memory, std::uint32_t number) {
        idle_ -= static_cast<std::uint32_t>(references_.at(memory, number - 1)++ == 0);
    }
    void let_go(const PartMemory& memory, std::uint32_t number) {
        idle_ += static_cast<std::uint32_t>(--references_.at(memory, number - 1) == 0);
    }
    /// Whether the number is given, and no set has it.
    bool is_idle(const PartMemory& memory, std::uint32_t number) const {
        return references_.at(memory, number - 1) == 0;
    }
    /// Takes a number back, to be given again. REQUIRES: is_idle(), !is_held(); `hash` is that of its address.
    void take_back(PartMemory& memory, std::uint64_t hash, std::uint32_t number);

    /// While numbers are held none may be taken back: a copy is being made, which looks addresses up at its end.
    void hold(bool is_on) { is_held_ = is_on; }
    bool is_held() const { return is_held_; }

    /// The address of a number that is given. Lives as long as the memory, and as the number is not taken back.
    const IpAddress& address(const PartMemory& memory, std::uint32_t number) const {
        return addresses_.at(memory, number - 1);
    }

    /// The largest number that was ever given.
    std::uint32_t largest() const { return static_cast<std::uint32_t>(addresses_.size()); }
    /// Numbers that are given, and of these the ones that no set has.
    std::uint32_t given() const { return largest() - taken_back_; }
    std::uint32_t idle() const { return idle_; }
    /// Numbers that wait to be given again: for so many add() needs no memory but what its index may need.
    std::uint32_t free() const { return taken_back_; }

private:
    /// In the place of references: the number was taken back, and the rest is the next of these.
    static constexpr std::uint32_t free_bit = std::uint32_t{1} << 31U;

    Column<IpAddress> addresses_;
    Column<std::uint32_t> references_;  // sets that have the number
    SegmentedTable<IndexTraits> index_;
    std::uint32_t free_ = 0;  // the first number to be given again; 0: none is
    std::uint32_t taken_back_ = 0;
    std::uint32_t idle_ = 0;
    bool is_held_ = false;
};

inline std::uint32_t AddressNumbers::add(PartMemory& memory, std::uint64_t hash, const IpAddress& address) {
    const bool is_fresh = free_ == 0;
    const std::uint32_t number = is_fresh ? largest() + 1 : free_;
    if (is_fresh) {
        if (number == free_bit || !addresses_.push_back(memory, address)) {
            return 0;
        }
        if (!references_.push_back(memory, 0)) {
            addresses_.pop_back();
            return 0;
        }
    }
    if (index_.insert(memory, IndexTraits{}, {.hash = short_hash(hash), .target = number}) == nullptr) {
        if (is_fresh) {
            addresses_.pop_back();
            references_.pop_back();
        }
        return 0;
    }
    if (!is_fresh) {
        free_ = references_.at(memory, number - 1) & ~free_bit;
        --taken_back_;
        addresses_.at(memory, number - 1) = address;
        references_.at(memory, number - 1) = 0;
    }
    ++idle_;
    return number;
}

inline void AddressNumbers::take_back(PartMemory& memory, std::uint64_t hash, std::uint32_t number) {
    IndexEntry* const entry = index_.find(memory, IndexTraits{}, short_hash(hash),
                                          [&](const IndexEntry& candidate) { return candidate.target == number; });
    index_.erase(memory, IndexTraits{}, entry);
    references_.at(memory, number - 1) = free_bit | free_;
    free_ = number;
    ++taken_back_;
    --idle_;
}

}  // namespace echotap
