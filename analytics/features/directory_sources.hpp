// SPDX-License-Identifier: Apache-2.0
// Where a directory of queriers gets its columns from: names, rules of categories, and files of countries and networks,
// as far as there are any, are opened once; directories are filled from them, window after window.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analytics/features/querier_directory.hpp"
#include "analytics/features/ranking.hpp"
#include "analytics/geo/geo_lookup.hpp"
#include "analytics/geo/sealed_copy.hpp"
#include "analytics/names/name_matcher.hpp"
#include "analytics/resolver/name_sources.hpp"
#include "config/geo_config.hpp"
#include "config/names_config.hpp"

namespace echotap {

/// Queriers of one directory whose names were wanted and are not known yet.
struct NamesToCome {
    std::vector<QuerierDirectory::Place> places;  // ascending
    /// Rules that the known names of the same directory went by, so that late ones go by them, too.
    std::shared_ptr<const NameMatcher> matcher;
    std::size_t wanted = 0;       // known ones included
    std::uint64_t no_server = 0;  // of those to come: asked for last, and no server did its work

    /// The share of wanted names that is known, 0 to 1; 0 where none was wanted or there is no source of names.
    double known() const {
        return wanted == 0 ? 0 : 1 - static_cast<double>(places.size()) / static_cast<double>(wanted);
    }
};

/// Used by one thread at a time, but for names(), which any thread may use at any time; works on several threads.
class DirectorySources {
public:
    /// `rules_path` is a file of name rules; empty: the built-in ones. Throws std::runtime_error that names file, place
    /// and cure where a file is missing or wrong.
    DirectorySources(const NamesConfig& names, const std::string& rules_path, const GeoConfig& geo);

    bool has_names() const { return names_ != nullptr; }
    bool has_countries() const { return geo_.current()->countries() != nullptr; }
    bool has_as_numbers() const { return geo_.current()->as_numbers() != nullptr; }
    /// nullptr where there are none.
    NameSources* names() const { return names_.get(); }

    /// Reads the files of countries and networks and that of rules again where they have changed; to be called between
    /// two windows. What is wrong with new ones, each told once: the old ones stay in use, as a whole, until the file
    /// changes again to one that is right. Three system calls where nothing has changed.
    std::vector<std::string> reload_if_changed();

    /// Countries and networks of all queriers, since the window's totals are made of all; names of those only that a
    /// ranked originator has, since no other name is asked for. Names that nobody knows before the deadline stay to
    /// come.
    NamesToCome fill(QuerierDirectory& directory, const ClosedWindow& window, const Ranking& ranking,
                     const NameWait& wait = {}) const;

    /// Asks the cache and the servers again for what is to come, and takes what is known now out of it. Returns how
    /// many names that were.
    std::size_t fill_late_names(QuerierDirectory& directory, NamesToCome& to_come, const NameWait& wait = {}) const;

private:
    std::unique_ptr<NameSources> names_;
    std::shared_ptr<const NameMatcher> matcher_;
    GeoSource geo_;
    std::string rules_path_;
    FileIdentity rules_read_;     // of the file of rules that was looked at last
    std::string last_geo_fault_;  // told already
};

}  // namespace echotap
