// SPDX-License-Identifier: Apache-2.0
// Who acts: a world, its networks and queriers go in; operators and their originators come out, with all traits that
// are drawn once.
//
// A class has operators, an operator has addresses: profiles are Dirichlet about the class for an operator, and about
// the operator for an address (docs/simulator.md). So two addresses of one company resemble each other more than two of
// one class, as in the paper's own data (22 ad-tracker addresses of 5 companies).
#pragma once

#include <bitset>
#include <string>
#include <unordered_set>
#include <vector>

#include "config/world_config.hpp"
#include "tools/simulator/networks.hpp"
#include "tools/simulator/querier_urn.hpp"

namespace echotap {

/// Weeks of a world: one, as long as it is, up to seven days.
struct Weeks {
    std::uint32_t count = 1;
    std::uint64_t nanoseconds = 0;  // of one
};
Weeks weeks_of(const WorldConfig& world);

struct Operator {
    std::string name;
    std::uint32_t class_number = 0;
    std::uint16_t country = 0;
    double home_share = 0;
    double asks = 1;  // of a querier in a window, in the mean
    double duty = .5;
    RoleShares profile{};
    std::vector<std::uint8_t> support;  // by country: whether it has queriers there
    double support_share = 1;           // of all queriers of the world
    std::bitset<256> home_octets;       // the /8s of its queriers at home
    double home_octets_share = 1;       // of all queriers of the country
    std::vector<std::uint32_t> blocks;  // the /24s of its originators
};

/// What an originator is in the world.
enum class Standing : std::uint8_t { usual, small, spoofed };

struct Originator {
    IpAddress address;
    std::uint32_t class_number = 0;     // of no meaning for spoofed ones
    std::uint32_t operator_number = 0;  // of no meaning for small and spoofed ones
    Standing standing = Standing::usual;
    bool is_labelled = false;
    bool is_nameless = false;
    double queriers = 0;  // expected in a window at the authority; 0: follows from targets
    double targets = 0;   // touched in a window; 0: follows from queriers
    std::uint32_t first_week = 0;
    std::uint32_t last_week = 0;
    std::uint32_t flood = 0;  // of spoofed ones: index into WorldConfig::floods
};

/// Thread-safe once made.
class Cast {
public:
    /// Prepares `urn` for the countries of all operators.
    Cast(const WorldConfig& world, const Networks& networks, const Population& population, QuerierUrn& urn,
         std::uint64_t seed);

    const std::vector<Operator>& operators() const { return operators_; }
    const std::vector<Originator>& originators() const { return originators_; }
    std::string_view class_of(const Originator& originator) const;
    std::string_view operator_of(const Originator& originator) const;

    /// The profile of an address in a week.
    RoleShares profile(std::uint32_t originator, std::uint32_t week) const;

private:
    void make_class(std::uint32_t class_number);
    void choose_home_octets(Random& random, Operator& one) const;
    std::uint32_t add_operator(std::uint32_t class_number, std::string name, std::size_t originators);
    void live(std::uint32_t class_number, std::span<const std::uint32_t> staff, bool is_labelled, Random& random);
    void add_originator(Random& random, std::uint32_t operator_number, Originator originator);
    void add_planted();
    void add_campaigns();
    void add_small();
    void add_floods();
    IpAddress draw_address(Random& random, std::uint32_t v4_block);
    IpAddress draw_address_anywhere(Random& random);

    const WorldConfig& world_;
    const Networks& networks_;
    const Population& population_;
    std::uint64_t seed_;
    Weeks weeks_;
    WeightedIndices countries_;
    std::vector<RoleShares> class_profiles_;
    std::vector<Operator> operators_;
    std::vector<Originator> originators_;
    std::unordered_set<std::uint32_t> taken_;
    std::uint32_t v6_count_ = 0;
};

}  // namespace echotap
