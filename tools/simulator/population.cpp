// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/population.hpp"

#include <tsl/robin_set.h>

#include "dataplane/state/state_query.hpp"
#include "tools/simulator/arithmetic.hpp"
#include "tools/simulator/seeds.hpp"

namespace echotap {

namespace {

constexpr std::uint32_t farm_hosts_max = 250;  // of a /24
constexpr unsigned attempts_max = 64;

/// Name servers and mail servers stand together more often than what answers for a home.
double farm_tendency(QuerierRole role) {
    switch (role) {
        case QuerierRole::home:
            return .15;
        case QuerierRole::ns:
            return 1.5;
        case QuerierRole::mail:
            return 1.3;
        default:
            return 1;
    }
}

/// A /24 that many resolvers of one provider stand in.
struct Farm {
    std::uint32_t v4_block = 0;
    Site site;
    std::uint32_t hosts = 0;
};

/// Gives out addresses, each once.
class Addresses {
public:
    Addresses(const WorldConfig& world, const Networks& networks, const WeightedIndices& countries, std::uint64_t seed)
        : networks_(networks), countries_(countries) {
        Random random = random_of(seed, seeds::farms);
        farms_.resize(world.population.farms);
        std::vector<double> weights(farms_.size());
        for (std::size_t i = 0; i < farms_.size(); ++i) {
            const auto country = static_cast<std::uint16_t>(countries.draw(random));
            farms_[i].v4_block = networks.draw_v4_block(random, country, farms_[i].site);
            weights[i] = 1 / (static_cast<double>(i) + 1);
        }
        ranks_ = WeightedIndices(weights);
        taken_.reserve(world.population.queriers);
    }

    /// An IPv4 address of a farm, or of any network where the farms are full.
    std::uint32_t draw_in_farm(Random& random, Site& site) {
        std::size_t rank = ranks_.draw(random);
        for (std::size_t tried = 0; tried < farms_.size(); ++tried, rank = (rank + 1) % farms_.size()) {
            Farm& farm = farms_[rank];
            while (farm.hosts < farm_hosts_max) {
                const std::uint32_t address = farm.v4_block + 2 + farm.hosts++;
                if (taken_.insert(address).second) {
                    site = farm.site;
                    return address;
                }
            }
            if (tried == attempts_max) {
                break;  // the world has more queriers in farms than the farms have room
            }
        }
        return draw_anywhere(random, site);
    }

    std::uint32_t draw_anywhere(Random& random, Site& site) {
        while (true) {
            const auto country = static_cast<std::uint16_t>(countries_.draw(random));
            for (unsigned attempt = 0; attempt < attempts_max; ++attempt) {
                const std::uint32_t address = networks_.draw_v4_block(random, country, site) + 1 + random.below(254);
                if (taken_.insert(address).second) {
                    return address;
                }
            }
            // A small country can be full; another takes the querier.
        }
    }

    IpAddress draw_v6(Random& random, Site& site) {
        const auto country = static_cast<std::uint16_t>(countries_.draw(random));
        std::array<std::uint8_t, 16> octets = networks_.draw_v6_block(random, country, site).octets();
        // Distinct: the interface identifier holds the number of the address.
        const auto number = static_cast<std::uint32_t>(++v6_count_);
        for (unsigned i = 0; i < 4; ++i) {
            octets[12 + i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
        }
        return IpAddress::from_v6(octets.data());
    }

private:
    const Networks& networks_;
    const WeightedIndices& countries_;
    std::vector<Farm> farms_;
    WeightedIndices ranks_;
    // By a hash of our own, since neighbours in a farm would crowd a table of plain addresses.
    struct Spread {
        std::size_t operator()(std::uint32_t address) const { return static_cast<std::size_t>(scramble(address)); }
    };
    tsl::robin_set<std::uint32_t, Spread> taken_;
    std::uint64_t v6_count_ = 0;
};

}  // namespace

Population::Population(const WorldConfig& world, const Networks& networks, std::uint64_t seed) : seed_(seed) {
    const PopulationConfig& config = world.population;
    country_shares_.resize(networks.countries().size());
    double sum = 0;
    for (std::size_t i = 0; i < country_shares_.size(); ++i) {
        country_shares_[i] = power(static_cast<double>(i) + 1, -config.country_exponent);
        sum += country_shares_[i];
    }
    for (double& share : country_shares_) {
        share /= sum;
    }
    const WeightedIndices countries(country_shares_);
    const WeightedIndices roles(config.roles);
    Addresses addresses(world, networks, countries, seed);

    Random random = random_of(seed, seeds::population);
    octet_counts_.resize(country_shares_.size());
    queriers_.resize(config.queriers);
    shares_.resize(config.queriers);
    sum = 0;
    for (std::uint32_t i = 0; i < config.queriers; ++i) {
        Querier& querier = queriers_[i];
        querier.role = static_cast<QuerierRole>(roles.draw(random));
        querier.is_v6 = networks.has_v6() && uniform(random) < config.ipv6_share;
        querier.is_minimising = uniform(random) < world.traffic.minimising_share;
        const bool in_farm = uniform(random) < config.farm_share * farm_tendency(querier.role);
        Site site;
        if (querier.is_v6) {
            querier.place = static_cast<std::uint32_t>(v6_.size());
            v6_.push_back(addresses.draw_v6(random, site));
        } else {
            querier.place = in_farm ? addresses.draw_in_farm(random, site) : addresses.draw_anywhere(random, site);
        }
        querier.country = site.country;
        octet_counts_[site.country][querier.is_v6 ? 0 : querier.place >> 24U] += querier.is_v6 ? 0 : 1;
        querier.as_number = site.as_number;
        shares_[i] = power(static_cast<double>(i) + 1, -config.sharing_exponent);
        sum += shares_[i];
    }
    for (double& share : shares_) {
        share /= sum;
    }
}

IpAddress Population::address(std::uint32_t querier) const {
    const Querier& one = queriers_[querier];
    return one.is_v6 ? v6_[one.place] : v4_address(one.place);
}

}  // namespace echotap
