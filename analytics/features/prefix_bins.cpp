// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/prefix_bins.hpp"

#include <algorithm>
#include <cmath>

#include "dataplane/octets.hpp"

namespace echotap {

namespace {

constexpr unsigned v4_shift(PrefixBins::Level level) {
    return level == PrefixBins::Level::local ? 32 - 24 : 32 - 8;
}

constexpr unsigned v6_shift(PrefixBins::Level level) {
    return level == PrefixBins::Level::local ? 48 - 48 : 48 - 32;
}

/// Calls `take(first, count)` for every run of equal keys.
template <class Key, class Take>
void for_runs(std::span<const std::uint32_t> queriers, Key&& key, Take&& take) {
    for (std::size_t first = 0; first < queriers.size();) {
        const auto of_run = key(queriers[first]);
        std::size_t end = first + 1;
        while (end < queriers.size() && key(queriers[end]) == of_run) {
            ++end;
        }
        take(queriers[first], end - first);
        first = end;
    }
}

}  // namespace

PrefixBins::PrefixBins(const QuerierDirectory& directory) : directory_(directory), times_log2_(4096) {
    for (std::size_t count = 1; count < times_log2_.size(); ++count) {
        times_log2_[count] = slow_times_log2(count);
    }
    v6_fronts_.reserve(directory.v6().size());
    for (const IpAddress& querier : directory.v6()) {
        v6_fronts_.push_back(std::uint64_t{load_be32(querier.octets().data())} << 16U |
                             load_be16(querier.octets().data() + 4));
    }
}

double PrefixBins::slow_times_log2(std::size_t count) {
    const auto number = static_cast<double>(count);
    return number * std::log2(number);
}

/// Calls `take(is_v4, querier, count)` for each network.
template <class Take>
void PrefixBins::for_each_run(const OriginatorRow& row, Level level, Take&& take) const {
    for_runs(
        row.queriers_v4, [&](std::uint32_t querier) { return querier >> v4_shift(level); },
        [&](std::uint32_t querier, std::size_t count) { take(true, querier, count); });
    for_runs(
        row.queriers_v6, [&](std::uint32_t querier) { return v6_fronts_[querier] >> v6_shift(level); },
        [&](std::uint32_t querier, std::size_t count) { take(false, querier, count); });
}

double PrefixBins::entropy(const OriginatorRow& row, Level level) const {
    if (row.queriers_kept() == 0) {
        return 0;
    }
    double sum = 0;
    for_each_run(row, level, [&](bool, std::uint32_t, std::size_t count) { sum += times_log2(count); });
    const auto queriers = static_cast<double>(row.queriers_kept());
    return std::max(std::log2(queriers) - sum / queriers, 0.0);
}

std::vector<SampledBin> PrefixBins::bins(const OriginatorRow& row, Level level) const {
    // clang 14 cannot take std::ranges::equal_range, whose result is a view.
    const auto window_count = [](const auto& column, auto key, auto&& key_of) {
        const auto first = std::ranges::lower_bound(column, key, {}, key_of);
        return static_cast<std::uint32_t>(std::ranges::upper_bound(column, key, {}, key_of) - first);
    };
    std::vector<SampledBin> all;
    for_each_run(row, level, [&](bool is_v4, std::uint32_t querier, std::size_t count) {
        const auto v4_key = [&](std::uint32_t of) { return of >> v4_shift(level); };
        const auto v6_key = [&](std::uint64_t front) { return front >> v6_shift(level); };
        const std::uint32_t window = is_v4 ? window_count(directory_.v4(), v4_key(querier), v4_key)
                                           : window_count(v6_fronts_, v6_key(v6_fronts_[querier]), v6_key);
        all.push_back({static_cast<std::uint32_t>(count), std::max(window, static_cast<std::uint32_t>(count))});
    });
    return all;
}

}  // namespace echotap
