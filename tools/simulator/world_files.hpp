// SPDX-License-Identifier: Apache-2.0
// What is known of a world beside its frames: a world that has come to its end goes in, its names, labels and truth
// come out as text.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/simulator/networks.hpp"
#include "tools/simulator/world.hpp"

namespace echotap {

/// Lines that begin with '#': which world, which hash, which seed, which networks. What the files begin with, but that
/// of names.
std::string provenance(const World& world, const Networks& networks);

/// A querier that has asked, with its name or `NXDOMAIN` or `UNREACH`.
struct WorldName {
    IpAddress address;
    std::string name;
};
/// Calls `take` for each querier that has asked, by address; those of floods too. In a masked world nobody has a name.
void for_each_name(const World& world, const Networks& networks, const std::function<void(const WorldName&)>& take);

/// What an analyst would know, by address: some of it wrong where the world has label noise.
struct WorldLabel {
    IpAddress originator;
    std::string_view class_name;
    std::string_view operator_name;
};
std::vector<WorldLabel> labels_of(const World& world);

// The same and the truth as files. Each throws std::runtime_error with the system's reason where it cannot be written.

/// Address, tab, name.
void write_names(const World& world, const Networks& networks, const std::string& path);
/// Originator, class, operator.
void write_labels(const World& world, const Networks& networks, const std::string& path);
/// What only the maker of the world knows, a row per originator and week.
void write_truth(const World& world, const Networks& networks, const std::string& path);

}  // namespace echotap
