// SPDX-License-Identifier: Apache-2.0
// Distributions that are the same on every machine: a Random goes in, draws come out.
//
// Those of <random> differ between standard libraries. Each function says which method it is.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tools/simulator/random.hpp"

namespace echotap {

/// A generator for a thing of a world, whatever was drawn before: the seed, what is drawn, and its number.
inline Random random_of(std::uint64_t seed, std::uint64_t what, std::uint64_t number = 0) {
    return Random(scramble(seed ^ scramble(what ^ scramble(number + 0x5851f42d4c957f2dU))));
}

/// Uniform over [0, 1): 53 bits.
inline double uniform(Random& random) {
    return static_cast<double>(random.next() >> 11U) * 0x1p-53;
}

/// Uniform over (0, 1].
inline double uniform_positive(Random& random) {
    return static_cast<double>((random.next() >> 11U) + 1) * 0x1p-53;
}

/// Mean 1.
double draw_exponential(Random& random);
/// Mean 0, variance 1: Marsaglia's polar method.
double draw_normal(Random& random);
/// exp of a normal with this standard deviation, shifted so that the mean is 1.
double draw_lognormal(Random& random, double deviation);
/// Mean and variance `shape`: Marsaglia and Tsang (2000). REQUIRES: shape > 0.
double draw_gamma(Random& random, double shape);
/// Knuth's method below 30; Hörmann's PTRS (1993) from there on.
std::uint64_t draw_poisson(Random& random, double mean);
/// 0, 1, 2 ... with this mean, by inversion.
std::uint64_t draw_geometric(Random& random, double mean);
/// Shares that sum to 1, Dirichlet(concentration * means); zero means stay zero. REQUIRES: some mean is positive.
void draw_dirichlet(Random& random, double concentration, std::span<const double> means, std::span<double> shares);

/// Indices with probabilities proportional to weights: Walker's alias method in Vose's form, exact to 2^-32.
class WeightedIndices {
public:
    WeightedIndices() = default;
    /// REQUIRES: fewer than 2^32 weights, none negative, one positive.
    explicit WeightedIndices(std::span<const double> weights);

    std::uint32_t draw(Random& random) const {
        const std::uint32_t index = random.below(static_cast<std::uint32_t>(cells_.size()));
        const Cell& cell = cells_[index];
        return static_cast<std::uint32_t>(random.next() >> 32U) < cell.keep ? index : cell.alias;
    }
    bool empty() const { return cells_.empty(); }

private:
    struct Cell {
        std::uint32_t keep;  // probability of the cell's own index, in units of 2^-32
        std::uint32_t alias;
    };
    std::vector<Cell> cells_;
};

}  // namespace echotap
