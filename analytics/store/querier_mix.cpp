// SPDX-License-Identifier: Apache-2.0
#include "analytics/store/querier_mix.hpp"

#include <fmt/format.h>
#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/parallel_for.h>
#include <tsl/robin_map.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "analytics/geo/geo_lookup.hpp"

namespace echotap {

namespace {

/// Counts of one originator after the other, by one thread.
struct Counters {
    tsl::robin_map<std::uint32_t, std::uint32_t> networks;
    tsl::robin_map<std::uint16_t, std::uint32_t> countries;
    std::array<std::uint32_t, name_category_count> names{};

    void clear() {
        networks.clear();
        countries.clear();
        names.fill(0);
    }
    void add(const QuerierDirectory& directory, QuerierDirectory::Place place) {
        if (place >= directory.size()) {
            return;
        }
        if (const std::uint32_t network = directory.as_numbers[place]; network != 0) {
            ++networks[network];
        }
        if (const std::uint16_t country = directory.countries[place]; country != 0) {
            ++countries[country];
        }
        if (const std::uint8_t name = directory.names[place]; name < name_category_count) {
            ++names[name];
        }
    }
};

/// `counts` are pairs of what is counted and how often.
template <class Counts, class Text>
std::vector<QuerierShare> largest_of(const Counts& counts, std::size_t largest, Text&& text) {
    using What = std::uint32_t;
    std::vector<std::pair<What, std::uint32_t>> sorted;
    double known = 0;
    for (const auto& [what, count] : counts) {
        if (count != 0) {
            sorted.emplace_back(what, count);
            known += count;
        }
    }
    const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(std::min(largest, sorted.size()));
    std::partial_sort(sorted.begin(), end, sorted.end(), [](const auto& one, const auto& other) {
        return std::pair(other.second, one.first) < std::pair(one.second, other.first);
    });
    std::vector<QuerierShare> shares;
    for (auto each = sorted.begin(); each != end; ++each) {
        shares.push_back({text(each->first), each->second / known});
    }
    return shares;
}

QuerierMix mix_of(const Counters& counters, std::size_t largest) {
    std::array<std::pair<std::uint32_t, std::uint32_t>, name_category_count> names;
    for (std::uint32_t category = 0; category < name_category_count; ++category) {
        names[category] = {category, counters.names[category]};
    }
    return {largest_of(counters.countries, largest,
                       [](std::uint32_t country) { return text_of_country(static_cast<std::uint16_t>(country)); }),
            largest_of(counters.networks, largest, [](std::uint32_t number) { return fmt::format("AS{}", number); }),
            largest_of(names, largest, [](std::uint32_t category) {
                return std::string(text_of(static_cast<NameCategory>(category)));
            })};
}

}  // namespace

std::vector<QuerierMix> querier_mixes(const AnalysedWindow& analysed, std::size_t largest) {
    const QuerierDirectory& directory = analysed.directory;
    const auto& originators = analysed.ranking.originators;
    std::vector<QuerierMix> mixes(originators.size());
    oneapi::tbb::enumerable_thread_specific<Counters> counters;
    oneapi::tbb::parallel_for(std::size_t{0}, originators.size(), [&](std::size_t i) {
        Counters& own = counters.local();
        own.clear();
        const OriginatorRow row = analysed.ranking.row(analysed.window, originators[i]);
        for (const std::uint32_t querier : row.queriers_v4) {
            own.add(directory, directory.place_of_v4(querier));
        }
        for (const std::uint32_t querier : row.queriers_v6) {
            own.add(directory, directory.place_of_v6(querier));
        }
        mixes[i] = mix_of(own, largest);
    });
    return mixes;
}

}  // namespace echotap
