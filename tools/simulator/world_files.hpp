// SPDX-License-Identifier: Apache-2.0
// What is known of a world beside its frames: a world that has come to its end goes in, its names, labels and truth
// come out as text.
#pragma once

#include <string>

#include "tools/simulator/networks.hpp"
#include "tools/simulator/world.hpp"

namespace echotap {

/// Lines that begin with '#': which world, which hash, which seed, which networks. What the files begin with, but that
/// of names.
std::string provenance(const World& world, const Networks& networks);

/// Names of the queriers that have asked: address, tab, name or NXDOMAIN or UNREACH, by address. Throws
/// std::runtime_error with the system's reason where it cannot be written, as the others do.
void write_names(const World& world, const Networks& networks, const std::string& path);

/// What an analyst would know: originator, class, operator, by address.
void write_labels(const World& world, const Networks& networks, const std::string& path);

/// What only the maker of the world knows, a row per originator and week.
void write_truth(const World& world, const Networks& networks, const std::string& path);

}  // namespace echotap
