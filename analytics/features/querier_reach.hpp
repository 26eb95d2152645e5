// SPDX-License-Identifier: Apache-2.0
// Which queriers are seen under several originators: a window goes in; for each querier the first and the last
// originator that has it come out.
//
// Two rows are enough, also for IPv6 prefixes, whose addresses stand side by side: a querier is seen elsewhere if its
// first row is before them or its last one behind.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analytics/features/querier_directory.hpp"
#include "dataplane/state/huge_buffer.hpp"

namespace echotap {

class QuerierReach {
public:
    /// Looks at every pair of the window, in parallel; the result is the same for any number of threads.
    QuerierReach(const ClosedWindow& window, const QuerierDirectory& directory);

    /// The places of the queriers of a row of the window, IPv4 ones, since they had to be found once.
    std::span<const QuerierDirectory::Place> places_v4(const ClosedWindow& window, const OriginatorRow& row) const {
        const auto first = row.queriers_v4.data() - window.originators.queriers_v4().data();
        return std::span(places_v4_).subspan(static_cast<std::size_t>(first), row.queriers_v4.size());
    }

    /// Whether an originator below row `first` or from row `end` on has the querier.
    bool is_outside(QuerierDirectory::Place place, std::size_t first, std::size_t end) const {
        return first_of(rows_[place]) < first || last_of(rows_[place]) >= end;
    }
    /// Whether several originators have it: then one of them is outside of any single row.
    bool is_shared(QuerierDirectory::Place place) const {
        return is_anywhere(place) && first_of(rows_[place]) != last_of(rows_[place]);
    }
    /// Whether any originator has it.
    bool is_anywhere(QuerierDirectory::Place place) const { return rows_[place] != nowhere; }

private:
    // First and last row in one word, so that both change at once. The last one is inverted, so that both only shrink.
    static constexpr std::uint64_t nowhere = ~std::uint64_t{0};
    static std::uint32_t first_of(std::uint64_t rows) { return static_cast<std::uint32_t>(rows >> 32U); }
    static std::uint32_t last_of(std::uint64_t rows) { return ~static_cast<std::uint32_t>(rows); }
    void fetch(QuerierDirectory::Place place) const { fetch_line(&rows_[place]); }
    void note(QuerierDirectory::Place place, std::uint32_t row);

    std::vector<QuerierDirectory::Place> places_v4_;  // of all pairs: 4 octets each
    std::vector<std::uint64_t> rows_;                 // by place, and one more for queriers without a place
};

}  // namespace echotap
