// SPDX-License-Identifier: Apache-2.0
// The distinct queriers of one originator, of one family: 4-octet keys go in; all of them, or a fair sample, come out.
//
// Exact up to k. Beyond, a bottom-k sample (Cohen & Kaplan, "Summarizing data using bottom-k sketches", 2007): the keys
// with the smallest sample_hash() of their addresses. The set then keeps every key whose hash does not exceed a bound,
// and lowers the bound by a quarter whenever at least k keys would stay, so it always holds the true bottom k, and some
// more; whoever puts parts together takes the k smallest. Lowering sweeps a segment now and then.
//
// Up to 16 keys lie in one line in no order, up to 768 in one flat table, more in a SegmentedTable.
#pragma once

#include <cstdint>

#include "dataplane/keyed_hash.hpp"
#include "dataplane/state/address_numbers.hpp"
#include "dataplane/state/part_memory.hpp"
#include "dataplane/state/sample_hash.hpp"
#include "dataplane/state/segmented_table.hpp"
#include "dataplane/state/state_query.hpp"

namespace echotap {

/// What the keys of a set mean and where its memory is. Made on the spot by whoever owns sets.
struct SetSurroundings {
    PartMemory& memory;
    const HashKey& table_key;
    const HashKey& sample_key;
    AddressNumbers* numbers;    // of the IPv6 queriers; null: the keys are v4_number()s
    std::uint32_t sample_size;  // k, 1 to 2^24

    std::uint64_t sample_hash_of(std::uint32_t key) const {
        return sample_hash(sample_key, numbers == nullptr ? v4_address(key) : numbers->address(memory, key));
    }
};

/// 8 octets inside of an originator's slot. All zeros is the empty set. Not thread-safe.
class QuerierSet {
public:
    enum class Added : std::uint8_t { is_new, was_there, not_sampled, no_memory };

    /// Adds `key`, whose table_hash() is `hash`. Whoever adds the number of an IPv6 querier says so to its numbers when
    /// it is new; the set says so when it leaves it out again.
    Added add(const SetSurroundings& around, std::uint64_t hash, std::uint32_t key);

    /// Fetches the line that add() will look at first.
    void prefetch(const PartMemory& memory, std::uint64_t hash) const;

    /// Distinct keys that the set holds: all that were added unless is_sampled().
    std::uint32_t size() const { return size_and_form_ >> form_bits; }

    /// Whether keys have been left out.
    bool is_sampled(const PartMemory& memory) const;

    /// Calls `visit(std::uint32_t key)` for every key, in no order.
    template <class Visit>
    void for_each(const SetSurroundings& around, Visit&& visit) const;

    /// The same for a bounded number of keys (1,024 at most), from the hash `from` on, at first 0. Returns where to go
    /// on, 0 at the end; see SegmentedTable::visit_from().
    template <class Visit>
    std::uint32_t for_segment(const SetSurroundings& around, std::uint32_t from, Visit&& visit) const;

    /// Does a piece of the work that a smaller k asks for; true when there is nothing left to do.
    bool thin(const SetSurroundings& around);

    /// Gives the memory back; the set is empty afterwards.
    void release(PartMemory& memory);

private:
    struct KeyTraits {
        using Entry = std::uint32_t;
        static constexpr std::uint32_t segment_entries = 1024;
        /// Four fifths: 5 to 10 octets for each key.
        static constexpr std::uint32_t split_count = segment_entries / 5 * 4;
        HashKey table_key;
        static bool is_free(std::uint32_t key) { return key == 0; }
        std::uint32_t hash(std::uint32_t key) const { return short_hash(table_hash(table_key, key)); }
    };

    /// A line of its own, for sets that are segmented.
    struct Large {
        SegmentedTable<KeyTraits> keys;
        std::uint32_t swept;       // positions of the directory that the current sweep has done; all_swept: none is on
        std::uint64_t bound;       // the largest hash that is kept
        std::uint64_t next_bound;  // what it will be lowered to
        std::uint32_t below_next;  // keys up to next_bound, among the swept
        bool samples;              // whether hashes are looked at: from the k-th key on
        bool has_left_out;
    };
    static_assert(sizeof(Large) <= PartMemory::line_octets);
    static constexpr std::uint32_t all_swept = ~std::uint32_t{0};

    // Form: log2 of the keys that the memory has room for; 0: no memory; form_line: no order; form_large: a Large.
    static constexpr unsigned form_bits = 5;
    static constexpr unsigned form_line = 4;
    static constexpr unsigned form_flat_max = 10;
    static constexpr unsigned form_large = 11;
    static constexpr std::uint32_t zero_bit = 1U << 4U;  // the key 0 is in the set; elsewhere 0 marks a free place

    unsigned form() const { return size_and_form_ & 15U; }
    bool has_zero() const { return (size_and_form_ & zero_bit) != 0; }
    void set_form(unsigned form) { size_and_form_ = (size_and_form_ & ~15U) | form; }
    void add_to_size(std::int32_t count) { size_and_form_ += static_cast<std::uint32_t>(count) << form_bits; }

    Added add_zero(const SetSurroundings& around);
    Added add_to_line(const SetSurroundings& around, std::uint64_t hash, std::uint32_t key);
    Added add_to_flat(const SetSurroundings& around, std::uint64_t hash, std::uint32_t key);
    Added add_to_large(const SetSurroundings& around, std::uint64_t hash, std::uint32_t key);
    bool grow(const SetSurroundings& around);
    bool make_large(const SetSurroundings& around);
    void start_sweep(const SetSurroundings& around, Large& large);
    void sweep(const SetSurroundings& around, Large& large);

    LineNumber line_ = 0;
    std::uint32_t size_and_form_ = 0;
};
static_assert(sizeof(QuerierSet) == 8);

template <class Visit>
void QuerierSet::for_each(const SetSurroundings& around, Visit&& visit) const {
    if (has_zero()) {
        visit(std::uint32_t{0});
    }
    if (form() == form_large) {
        around.memory.at<Large>(line_)->keys.for_each(around.memory, KeyTraits{around.table_key}, visit);
    } else if (form() != 0) {
        const std::uint32_t* const keys = around.memory.at<std::uint32_t>(line_);
        for (std::uint32_t i = 0; i < 1U << form(); ++i) {
            if (keys[i] != 0) {
                visit(keys[i]);
            }
        }
    }
}

template <class Visit>
std::uint32_t QuerierSet::for_segment(const SetSurroundings& around, std::uint32_t from, Visit&& visit) const {
    if (form() != form_large) {
        for_each(around, visit);
        return 0;
    }
    if (from == 0 && has_zero()) {
        visit(std::uint32_t{0});
    }
    return around.memory.at<Large>(line_)->keys.visit_from(around.memory, KeyTraits{around.table_key}, from, visit);
}

inline void QuerierSet::prefetch(const PartMemory& memory, std::uint64_t hash) const {
    const unsigned form = this->form();
    if (form == form_large) {
        memory.at<Large>(line_)->keys.prefetch(memory, short_hash(hash));
    } else if (form != 0) {
        fetch_line(memory.at<std::uint32_t>(line_) + (short_hash(hash) & ((1U << form) - 1)));
    }
}

}  // namespace echotap
