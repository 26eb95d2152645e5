// SPDX-License-Identifier: Apache-2.0
// A closed window: header, originators, prefixes and queriers in sorted columns.
//
// Canonical: two windows of the same content are equal, octet by octet, whatever made them. Addresses ascend, as do the
// periods and queriers of an originator. IPv4 queriers are v4_number(); IPv6 ones are indices into one sorted table of
// the window, so that a pair costs 4 octets for either.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "config/ip_address.hpp"
#include "dataplane/state/window_header.hpp"

namespace echotap {

/// One originator or prefix. The spans live as long as its columns stay unchanged.
struct OriginatorRow {
    IpAddress address;          // of a prefix: its marked value, see unmark_prefix()
    std::uint64_t queries = 0;  // that counted
    Timestamp first;            // of those that counted
    Timestamp last;
    std::uint64_t bound = ~std::uint64_t{0};     // the largest sample_hash() kept; all ones: every querier is there
    std::span<const std::int32_t> periods;       // floor(time / 600 s), ascending, distinct
    std::span<const std::uint32_t> queriers_v4;  // ascending, distinct
    std::span<const std::uint32_t> queriers_v6;  // ClosedWindow::queriers.v6, ascending, distinct

    bool is_sampled() const { return bound != ~std::uint64_t{0}; }
    /// Queriers that are kept: all of them, or k.
    std::size_t queriers_kept() const { return queriers_v4.size() + queriers_v6.size(); }
    /// Unique queriers. Exact where not sampled; beyond, (k - 1) / (the k-th smallest hash as a fraction of 1), which
    /// is unbiased with a relative error of about 1 / sqrt(k) (Beyer et al., SIGMOD 2007, section 3).
    double footprint() const;
};

/// Rows as columns. Whoever fills them keeps the order; closed windows have ascending addresses.
class OriginatorColumns {
public:
    std::size_t size() const { return addresses_.size(); }
    OriginatorRow operator[](std::size_t row) const;
    /// The row of an address; size() where it has none.
    std::size_t find(const IpAddress& address) const;
    /// (querier, originator) pairs that are kept.
    std::size_t pairs() const { return queriers_v4_.size() + queriers_v6_.size(); }

    void push_back(const OriginatorRow& row);
    /// All rows of the pieces, in their order.
    static OriginatorColumns join(std::vector<OriginatorColumns> pieces);
    struct Sizes {
        std::size_t rows = 0;
        std::size_t periods = 0;
        std::size_t queriers_v4 = 0;
        std::size_t queriers_v6 = 0;
    };
    Sizes sizes() const { return {addresses_.size(), periods_.size(), queriers_v4_.size(), queriers_v6_.size()}; }
    void reserve(const Sizes& sizes);

    const std::vector<IpAddress>& addresses() const { return addresses_; }
    /// The queriers of all rows, one after the other.
    std::span<const std::uint32_t> queriers_v4() const { return queriers_v4_; }
    std::span<const std::uint32_t> queriers_v6() const { return queriers_v6_; }
    /// Gives every IPv6 querier a new index, found at its old one; `indices` must ascend.
    void renumber_v6(std::span<const std::uint32_t> indices);

    /// Octets of memory in all columns.
    std::size_t octets() const;

    bool operator==(const OriginatorColumns&) const = default;

private:
    void append(const OriginatorColumns& rows);

    struct Ends {
        std::uint64_t periods = 0;
        std::uint64_t queriers_v4 = 0;
        std::uint64_t queriers_v6 = 0;
        bool operator==(const Ends&) const = default;
    };

    std::vector<IpAddress> addresses_;
    std::vector<std::uint64_t> queries_;
    std::vector<Timestamp> first_;
    std::vector<Timestamp> last_;
    std::vector<std::uint64_t> bounds_;
    std::vector<Ends> ends_;  // where the lists of a row end; they begin where those of the row before end
    std::vector<std::int32_t> periods_;
    std::vector<std::uint32_t> queriers_v4_;
    std::vector<std::uint32_t> queriers_v6_;
};

/// How often one querier asked, of what counted.
struct AskedCounts {
    std::uint64_t full = 0;
    std::uint64_t minimised = 0;

    bool none() const { return (full | minimised) == 0; }
    AskedCounts& operator+=(const AskedCounts& other) {
        full += other.full;
        minimised += other.minimised;
        return *this;
    }
    bool operator==(const AskedCounts&) const = default;
};

/// All queriers of a window: the totals that normalise, and the share of minimised queries of each. Under a memory
/// budget only those with a sample_hash() up to WindowHeader::querier_bound.
struct QuerierColumns {
    std::vector<std::uint32_t> v4;       // ascending
    std::vector<AskedCounts> v4_counts;  // by place in v4
    std::vector<IpAddress> v6;           // ascending
    std::vector<AskedCounts> v6_counts;  // by place in v6; zeros: not counted, but an originator has it

    /// Queriers that are counted.
    std::size_t size() const;
    bool operator==(const QuerierColumns&) const = default;
};

struct ClosedWindow {
    WindowHeader header;
    OriginatorColumns originators;
    OriginatorColumns prefixes;  // addresses are marked prefixes
    QuerierColumns queriers;

    /// Takes IPv6 addresses that are in no count and no originator's queriers out of the table, as canonical windows
    /// have it.
    void forget_unused_queriers();
    /// Unique queriers of the window; an estimate where the table of queriers was thinned.
    double querier_count() const;
    /// Octets of memory in all columns.
    std::size_t octets() const;

    bool operator==(const ClosedWindow&) const = default;
};

}  // namespace echotap
