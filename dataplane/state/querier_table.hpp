// SPDX-License-Identifier: Apache-2.0
// All queriers of one part of a window: counted queries go in; who asked, and how often in full and in short, comes
// out.
//
// The totals over all queriers normalise two features, and the share of minimised queries per querier estimates how
// much QNAME minimisation hides (RFC 9156). 16 octets per IPv4 querier; IPv6 ones are counted by their numbers.
//
// Under pressure the table keeps a fair sample: the queriers whose sample_hash() does not exceed a bound. An IPv6 one
// above it keeps its number, and with it its place, for as long as some originator's set has it.
#pragma once

#include <algorithm>
#include <cstdint>

#include "dataplane/state/address_numbers.hpp"
#include "dataplane/state/part_memory.hpp"
#include "dataplane/state/sample_hash.hpp"
#include "dataplane/state/segmented_table.hpp"
#include "dataplane/state/state_query.hpp"

namespace echotap {

/// Two counters of 48 bits: at 10 million queries per second the first would overflow after most of a year.
struct QuerierCounts {
    std::uint32_t full_low = 0;
    std::uint32_t minimised_low = 0;
    std::uint16_t full_high = 0;
    std::uint16_t minimised_high = 0;

    void count_full() { full_high = static_cast<std::uint16_t>(full_high + (++full_low == 0)); }
    void count_minimised() { minimised_high = static_cast<std::uint16_t>(minimised_high + (++minimised_low == 0)); }
    std::uint64_t full() const { return std::uint64_t{full_high} << 32U | full_low; }
    std::uint64_t minimised() const { return std::uint64_t{minimised_high} << 32U | minimised_low; }
};

/// Not thread-safe while queries are counted.
class QuerierTable {
public:
    void prefetch(const PartMemory& memory, const StateQuery& query) const {
        if (query.querier_is_v4) {
            v4_.prefetch(memory, short_hash(query.querier_hash));
        } else {
            numbers_.prefetch(memory, query.querier_hash);
        }
    }

    /// Counts a query of an IPv4 querier. False where the querier is new and there is no memory.
    bool count_v4(PartMemory& memory, const HashKey& table_key, const HashKey& sample_key, const StateQuery& query);

    /// The same for an IPv6 one, by its number in numbers().
    bool count_v6(PartMemory& memory, std::uint32_t number, bool is_minimised);

    AddressNumbers& numbers() { return numbers_; }
    const AddressNumbers& numbers() const { return numbers_; }

    /// Queriers that are kept: all that were counted unless bound() says otherwise.
    std::size_t size() const { return v4_.size() + numbers_.given(); }
    /// Of these the ones that thin() takes out if the bound lets it.
    std::size_t thinnable() const { return v4_.size() + numbers_.idle(); }

    /// The largest sample_hash() that is kept; all ones: every querier is.
    std::uint64_t bound() const { return bound_; }
    /// Lowers the bound by half; what lies above goes by and by, with thin().
    void halve();
    /// Looks at one segment of IPv4 queriers.
    void thin(PartMemory& memory, const HashKey& table_key, const HashKey& sample_key);
    /// Looks at some IPv6 queriers, round and round, since eviction leaves them idle at any time.
    void thin_v6(PartMemory& memory, const HashKey& table_key, const HashKey& sample_key);
    /// Whether all queriers have been looked at since the bound was lowered.
    bool is_thinned() const { return swept_ == all_swept && numbers_left_ == 0; }

    /// Calls `visit(const IpAddress&, std::uint64_t full, std::uint64_t minimised)` for every querier within the bound.
    template <class Visit>
    void for_each(const PartMemory& memory, const HashKey& table_key, const HashKey& sample_key, Visit&& visit) const;

    /// Calls `visit(std::uint32_t, const QuerierCounts&)` for the IPv4 queriers of one segment, whatever the bound,
    /// from the hash `from` on, at first 0. Returns where to go on, 0 at the end; see SegmentedTable::visit_from().
    template <class Visit>
    std::uint32_t for_v4_segment(const PartMemory& memory, const HashKey& table_key, std::uint32_t from,
                                 Visit&& visit) const {
        return v4_.visit_from(memory, Traits{table_key}, from,
                              [&](const Entry& entry) { visit(entry.key, entry.counts); });
    }
    /// What the IPv6 querier of a number has asked.
    QuerierCounts v6_counts(const PartMemory& memory, std::uint32_t number) const {
        return number <= v6_.size() ? v6_.at(memory, number - 1) : QuerierCounts{};
    }

private:
    struct Entry {
        std::uint32_t key;
        QuerierCounts counts;
    };
    static_assert(sizeof(Entry) == 16);

    struct Traits {
        using Entry = QuerierTable::Entry;
        static constexpr std::uint32_t segment_entries = 1024;
        static constexpr std::uint32_t split_count = segment_entries / 5 * 3;
        HashKey table_key;
        static bool is_free(const Entry& entry) {
            return (entry.counts.full_low | entry.counts.minimised_low | entry.counts.full_high |
                    entry.counts.minimised_high) == 0;
        }
        std::uint32_t hash(const Entry& entry) const { return short_hash(table_hash(table_key, entry.key)); }
    };

    static constexpr std::uint64_t no_bound = ~std::uint64_t{0};
    static constexpr std::uint32_t all_swept = ~std::uint32_t{0};
    static constexpr std::uint32_t numbers_per_thin = 2048;
    /// As many as a batch of queries can ask for; to take one back touches lines that nobody has fetched.
    static constexpr std::uint32_t taken_back_max = 64;

    SegmentedTable<Traits> v4_;
    AddressNumbers numbers_;
    Column<QuerierCounts> v6_;  // by number
    std::uint64_t bound_ = no_bound;
    std::uint32_t swept_ = all_swept;
    std::uint32_t number_ = 0;        // the last that thin_v6() looked at
    std::uint32_t numbers_left_ = 0;  // that it has not looked at since the bound was lowered
};

template <class Visit>
void QuerierTable::for_each(const PartMemory& memory, const HashKey& table_key, const HashKey& sample_key,
                            Visit&& visit) const {
    const auto is_kept = [&](const IpAddress& address) {
        return bound_ == no_bound || sample_hash(sample_key, address) <= bound_;
    };
    v4_.for_each(memory, Traits{table_key}, [&](const Entry& entry) {
        const IpAddress address = v4_address(entry.key);
        if (is_kept(address)) {
            visit(address, entry.counts.full(), entry.counts.minimised());
        }
    });
    for (std::uint32_t number = 1; number <= v6_.size(); ++number) {
        const IpAddress& address = numbers_.address(memory, number);
        const QuerierCounts& counts = v6_.at(memory, number - 1);
        if (counts.full() + counts.minimised() != 0 && is_kept(address)) {
            visit(address, counts.full(), counts.minimised());
        }
    }
}

inline bool QuerierTable::count_v4(PartMemory& memory, const HashKey& table_key, const HashKey& sample_key,
                                   const StateQuery& query) {
    const Traits traits{table_key};
    const std::uint32_t key = v4_number(query.querier);
    const std::uint32_t hash = short_hash(query.querier_hash);
    Entry* entry = v4_.find(memory, traits, hash, [&](const Entry& candidate) { return candidate.key == key; });
    if (entry != nullptr) {
        query.kind == OriginatorKind::prefix ? entry->counts.count_minimised() : entry->counts.count_full();
        return true;
    }
    if (bound_ != no_bound && sample_hash(sample_key, query.querier) > bound_) {
        return true;
    }
    Entry fresh{.key = key, .counts = {}};
    query.kind == OriginatorKind::prefix ? fresh.counts.count_minimised() : fresh.counts.count_full();
    const unsigned depth = v4_.depth();
    const bool is_kept = v4_.insert(memory, traits, fresh) != nullptr;
    if (swept_ != all_swept) {
        swept_ <<= v4_.depth() - depth;
    }
    return is_kept;
}

inline bool QuerierTable::count_v6(PartMemory& memory, std::uint32_t number, bool is_minimised) {
    while (v6_.size() < number) {
        if (!v6_.push_back(memory, QuerierCounts{})) {
            return false;
        }
    }
    QuerierCounts& counts = v6_.at(memory, number - 1);
    is_minimised ? counts.count_minimised() : counts.count_full();
    return true;
}

inline void QuerierTable::halve() {
    bound_ /= 2;
    swept_ = 0;
    numbers_left_ = numbers_.largest();
}

inline void QuerierTable::thin(PartMemory& memory, const HashKey& table_key, const HashKey& sample_key) {
    if (swept_ != all_swept && swept_ < v4_.directory_size()) {
        swept_ = v4_.filter_segment(memory, Traits{table_key}, swept_, [&](const Entry& entry) {
            return sample_hash(sample_key, v4_address(entry.key)) <= bound_;
        });
    }
    if (swept_ >= v4_.directory_size()) {
        swept_ = all_swept;
    }
}

inline void QuerierTable::thin_v6(PartMemory& memory, const HashKey& table_key, const HashKey& sample_key) {
    if (bound_ == no_bound || numbers_.is_held()) {
        return;
    }
    const std::uint32_t looked_at = std::min(numbers_per_thin, numbers_.largest());
    std::uint32_t taken_back = 0;
    for (std::uint32_t i = 0; i < looked_at && taken_back < taken_back_max; ++i) {
        number_ = number_ < numbers_.largest() ? number_ + 1 : 1;
        numbers_left_ -= static_cast<std::uint32_t>(numbers_left_ != 0);
        const IpAddress& address = numbers_.address(memory, number_);
        if (numbers_.is_idle(memory, number_) && sample_hash(sample_key, address) > bound_) {
            if (number_ <= v6_.size()) {
                v6_.at(memory, number_ - 1) = {};
            }
            numbers_.take_back(memory, table_hash(table_key, address), number_);
            ++taken_back;
        }
    }
}

}  // namespace echotap
