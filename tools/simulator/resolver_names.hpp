// SPDX-License-Identifier: Apache-2.0
// What resolvers are called: a querier goes in, its name or the lack of one comes out.
//
// A grammar, and on purpose not the list of keywords that the paper classifies by: a part of the names says what the
// host is by one of those keywords, the others by words that operators use as well and the list does not have (adsl,
// relay, resolver, time), in other languages, with traps (shipping, apple), with keywords in the provider's domain. So
// a classifier by keywords is right about some 80 to 90 of 100 queriers, and no more.
#pragma once

#include <cstdint>
#include <string>

#include "config/world_config.hpp"
#include "tools/simulator/networks.hpp"
#include "tools/simulator/population.hpp"

namespace echotap {

/// Thread-safe. All arguments must outlive it.
class ResolverNames {
public:
    ResolverNames(const WorldConfig& world, const Networks& networks, const Population& population)
        : config_(world.population), networks_(networks), population_(population) {}

    /// A name, or `NXDOMAIN` or `UNREACH`, as files of names have them.
    std::string name(std::uint32_t querier) const;
    /// The same for an address that no resolver of the world has: most such have no name, the others are at homes.
    std::string name_of_stranger(std::uint32_t v4) const;

private:
    std::string domain(std::uint32_t as_number, std::uint16_t country) const;
    std::string host(Random& random, QuerierRole role, const IpAddress& address) const;

    const PopulationConfig& config_;
    const Networks& networks_;
    const Population& population_;
};

}  // namespace echotap
