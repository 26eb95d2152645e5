// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/snapshot_rows.hpp"

#include <tbb/parallel_sort.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <tuple>

namespace echotap {

namespace {

/// State (1 octet) and size (2 octets) stand before each name.
constexpr std::size_t head_size = 3;

}  // namespace

void SnapshotRows::add(const SnapshotLine& row) {
    const std::size_t size = (head_size + row.name.size() + unit_size - 1) / unit_size * unit_size;
    if (used_ + size > chunk_size) {
        chunks_.push_back(std::make_unique_for_overwrite<char[]>(chunk_size));
        used_ = 0;
    }
    const std::uint64_t unit = ((chunks_.size() - 1) * chunk_size + used_) / unit_size;
    if (unit > ~std::uint32_t{0}) {
        throw std::length_error("a snapshot in memory has room for 32 GiB of names");
    }
    char* const to = chunks_.back().get() + used_;
    const auto name_size = static_cast<std::uint16_t>(row.name.size());
    to[0] = static_cast<char>(row.state);
    std::memcpy(to + 1, &name_size, sizeof name_size);
    row.name.copy(to + head_size, row.name.size());
    used_ += size;
    is_sorted_ = is_sorted_ && (rows_.empty() || rows_.back().address <= row.address);
    rows_.push_back({row.address, static_cast<std::uint32_t>(unit)});
}

void SnapshotRows::finish() {
    if (!is_sorted_) {
        // Units tell equal addresses apart, so the order is the same whatever the number of threads.
        tbb::parallel_sort(rows_.begin(), rows_.end(), [](const Row& one, const Row& other) {
            return std::tie(one.address, one.unit) < std::tie(other.address, other.unit);
        });
    }
    // std::unique keeps the first of equals, so it goes from the end.
    const auto kept = std::unique(rows_.rbegin(), rows_.rend(),
                                  [](const Row& one, const Row& other) { return one.address == other.address; });
    rows_.erase(rows_.begin(), kept.base());
    rows_.shrink_to_fit();
}

QuerierName SnapshotRows::find(const IpAddress& address) const {
    const auto row = std::lower_bound(rows_.begin(), rows_.end(), address,
                                      [](const Row& each, const IpAddress& wanted) { return each.address < wanted; });
    if (row == rows_.end() || row->address != address) {
        return {};
    }
    const std::size_t place = std::size_t{row->unit} * unit_size;
    const char* const from = chunks_[place / chunk_size].get() + place % chunk_size;
    std::uint16_t size = 0;
    std::memcpy(&size, from + 1, sizeof size);
    return {static_cast<NameState>(from[0]), std::string(from + head_size, size)};
}

}  // namespace echotap
