// SPDX-License-Identifier: Apache-2.0
// Puts one originator together: what several parts or windows know of it goes in, one row of sorted lists comes out.
//
// Sets are united, counts added. Where more than k queriers come together, the k with the smallest sample_hash() stay:
// the bottom k of a union are among the bottom k of its parts, so it does not matter in which order parts meet.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/state/closed_window.hpp"

namespace echotap {

/// One for each thread; keeps its memory from originator to originator.
class OriginatorUnion {
public:
    /// `v6` is the table of IPv6 queriers that the rows' indices will point to; it must outlive the union.
    OriginatorUnion(const HashKey& sample_key, std::uint32_t sample_size, std::span<const IpAddress> v6)
        : sample_key_(sample_key), sample_size_(sample_size), v6_(v6) {}

    /// Adds what one part knows of the originator; all rows up to finish() must have the same address. Queriers may be
    /// in any order; the index in `v6` of a querier q among the row's IPv6 ones is v6_indices[q].
    void add(const OriginatorRow& row, std::span<const std::uint32_t> v6_indices);

    /// Writes the row of all that was added, and is empty again.
    void finish(OriginatorColumns& into);

private:
    struct Ranked {
        std::uint64_t hash;
        std::uint32_t key;
        bool is_v6;
        friend auto operator<=>(const Ranked&, const Ranked&) = default;
    };

    /// Keeps the k smallest hashes and returns the largest of them.
    std::uint64_t sample();

    const HashKey sample_key_;
    const std::uint32_t sample_size_;
    const std::span<const IpAddress> v6_;

    std::optional<OriginatorRow> row_;  // its spans are not used
    bool is_sampled_ = false;
    std::vector<std::int32_t> periods_;
    std::vector<std::uint32_t> queriers_v4_;
    std::vector<std::uint32_t> queriers_v6_;
    std::vector<Ranked> ranked_;
};

}  // namespace echotap
