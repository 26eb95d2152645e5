// SPDX-License-Identifier: Apache-2.0
// The resolvers of a world: configuration, networks and seed go in; for each its address, role, country and share of
// all lookups come out.
//
// Fukuda & Heidemann see a power law of exponent .71 between targets and queriers (their figure 3); it comes out where
// lookups pass through resolvers that are shared by Zipf's law (docs/simulator.md). A querier is a number, and the
// lower its number the more hosts share it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "config/ip_address.hpp"
#include "config/world_config.hpp"
#include "tools/simulator/networks.hpp"

namespace echotap {

/// Compact, since there are millions.
struct Querier {
    std::uint32_t place = 0;  // IPv4: the address as a number; IPv6: an index
    std::uint32_t as_number = 0;
    std::uint16_t country = 0;  // index into Networks::countries()
    QuerierRole role = QuerierRole::other;
    bool is_v6 = false;
    bool is_minimising = false;  // RFC 9156
};

/// Thread-safe once made.
class Population {
public:
    Population(const WorldConfig& world, const Networks& networks, std::uint64_t seed);

    std::uint32_t size() const { return static_cast<std::uint32_t>(queriers_.size()); }
    const Querier& operator[](std::uint32_t querier) const { return queriers_[querier]; }
    IpAddress address(std::uint32_t querier) const;
    /// Its share of all lookups of the world; they sum to 1.
    double share(std::uint32_t querier) const { return shares_[querier]; }
    /// What share of the queriers a country has; they sum to 1.
    const std::vector<double>& country_shares() const { return country_shares_; }
    /// How many IPv4 queriers a country has in each /8.
    const std::array<std::uint32_t, 256>& octet_counts(std::uint16_t country) const { return octet_counts_[country]; }
    std::uint64_t seed() const { return seed_; }

private:
    std::uint64_t seed_;
    std::vector<Querier> queriers_;
    std::vector<double> shares_;
    std::vector<double> country_shares_;
    std::vector<std::array<std::uint32_t, 256>> octet_counts_;
    std::vector<IpAddress> v6_;
};

}  // namespace echotap
