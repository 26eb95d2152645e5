// SPDX-License-Identifier: Apache-2.0
// Where a directory of queriers gets its columns from: files of names, rules of categories, and files of countries and
// networks, as far as there are any, are opened once; directories are filled from them, window after window.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "analytics/geo_lookup.hpp"
#include "analytics/name_matcher.hpp"
#include "analytics/querier_directory.hpp"
#include "analytics/querier_names.hpp"
#include "analytics/ranking.hpp"
#include "config/geo_config.hpp"
#include "config/names_config.hpp"

namespace echotap {

/// Used by one thread at a time; works on several.
class DirectorySources {
public:
    /// `rules_path` is a file of name rules; empty: the built-in ones. Throws std::runtime_error that names file, place
    /// and cure where a file is missing or wrong.
    DirectorySources(const NamesConfig& names, const std::string& rules_path, const GeoConfig& geo);

    bool has_names() const { return names_.has_value(); }
    bool has_countries() const { return geo_.countries() != nullptr; }
    bool has_as_numbers() const { return geo_.as_numbers() != nullptr; }

    /// Countries and networks of all queriers, since the window's totals are made of all; names of those only that a
    /// ranked originator has, since no other name is asked for.
    void fill(QuerierDirectory& directory, const ClosedWindow& window, const Ranking& ranking) const;

private:
    void fill_names(QuerierDirectory& directory, const ClosedWindow& window, const Ranking& ranking) const;

    std::optional<QuerierNames> names_;
    std::shared_ptr<const NameMatcher> matcher_;
    GeoLookup geo_;
};

}  // namespace echotap
