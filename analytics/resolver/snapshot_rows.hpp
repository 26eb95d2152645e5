// SPDX-License-Identifier: Apache-2.0
// Rows of a snapshot that has to be in memory: addresses and names in any order go in, the name of an address comes
// out.
//
// A row takes 20 octets and its name in units of 8; three octets go with each name. So ten million rows with names of
// 30 characters take 600 MB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "analytics/resolver/snapshot_line.hpp"

namespace echotap {

/// Filled and finished by one thread; found in by any number afterwards.
class SnapshotRows {
public:
    /// Takes a row. REQUIRES: is_row, and finish() was not called.
    void add(const SnapshotLine& row);

    /// Sorts, and keeps the last of several rows of an address.
    void finish();

    /// REQUIRES: finish() was called.
    QuerierName find(const IpAddress& address) const;

    std::size_t size() const { return rows_.size(); }
    /// Octets of memory.
    std::size_t octets() const { return rows_.capacity() * sizeof(Row) + chunks_.size() * chunk_size; }
    /// What octets() may become by the next add(): rows move to a larger place, and are in both for a moment.
    std::size_t octets_next() const {
        return octets() + chunk_size + (rows_.size() == rows_.capacity() ? 2 * rows_.capacity() * sizeof(Row) : 0);
    }

private:
    static constexpr std::size_t unit_size = 8;
    static constexpr std::size_t chunk_size = 64U << 10U;

    struct Row {
        IpAddress address;
        std::uint32_t unit = 0;  // where its name is, counted over all chunks; ascending in the order of the file
    };
    static_assert(sizeof(Row) == 20);

    std::vector<Row> rows_;
    std::vector<std::unique_ptr<char[]>> chunks_;
    std::size_t used_ = chunk_size;  // octets of the last chunk
    bool is_sorted_ = true;
};

}  // namespace echotap
