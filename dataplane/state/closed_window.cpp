// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/closed_window.hpp"

#include <algorithm>
#include <cmath>

namespace echotap {

namespace {

/// A hash bound as a fraction of all hashes.
double fraction(std::uint64_t bound) {
    return std::ldexp(static_cast<double>(bound) + 1.0, -64);
}

template <class T>
std::span<const T> part(const std::vector<T>& list, std::uint64_t begin, std::uint64_t end) {
    return std::span<const T>(list).subspan(begin, end - begin);
}

template <class T>
void append_list(std::vector<T>& to, std::span<const T> list) {
    to.insert(to.end(), list.begin(), list.end());
}

template <class T>
std::size_t octets_of(const std::vector<T>& column) {
    return column.capacity() * sizeof(T);
}

}  // namespace

double OriginatorRow::footprint() const {
    const auto kept = static_cast<double>(queriers_kept());
    return is_sampled() ? (kept - 1.0) / fraction(bound) : kept;
}

OriginatorRow OriginatorColumns::operator[](std::size_t row) const {
    const Ends begin = row == 0 ? Ends{} : ends_[row - 1];
    const Ends& end = ends_[row];
    return {.address = addresses_[row],
            .queries = queries_[row],
            .first = first_[row],
            .last = last_[row],
            .bound = bounds_[row],
            .periods = part(periods_, begin.periods, end.periods),
            .queriers_v4 = part(queriers_v4_, begin.queriers_v4, end.queriers_v4),
            .queriers_v6 = part(queriers_v6_, begin.queriers_v6, end.queriers_v6)};
}

std::size_t OriginatorColumns::find(const IpAddress& address) const {
    const auto found = std::lower_bound(addresses_.begin(), addresses_.end(), address);
    return found != addresses_.end() && *found == address ? static_cast<std::size_t>(found - addresses_.begin())
                                                          : size();
}

void OriginatorColumns::push_back(const OriginatorRow& row) {
    addresses_.push_back(row.address);
    queries_.push_back(row.queries);
    first_.push_back(row.first);
    last_.push_back(row.last);
    bounds_.push_back(row.bound);
    append_list(periods_, row.periods);
    append_list(queriers_v4_, row.queriers_v4);
    append_list(queriers_v6_, row.queriers_v6);
    ends_.push_back({periods_.size(), queriers_v4_.size(), queriers_v6_.size()});
}

void OriginatorColumns::append(const OriginatorColumns& rows) {
    const Ends before{periods_.size(), queriers_v4_.size(), queriers_v6_.size()};
    append_list(addresses_, std::span(rows.addresses_));
    append_list(queries_, std::span(rows.queries_));
    append_list(first_, std::span(rows.first_));
    append_list(last_, std::span(rows.last_));
    append_list(bounds_, std::span(rows.bounds_));
    for (const Ends& end : rows.ends_) {
        ends_.push_back(
            {before.periods + end.periods, before.queriers_v4 + end.queriers_v4, before.queriers_v6 + end.queriers_v6});
    }
    append_list(periods_, std::span(rows.periods_));
    append_list(queriers_v4_, std::span(rows.queriers_v4_));
    append_list(queriers_v6_, std::span(rows.queriers_v6_));
}

OriginatorColumns OriginatorColumns::join(std::vector<OriginatorColumns> pieces) {
    Sizes all;
    for (const OriginatorColumns& piece : pieces) {
        const Sizes sizes = piece.sizes();
        all.rows += sizes.rows;
        all.periods += sizes.periods;
        all.queriers_v4 += sizes.queriers_v4;
        all.queriers_v6 += sizes.queriers_v6;
    }
    OriginatorColumns joined;
    joined.reserve(all);
    for (OriginatorColumns& piece : pieces) {
        joined.append(piece);
        // Given back at once, so that there is never much more than one copy.
        piece = OriginatorColumns{};
    }
    return joined;
}

void OriginatorColumns::clear() {
    addresses_.clear();
    queries_.clear();
    first_.clear();
    last_.clear();
    bounds_.clear();
    ends_.clear();
    periods_.clear();
    queriers_v4_.clear();
    queriers_v6_.clear();
}

void OriginatorColumns::reserve(const Sizes& sizes) {
    addresses_.reserve(sizes.rows);
    queries_.reserve(sizes.rows);
    first_.reserve(sizes.rows);
    last_.reserve(sizes.rows);
    bounds_.reserve(sizes.rows);
    ends_.reserve(sizes.rows);
    periods_.reserve(sizes.periods);
    queriers_v4_.reserve(sizes.queriers_v4);
    queriers_v6_.reserve(sizes.queriers_v6);
}

void OriginatorColumns::renumber_v6(std::span<const std::uint32_t> indices) {
    for (std::uint32_t& querier : queriers_v6_) {
        querier = indices[querier];
    }
}

std::size_t OriginatorColumns::octets() const {
    return octets_of(addresses_) + octets_of(queries_) + octets_of(first_) + octets_of(last_) + octets_of(bounds_) +
           octets_of(ends_) + octets_of(periods_) + octets_of(queriers_v4_) + octets_of(queriers_v6_);
}

std::size_t QuerierColumns::size() const {
    return v4.size() +
           static_cast<std::size_t>(std::count_if(v6_counts.begin(), v6_counts.end(),
                                                  [](const AskedCounts& counts) { return !counts.none(); }));
}

void ClosedWindow::forget_unused_queriers() {
    std::vector<std::uint32_t> indices(queriers.v6.size());
    for (std::size_t i = 0; i < indices.size(); ++i) {
        indices[i] = queriers.v6_counts[i].none() ? 0 : 1;
    }
    for (const OriginatorColumns* const columns : {&originators, &prefixes}) {
        for (const std::uint32_t querier : columns->queriers_v6()) {
            indices[querier] = 1;
        }
    }
    std::uint32_t used = 0;
    for (std::size_t i = 0; i < indices.size(); ++i) {
        const bool is_used = indices[i] != 0;
        indices[i] = used;
        if (is_used) {
            queriers.v6[used] = queriers.v6[i];
            queriers.v6_counts[used] = queriers.v6_counts[i];
            ++used;
        }
    }
    if (used != queriers.v6.size()) {
        queriers.v6.resize(used);
        queriers.v6_counts.resize(used);
        originators.renumber_v6(indices);
        prefixes.renumber_v6(indices);
    }
}

double ClosedWindow::querier_count() const {
    const auto kept = static_cast<double>(queriers.size());
    return header.querier_bound == WindowHeader::no_bound ? kept : kept / fraction(header.querier_bound);
}

std::size_t ClosedWindow::octets() const {
    return originators.octets() + prefixes.octets() + octets_of(queriers.v4) + octets_of(queriers.v4_counts) +
           octets_of(queriers.v6) + octets_of(queriers.v6_counts);
}

}  // namespace echotap
