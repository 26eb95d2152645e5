// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/directory_sources.hpp"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <array>
#include <exception>
#include <span>
#include <vector>

#include "analytics/names/name_rules.hpp"
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

/// Categories of some queriers, at most as many as one scan takes; `names` are theirs.
void categorise(std::span<const Place> places, std::span<const QuerierName> names, NameScanner& scanner,
                QuerierDirectory& directory) {
    std::array<NameToMatch, NameScanner::batch_max> asked;
    std::array<NameVerdict, NameScanner::batch_max> verdicts;
    std::array<Place, NameScanner::batch_max> named{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
        const Place place = places[i];
        const IpAddress address = directory.address(place);
        switch (names[i].state) {
            case NameState::unknown:
                break;
            case NameState::nxdomain:
            case NameState::unreach: {
                const auto state =
                    names[i].state == NameState::nxdomain ? NameCategory::nxdomain : NameCategory::unreach;
                directory.names[place] =
                    static_cast<std::uint8_t>(scanner.matcher().without_name(state, address).category);
                break;
            }
            case NameState::name:
                asked[count] = {names[i].name, address};
                named[count] = place;
                ++count;
        }
    }
    scanner.scan(std::span(asked).first(count), std::span(verdicts).first(count));
    for (std::size_t i = 0; i < count; ++i) {
        directory.names[named[i]] = static_cast<std::uint8_t>(verdicts[i].category);
    }
}

/// Calls `name_batch(first, count, scanner)` for all of `size` in batches that one scan takes, on several threads.
template <class NameBatch>
void for_each_batch(std::size_t size, const std::shared_ptr<const NameMatcher>& matcher, NameBatch&& name_batch) {
    oneapi::tbb::enumerable_thread_specific<NameScanner> scanners([&] { return NameScanner(matcher); });
    const std::size_t batches = (size + NameScanner::batch_max - 1) / NameScanner::batch_max;
    using Range = oneapi::tbb::blocked_range<std::size_t>;
    oneapi::tbb::parallel_for(Range(0, batches, 16), [&](const Range& range) {
        for (std::size_t batch = range.begin(); batch < range.end(); ++batch) {
            const std::size_t first = batch * NameScanner::batch_max;
            name_batch(first, std::min(NameScanner::batch_max, size - first), scanners.local());
        }
    });
}

std::shared_ptr<const NameMatcher> matcher_of(const std::string& rules_path) {
    return std::make_shared<const NameMatcher>(name_rules_of(read_name_rule_file(rules_path)));
}

/// Takes the places out whose name is known; returns how many.
std::size_t forget_named(std::vector<Place>& places, const QuerierDirectory& directory) {
    return std::erase_if(places, [&](Place place) { return directory.names[place] != name_unknown; });
}

}  // namespace

DirectorySources::DirectorySources(const NamesConfig& names, const std::string& rules_path, const GeoConfig& geo)
    : geo_(geo), rules_path_(rules_path) {
    if (!names.snapshot_paths.empty() || !names.cache.path.empty() || !names.resolver.servers.empty()) {
        names_ = std::make_unique<NameSources>(names);
        rules_read_ = FileIdentity::of(rules_path_);
        matcher_ = matcher_of(rules_path_);
    }
}

std::vector<std::string> DirectorySources::reload_if_changed() {
    std::vector<std::string> faults;
    try {
        geo_.reload_if_changed();
        last_geo_fault_.clear();
    } catch (const std::exception& error) {
        if (last_geo_fault_ != error.what()) {
            last_geo_fault_ = error.what();
            faults.push_back(last_geo_fault_);
        }
    }
    if (matcher_ && !rules_path_.empty()) {
        // The identity is that from before the file is read, so that what changes meanwhile is read again.
        const FileIdentity found = FileIdentity::of(rules_path_);
        if (found != rules_read_) {
            rules_read_ = found;
            try {
                matcher_ = matcher_of(rules_path_);
            } catch (const std::exception& error) {
                faults.emplace_back(error.what());
            }
        }
    }
    return faults;
}

NamesToCome DirectorySources::fill(QuerierDirectory& directory, const ClosedWindow& window, const Ranking& ranking,
                                   const NameWait& wait) const {
    const std::size_t v4_count = directory.v4().size();
    const std::shared_ptr<const GeoLookup> geo = geo_.current();
    if (const GeoFile* const countries = geo->countries()) {
        const std::span<std::uint16_t> column(directory.countries);
        countries->find(directory.v4(), column.first(v4_count));
        countries->find(directory.v6(), column.subspan(v4_count));
    }
    if (const GeoFile* const as_numbers = geo->as_numbers()) {
        const std::span<std::uint32_t> column(directory.as_numbers);
        as_numbers->find(directory.v4(), column.first(v4_count));
        as_numbers->find(directory.v6(), column.subspan(v4_count));
    }
    if (!names_) {
        return {};
    }
    NamesToCome to_come{.places = places_to_name(directory, window, ranking), .matcher = matcher_};
    to_come.wanted = to_come.places.size();
    for_each_batch(to_come.wanted, matcher_, [&](std::size_t first, std::size_t count, NameScanner& scanner) {
        const std::span<const Place> places = std::span(to_come.places).subspan(first, count);
        std::array<QuerierName, NameScanner::batch_max> found;
        std::ranges::transform(places, found.begin(),
                               [&](Place place) { return names_->snapshots().find(directory.address(place)); });
        categorise(places, found, scanner, directory);
    });
    forget_named(to_come.places, directory);
    fill_late_names(directory, to_come, wait);
    return to_come;
}

std::size_t DirectorySources::fill_late_names(QuerierDirectory& directory, NamesToCome& to_come,
                                              const NameWait& wait) const {
    if (to_come.places.empty() || names_ == nullptr || !names_->reach_beyond_snapshots()) {
        return 0;
    }
    std::vector<IpAddress> addresses(to_come.places.size());
    std::ranges::transform(to_come.places, addresses.begin(), [&](Place place) { return directory.address(place); });
    std::vector<QuerierName> found(addresses.size());
    to_come.no_server = names_->find_beyond_snapshots(addresses, wait.deadline, found, wait.waiting).no_server;
    for_each_batch(found.size(), to_come.matcher, [&](std::size_t first, std::size_t count, NameScanner& scanner) {
        categorise(std::span(to_come.places).subspan(first, count), std::span(found).subspan(first, count), scanner,
                   directory);
    });
    return forget_named(to_come.places, directory);
}

}  // namespace echotap
