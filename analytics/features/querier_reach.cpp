// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/querier_reach.hpp"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <atomic>

namespace echotap {

QuerierReach::QuerierReach(const ClosedWindow& window, const QuerierDirectory& directory)
    : places_v4_(window.originators.queriers_v4().size()), rows_(directory.size() + 1, nowhere) {
    using Range = oneapi::tbb::blocked_range<std::size_t>;
    oneapi::tbb::parallel_for(Range(0, window.originators.size(), 1024), [&](const Range& range) {
        const auto of_row = [&](std::size_t i) {
            const OriginatorRow row = window.originators[i];
            return static_cast<std::size_t>(row.queriers_v4.data() - window.originators.queriers_v4().data());
        };
        // Most rows have few queriers, so all of the range are looked up together.
        const std::size_t first = of_row(range.begin());
        const std::size_t end = range.end() == window.originators.size() ? places_v4_.size() : of_row(range.end());
        const std::span<QuerierDirectory::Place> places = std::span(places_v4_).subspan(first, end - first);
        directory.places_of_v4(window.originators.queriers_v4().subspan(first, end - first), places);
        constexpr std::size_t ahead = 24;
        std::size_t pair = 0;
        for (std::size_t i = range.begin(); i < range.end(); ++i) {
            const OriginatorRow row = window.originators[i];
            for (const std::size_t row_end = pair + row.queriers_v4.size(); pair < row_end; ++pair) {
                fetch(places[std::min(pair + ahead, places.size() - 1)]);
                note(places[pair], static_cast<std::uint32_t>(i));
            }
            for (const std::uint32_t querier : row.queriers_v6) {
                note(directory.place_of_v6(querier), static_cast<std::uint32_t>(i));
            }
        }
    });
}

void QuerierReach::note(QuerierDirectory::Place place, std::uint32_t row) {
    const std::atomic_ref<std::uint64_t> rows(rows_[place]);
    std::uint64_t seen = rows.load(std::memory_order_relaxed);
    for (;;) {
        const std::uint64_t first = std::min(first_of(seen), row);
        const std::uint64_t wanted = first << 32U | std::min(static_cast<std::uint32_t>(seen), ~row);
        if (wanted == seen || rows.compare_exchange_weak(seen, wanted, std::memory_order_relaxed)) {
            return;
        }
    }
}

}  // namespace echotap
