// SPDX-License-Identifier: Apache-2.0
// What a simulated world is told: its queriers, caches, classes of originators, and what is sent on purpose. The worlds
// in config/worlds/ are annotated; docs/simulator.md says where each number comes from.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/toml_file.hpp"

namespace echotap {

/// What a querier is, in the order of the 14 static features (Fukuda & Heidemann 2015, section 3.2). Its name need not
/// say so.
enum class QuerierRole : std::uint8_t {
    home,
    mail,
    ns,
    fw,
    antispam,
    www,
    ntp,
    cdn,
    aws,
    ms,
    google,
    other,
    unreach,
    nxdomain,
};
inline constexpr std::size_t querier_role_count = 14;
inline constexpr std::array<std::string_view, querier_role_count> querier_role_names{
    "home", "mail", "ns", "fw", "antispam", "www", "ntp", "cdn", "aws", "ms", "google", "other", "unreach", "nxdomain"};

using RoleShares = std::array<double, querier_role_count>;

/// Where the authority stands: what its queriers' caches leave for it to see.
enum class AuthorityLevel : std::uint8_t { final_authority, national, root };
inline constexpr std::array<std::string_view, 3> authority_level_names{"final", "national", "root"};

/// When an originator is active: any time alike, in bursts of about an hour, in batches of a few hours that users do
/// not see, or in the evenings of its country.
enum class ActivityPattern : std::uint8_t { steady, bursty, batches, evening };
inline constexpr std::array<std::string_view, 4> activity_pattern_names{"steady", "bursty", "batches", "evening"};

/// The resolvers of the world.
struct PopulationConfig {
    std::uint32_t queriers = 2'000'000;
    double sharing_exponent = 1.44;  // s: a lookup comes through the resolver of rank i with probability ~ i^-s
    double country_exponent = .95;   // a country's share of queriers ~ (rank by IPv4 addresses)^-this
    double ipv6_share = 0;
    double farm_share = .28;  // of queriers that stand in /24s with many others
    std::uint32_t farms = 5'000;
    /// What they are; shares need not sum to 1. The same guess as in config/worlds/profiles.toml.
    RoleShares roles{.25, .12, .22, .009, .0005, .011, .001, .003, .008, .004, .006, .2075, .055, .105};
    double keyword_share = .7;  // of names that tell the role by a keyword of the paper's list
    std::uint32_t grammar = 1;  // another number: other providers with other habits of naming
};

/// What caches leave over at one level: a lookup passes with eps + (1 - eps) / (1 + w * background), where w is the
/// resolver's share of all lookups and eps is drawn for each resolver.
struct CacheConfig {
    double background = 0;             // lookups under the level's cut within its TTL, of all resolvers together
    double leak = 0;                   // mean of eps
    double leak_spread = 2;            // standard deviation of ln eps
    double letter_share = 1;           // of the queries that go to this one of several authorities
    double letter_concentration = .3;  // of the Beta distribution of that share over queriers
};

/// What the queries look like on the wire.
struct TrafficConfig {
    double tcp_share = .02;
    double edns_share = .85;
    double mixed_case_share = .03;
    double repeat_share = .1;     // of questions that are sent again within 30 s
    double repeat_copies = 2;     // more copies, in the mean, where one is repeated
    double minimising_share = 0;  // of queriers
    double nsec_share = 0;        // of lookups of nameless originators that cached denials answer
    bool masked = false;          // queriers cut to their /24 or /64
    std::uint32_t sampling = 1;   // every n-th frame is kept
};

/// One class of originators. Shares are of unique queriers at the authority.
struct ClassConfig {
    std::string name;
    RoleShares profile{};
    double asks = 3;   // questions of a querier in the window, in the mean
    double duty = .5;  // share of 10-minute periods in which it is active
    ActivityPattern pattern = ActivityPattern::steady;
    double home_share = .2;            // of queriers in the operator's country
    std::uint32_t home_octets = 0;     // /8s that these stand in, at most; 0: all of the country's
    std::uint32_t countries = 120;     // with queriers, at most
    std::uint32_t operators = 0;       // 0: one per originator
    double lookup_probability = 1e-3;  // that a target touched looks the originator up
    double footprint_exponent = 1.76;  // of the complementary distribution of footprints
    double footprint_least = 20;
    double nameless_share = .4;  // without a PTR record
    std::uint32_t labelled = 0;  // originators of footprint_least or more whose class is known to us
    std::uint32_t others = 0;    // and unknown
    double half_life_weeks = 100;
};

/// Originators that are planted one by one: scans of a known size, case studies.
struct PlantedConfig {
    std::string class_name;
    std::string operator_name;
    std::uint32_t count = 1;
    double targets = 0;   // touched by each; or
    double queriers = 0;  // expected of each
    double asks = 0;      // of a querier; 0: as its class
    bool labelled = true;
};

/// One campaign spread over many originators (an adversary that knows of us).
struct CampaignConfig {
    std::string class_name;
    std::uint32_t originators = 500;
    double queriers_least = 5;
    double queriers_most = 40;
};

/// Queries with made-up sources, to make originators look like something.
struct FloodConfig {
    std::uint32_t originators = 10;
    std::uint64_t queries = 10'000;  // of each
    double begin = 0;                // share of the duration
    double length = 1;
};

struct WorldConfig {
    std::string name;
    AuthorityLevel authority = AuthorityLevel::final_authority;
    std::string authority_v4 = "192.0.2.53";
    std::string authority_v6 = "2001:db8::53";
    std::string originator_country;  // empty: everywhere
    std::chrono::sys_seconds start{};
    std::chrono::seconds duration{3600};
    std::uint64_t seed = 1;

    PopulationConfig population;
    std::array<CacheConfig, 3> caches;  // by AuthorityLevel
    TrafficConfig traffic;

    double operator_concentration = 16;  // Dirichlet, of an operator's profile about its class's
    double address_concentration = 60;   // and of an address's about its operator's
    double week_concentration = 200;     // and of a week's about the address's
    double profile_redraw = 0;           // Dirichlet, of this world's class means about the profiles; 0: as given
    double operator_asks_deviation = .35;
    double address_asks_deviation = .12;
    double ipv6_originators = 0;  // share
    double footprint_most = 10'000;
    double labelled_least = 20;  // queriers of a labelled originator: analysts label what they see well
    double label_noise = 0;      // share of labels that name another class
    std::uint32_t small = 0;     // originators below 20 queriers
    double pulse = 0;            // scanners more in weeks 8 to 11: the Heartbleed weeks of the paper
    double immortal_share = .3;

    bool is_frozen = false;  // says its file, and its parameters are those of then; no parameter itself

    std::vector<ClassConfig> classes;
    std::vector<PlantedConfig> planted;
    std::vector<CampaignConfig> campaigns;
    std::vector<FloodConfig> floods;

    /// Reads a world. Throws std::runtime_error with file, line, column and key.
    static WorldConfig from(TomlTable table);

    /// All parameters but the seed as text, the same for the same parameters.
    std::string canonical() const;
    /// 16 hexadecimal digits that stand for canonical().
    std::string hash() const;
    /// The number of the class; throws std::runtime_error where there is none.
    std::uint32_t class_number(const std::string& class_name) const;
};

}  // namespace echotap
