// SPDX-License-Identifier: Apache-2.0
#include "analytics/directory_sources.hpp"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include "analytics/name_rules.hpp"
#include "config/name_rule_file.hpp"

namespace echotap {

namespace {

using Place = QuerierDirectory::Place;

/// Places of all queriers of ranked originators, ascending.
std::vector<Place> places_to_name(const QuerierDirectory& directory, const ClosedWindow& window,
                                  const Ranking& ranking) {
    // One more for queriers without a place.
    std::vector<std::uint8_t> is_wanted(directory.size() + 1);
    for (const RankedOriginator& originator : ranking.originators) {
        const OriginatorRow row = ranking.row(window, originator);
        for (const std::uint32_t querier : row.queriers_v4) {
            is_wanted[directory.place_of_v4(querier)] = 1;
        }
        for (const std::uint32_t querier : row.queriers_v6) {
            is_wanted[directory.place_of_v6(querier)] = 1;
        }
    }
    std::vector<Place> places;
    for (Place place = 0; place < directory.size(); ++place) {
        if (is_wanted[place] != 0) {
            places.push_back(place);
        }
    }
    return places;
}

/// Names and categories of some queriers, at most as many as one scan takes.
void categorise(std::span<const Place> places, const QuerierNames& names, NameScanner& scanner,
                QuerierDirectory& directory) {
    std::array<QuerierName, NameScanner::batch_max> found;
    std::array<NameToMatch, NameScanner::batch_max> asked;
    std::array<NameVerdict, NameScanner::batch_max> verdicts;
    std::array<Place, NameScanner::batch_max> named{};
    std::size_t count = 0;
    for (const Place place : places) {
        const IpAddress address = directory.address(place);
        QuerierName name = names.find(address);
        switch (name.state) {
            case NameState::unknown:
                break;
            case NameState::nxdomain:
            case NameState::unreach: {
                const auto state = name.state == NameState::nxdomain ? NameCategory::nxdomain : NameCategory::unreach;
                directory.names[place] =
                    static_cast<std::uint8_t>(scanner.matcher().without_name(state, address).category);
                break;
            }
            case NameState::name:
                found[count] = std::move(name);
                asked[count] = {found[count].name, address};
                named[count] = place;
                ++count;
        }
    }
    scanner.scan(std::span(asked).first(count), std::span(verdicts).first(count));
    for (std::size_t i = 0; i < count; ++i) {
        directory.names[named[i]] = static_cast<std::uint8_t>(verdicts[i].category);
    }
}

}  // namespace

DirectorySources::DirectorySources(const NamesConfig& names, const std::string& rules_path, const GeoConfig& geo)
    : geo_(geo) {
    if (!names.snapshot_paths.empty()) {
        names_.emplace(names);
        matcher_ = std::make_shared<const NameMatcher>(name_rules_of(read_name_rule_file(rules_path)));
    }
}

void DirectorySources::fill(QuerierDirectory& directory, const ClosedWindow& window, const Ranking& ranking) const {
    const std::size_t v4_count = directory.v4().size();
    if (const GeoFile* const countries = geo_.countries()) {
        const std::span<std::uint16_t> column(directory.countries);
        countries->find(directory.v4(), column.first(v4_count));
        countries->find(directory.v6(), column.subspan(v4_count));
    }
    if (const GeoFile* const as_numbers = geo_.as_numbers()) {
        const std::span<std::uint32_t> column(directory.as_numbers);
        as_numbers->find(directory.v4(), column.first(v4_count));
        as_numbers->find(directory.v6(), column.subspan(v4_count));
    }
    if (names_) {
        fill_names(directory, window, ranking);
    }
}

void DirectorySources::fill_names(QuerierDirectory& directory, const ClosedWindow& window,
                                  const Ranking& ranking) const {
    const std::vector<Place> places = places_to_name(directory, window, ranking);
    oneapi::tbb::enumerable_thread_specific<NameScanner> scanners([this] { return NameScanner(matcher_); });
    const std::size_t batches = (places.size() + NameScanner::batch_max - 1) / NameScanner::batch_max;
    using Range = oneapi::tbb::blocked_range<std::size_t>;
    oneapi::tbb::parallel_for(Range(0, batches, 16), [&](const Range& range) {
        for (std::size_t batch = range.begin(); batch < range.end(); ++batch) {
            const std::size_t first = batch * NameScanner::batch_max;
            const std::size_t count = std::min(NameScanner::batch_max, places.size() - first);
            categorise(std::span(places).subspan(first, count), *names_, scanners.local(), directory);
        }
    });
}

}  // namespace echotap
