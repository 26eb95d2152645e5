// SPDX-License-Identifier: Apache-2.0
// Where most queriers of an originator are, and what they are called: an analysed window goes in; the largest
// countries, networks and name categories of each of its originators come out.
//
// Features say how many countries there are; who reads a report asks which.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analytics/features/analysis.hpp"

namespace echotap {

/// A part of an originator's queriers.
struct QuerierShare {
    std::string of;    // `JP`, `AS2914`, `home`
    double share = 0;  // of the queriers of which this is known; of a sampled originator, an estimate

    bool operator==(const QuerierShare&) const = default;
};

/// The largest first; of equal ones, the country first by its letters, the lower number of a network, the category
/// in the paper's order.
/// Empty where nothing is known.
struct QuerierMix {
    std::vector<QuerierShare> countries;
    std::vector<QuerierShare> networks;
    std::vector<QuerierShare> names;
};

/// By row of the window's features; at most `largest` of each kind. Works on several threads, with one result.
std::vector<QuerierMix> querier_mixes(const AnalysedWindow& analysed, std::size_t largest = 3);

}  // namespace echotap
