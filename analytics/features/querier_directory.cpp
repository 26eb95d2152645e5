// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/querier_directory.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <stdexcept>

namespace echotap {

QuerierDirectory::QuerierDirectory(const ClosedWindow& window) : v4_(window.queriers.v4), v6_(window.queriers.v6) {
    const auto bits = [](const AskedCounts& counts) {
        return static_cast<std::uint8_t>((counts.none() ? 0 : counted) | (counts.full != 0 ? asked_full : 0) |
                                         (counts.minimised != 0 ? asked_minimised : 0));
    };
    asked_.reserve(size());
    std::ranges::transform(window.queriers.v4_counts, std::back_inserter(asked_), bits);
    std::ranges::transform(window.queriers.v6_counts, std::back_inserter(asked_), bits);
    index_v4();
    if (window.header.querier_bound != WindowHeader::no_bound || window.header.counts.parts.incomplete != 0) {
        add_uncounted(window);
    }
    if (size() >= ~Place{0}) {
        throw std::runtime_error("a window of more than 2^32 queriers; make shorter windows");
    }
    names.assign(size(), name_unknown);
    countries.assign(size(), 0);
    as_numbers.assign(size(), 0);
}

IpAddress QuerierDirectory::address(Place place) const {
    return place < v4_.size() ? v4_address(v4_[place]) : v6_[place - v4_.size()];
}

std::size_t QuerierDirectory::octets() const {
    return v4_.capacity() * sizeof v4_[0] + v6_.capacity() * sizeof v6_[0] + asked_.capacity() + slots_.octets() +
           names.capacity() + countries.capacity() * sizeof countries[0] + as_numbers.capacity() * sizeof as_numbers[0];
}

void QuerierDirectory::places_of_v4(std::span<const std::uint32_t> numbers, std::span<Place> places) const {
    constexpr std::size_t ahead = 24;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        fetch_line(&slots_.at<Slot>(slot_of(numbers[std::min(i + ahead, numbers.size() - 1)])));
        places[i] = place_of_v4(numbers[i]);
    }
}

void QuerierDirectory::index_v4() {
    // At most two thirds full.
    const std::uint64_t slot_count = std::bit_ceil(v4_.size() + v4_.size() / 2 + 1);
    slots_ = HugeBuffer(slot_count * sizeof(Slot));
    slot_mask_ = slot_count - 1;
    for (std::size_t place = 0; place < v4_.size(); ++place) {
        std::uint64_t slot = slot_of(v4_[place]);
        while (slots_.at<Slot>(slot).place_after != 0) {
            slot = (slot + 1) & slot_mask_;
        }
        slots_.at<Slot>(slot) = {v4_[place], static_cast<Place>(place + 1)};
    }
}

void QuerierDirectory::add_uncounted(const ClosedWindow& window) {
    std::vector<std::uint32_t> missing;
    for (std::size_t i = 0; i < window.originators.size(); ++i) {
        for (const std::uint32_t querier : window.originators[i].queriers_v4) {
            if (place_of_v4(querier) == size()) {
                missing.push_back(querier);
            }
        }
    }
    std::ranges::sort(missing);
    missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
    std::vector<std::uint32_t> all;
    all.reserve(v4_.size() + missing.size());
    std::ranges::merge(v4_, missing, std::back_inserter(all));
    std::vector<std::uint8_t> asked;
    asked.reserve(all.size() + v6_.size());
    for (const std::uint32_t querier : all) {
        const Place place = place_of_v4(querier);
        asked.push_back(place == size() ? std::uint8_t{0} : asked_[place]);
    }
    asked.insert(asked.end(), asked_.begin() + static_cast<std::ptrdiff_t>(v4_.size()), asked_.end());
    v4_ = std::move(all);
    asked_ = std::move(asked);
    index_v4();
}

}  // namespace echotap
