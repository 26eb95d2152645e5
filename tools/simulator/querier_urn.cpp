// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/querier_urn.hpp"

#include <tbb/parallel_sort.h>

#include <algorithm>
#include <bit>

#include "tools/simulator/arithmetic.hpp"
#include "tools/simulator/seeds.hpp"

namespace echotap {

namespace {

// The grid of intensities: powers of two in half steps. At 2^-10 nobody is seen, at 2^80 everybody.
constexpr int grid_octave_min = -10;
constexpr int grid_octave_max = 80;
constexpr int grid_steps = 2;

/// Above this expected count of lookups in a bucket's heaviest querier, its members are asked one by one.
constexpr double dense = .25;

double grid_intensity(std::size_t point) {
    return exponential((static_cast<double>(point) / grid_steps + grid_octave_min) * ln_2);
}

int octave(double weight) {
    return static_cast<int>(std::bit_cast<std::uint64_t>(weight) >> 52U);
}

double draw_letter_share(Random& random, const CacheConfig& cache) {
    if (cache.letter_share >= 1) {
        return 1;
    }
    const double other = cache.letter_concentration * (1 / cache.letter_share - 1);
    const double one = draw_gamma(random, cache.letter_concentration);
    const double rest = draw_gamma(random, other);
    return one + rest > 0 ? one / (one + rest) : 0;
}

}  // namespace

void UrnPart::add(const Bucket& bucket) {
    sparse_mass_.push_back(sparse_mass_.empty() ? 0
                                                : sparse_mass_.back() + (buckets_.back().end - buckets_.back().begin) *
                                                                            buckets_.back().weight_max);
    buckets_.push_back(bucket);
    size_ += bucket.end - bucket.begin;
}

void UrnPart::finish() {
    constexpr std::size_t points = (grid_octave_max - grid_octave_min) * grid_steps + 1;
    if (buckets_.empty()) {
        return;
    }
    sparse_mass_.push_back(sparse_mass_.back() +
                           (buckets_.back().end - buckets_.back().begin) * buckets_.back().weight_max);
    expected_.reserve(points);
    for (std::size_t point = 0; point < points; ++point) {
        expected_.push_back(expected(grid_intensity(point)));
    }
}

double UrnPart::expected(double m) const {
    double sum = 0;
    for (const Bucket& bucket : buckets_) {
        sum += (bucket.end - bucket.begin) * (1 - exponential(-m * bucket.weight_mean));
    }
    return sum;
}

double UrnPart::intensity(double queriers) const {
    if (queriers <= 0 || buckets_.empty()) {
        return 0;
    }
    queriers = std::min(queriers, .98 * size_);
    const auto above = static_cast<std::size_t>(std::ranges::upper_bound(expected_, queriers) - expected_.begin());
    if (above == 0) {
        return grid_intensity(0) * queriers / expected_.front();
    }
    if (above == expected_.size()) {
        return grid_intensity(above - 1);
    }
    const double step = expected_[above] - expected_[above - 1];
    const double part = (queriers - expected_[above - 1]) / step;
    return grid_intensity(above - 1) * exponential(part * ln_2 / grid_steps);
}

QuerierUrn::QuerierUrn(const Population& population, const CacheConfig& cache) : population_(population) {
    Random random = random_of(population.seed(), seeds::caches);
    std::vector<double> weights(population.size());
    for (std::uint32_t querier = 0; querier < population.size(); ++querier) {
        const double share = population.share(querier);
        const double leak = std::min(1.0, cache.leak * draw_lognormal(random, cache.leak_spread));
        const double passes = leak + (1 - leak) / (1 + share * cache.background);
        // No weight is zero, so that each has an octave.
        weights[querier] = std::max(1e-30, share * passes * draw_letter_share(random, cache));
        visible_share_ += weights[querier];
    }
    struct Entry {
        std::uint32_t group;  // role and octave, heaviest first
        std::uint16_t country;
        std::uint32_t querier;
    };
    std::vector<Entry> entries(population.size());
    for (std::uint32_t querier = 0; querier < population.size(); ++querier) {
        const Querier& one = population[querier];
        entries[querier] = {static_cast<std::uint32_t>(static_cast<int>(one.role) << 12U) +
                                static_cast<std::uint32_t>(2048 - octave(weights[querier])),
                            one.country, querier};
    }
    tbb::parallel_sort(entries, [](const Entry& one, const Entry& other) {
        return std::tie(one.group, one.country, one.querier) < std::tie(other.group, other.country, other.querier);
    });
    order_.reserve(entries.size());
    for (std::uint32_t begin = 0; begin < entries.size();) {
        UrnPart::Bucket bucket{begin, begin, 0, 0};
        UrnPart& part = roles_[entries[begin].group >> 12U];
        for (; bucket.end < entries.size() && entries[bucket.end].group == entries[begin].group; ++bucket.end) {
            const std::uint32_t querier = entries[bucket.end].querier;
            order_.push_back(querier);
            weights_.push_back(static_cast<float>(weights[querier]));
            places_.push_back(entries[bucket.end].country);
            bucket.weight_max = std::max(bucket.weight_max, static_cast<double>(weights_.back()));
            bucket.weight_mean += static_cast<double>(weights_.back());
            part.lookup_share_ += population.share(querier);
        }
        bucket.weight_mean /= bucket.end - bucket.begin;
        part.add(bucket);
        begin = bucket.end;
    }
    for (UrnPart& part : roles_) {
        part.finish();
    }
    all_ = WeightedIndices(weights);
}

void QuerierUrn::prepare(std::uint16_t country) {
    const auto [found, is_new] = countries_.try_emplace(country);
    if (!is_new) {
        return;
    }
    for (std::size_t role = 0; role < querier_role_count; ++role) {
        UrnPart& part = found->second[role];
        for (const UrnPart::Bucket& whole : roles_[role].buckets_) {
            const auto begin = places_.begin() + whole.begin;
            const auto end = places_.begin() + whole.end;
            const auto [first, last] = std::equal_range(begin, end, country);
            UrnPart::Bucket bucket{static_cast<std::uint32_t>(first - places_.begin()),
                                   static_cast<std::uint32_t>(last - places_.begin()), whole.weight_max, 0};
            if (bucket.begin == bucket.end) {
                continue;
            }
            for (std::uint32_t i = bucket.begin; i < bucket.end; ++i) {
                bucket.weight_mean += static_cast<double>(weights_[i]);
                part.lookup_share_ += population_.share(order_[i]);
            }
            bucket.weight_mean /= bucket.end - bucket.begin;
            part.add(bucket);
        }
        part.finish();
    }
}

void QuerierUrn::draw(Random& random, const UrnPart& part, double m, std::span<const std::uint8_t> support,
                      std::vector<std::uint32_t>& queriers) const {
    const auto is_supported = [&](std::uint32_t place) { return support.empty() || support[places_[place]] != 0; };
    std::size_t first_sparse = 0;
    for (; first_sparse < part.buckets_.size(); ++first_sparse) {
        const UrnPart::Bucket& bucket = part.buckets_[first_sparse];
        if (m * bucket.weight_max <= dense) {
            break;
        }
        for (std::uint32_t place = bucket.begin; place < bucket.end; ++place) {
            if (is_supported(place) && uniform(random) < 1 - exponential(-m * static_cast<double>(weights_[place]))) {
                queriers.push_back(order_[place]);
            }
        }
    }
    if (first_sparse == part.buckets_.size()) {
        return;
    }
    // The rest together: as many lookups as the heaviest of each bucket would make, thinned to each querier's own
    // weight.
    const auto& mass = part.sparse_mass_;
    const double start = mass[first_sparse];
    const double total = mass.back() - start;
    for (std::uint64_t lookups = draw_poisson(random, m * total); lookups > 0; --lookups) {
        const double at = start + uniform(random) * total;
        const auto above =
            std::upper_bound(mass.begin() + static_cast<std::ptrdiff_t>(first_sparse) + 1, mass.end() - 1, at);
        const UrnPart::Bucket& bucket = part.buckets_[static_cast<std::size_t>(above - mass.begin()) - 1];
        const std::uint32_t place = bucket.begin + random.below(bucket.end - bucket.begin);
        if (uniform(random) * bucket.weight_max < static_cast<double>(weights_[place]) && is_supported(place)) {
            queriers.push_back(order_[place]);
        }
    }
}

}  // namespace echotap
