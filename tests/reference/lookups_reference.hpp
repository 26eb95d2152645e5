// SPDX-License-Identifier: Apache-2.0
// The slow and obvious way from lookups to queriers: every lookup goes to a resolver by its share, and passes the
// caches with the probability that the level's formula gives (docs/simulator.md).
#pragma once

#include <set>
#include <vector>

#include "config/world_config.hpp"
#include "tools/simulator/population.hpp"

namespace echotap::reference {

/// For caches without leaks and an authority without sisters, where nothing is drawn per querier.
class Lookups {
public:
    Lookups(const Population& population, const CacheConfig& cache) : population_(population), cache_(cache) {
        std::vector<double> shares;
        for (std::uint32_t querier = 0; querier < population.size(); ++querier) {
            shares.push_back(population.share(querier));
        }
        resolvers_ = WeightedIndices(shares);
    }

    /// The queriers of a role that `lookups` lookups of the whole world (a Poisson number of them) make visible.
    std::set<std::uint32_t> queriers(Random& random, double lookups, QuerierRole role) const {
        std::set<std::uint32_t> queriers;
        for (std::uint64_t left = draw_poisson(random, lookups); left > 0; --left) {
            const std::uint32_t querier = resolvers_.draw(random);
            const double passes = 1 / (1 + population_.share(querier) * cache_.background);
            if (population_[querier].role == role && uniform(random) < passes) {
                queriers.insert(querier);
            }
        }
        return queriers;
    }

private:
    const Population& population_;
    CacheConfig cache_;
    WeightedIndices resolvers_;
};

}  // namespace echotap::reference
