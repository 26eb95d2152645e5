// SPDX-License-Identifier: Apache-2.0
// Chance that is the same everywhere: a seed gives the same mix on every machine and with every compiler.
//
// The distributions of <random> may differ between standard libraries, and libm between machines, so both are avoided:
// only integers and the four IEEE operations are used.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace echotap {

/// One step of splitmix64: a bijection of 64 bits that leaves no pattern of its input.
constexpr std::uint64_t scramble(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31U);
}

/// xoshiro256** by Blackman and Vigna (2018): 2^256 - 1 values before it repeats, about 1 ns each.
class Random {
public:
    explicit Random(std::uint64_t seed) {
        for (std::uint64_t& word : state_) {
            word = scramble(seed);
            seed = word;
        }
    }

    std::uint64_t next() {
        const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
        const std::uint64_t shifted = state_[1] << 17U;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    /// 0 to bound - 1. The bias is below bound / 2^32, which no share of a mix can show.
    std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>((next() >> 32U) * bound >> 32U); }

    /// True `parts` times in 10,000.
    bool chance(std::uint32_t parts) { return below(10'000) < parts; }

private:
    std::uint64_t state_[4];
};

/// Ranks 0 to count - 1 by Zipf's law with exponent 1: rank r comes with a probability proportional to 1 / (r + 1).
/// Walker's alias method in Vose's form: one look-up per draw, and exact to 2^-32.
class ZipfRanks {
public:
    explicit ZipfRanks(std::uint32_t count) : cells_(count) {
        double sum = 0;
        for (std::uint32_t rank = 0; rank < count; ++rank) {
            sum += 1.0 / (rank + 1.0);
        }
        std::vector<double> weights(count);
        std::vector<std::uint32_t> poor;
        std::vector<std::uint32_t> rich;
        for (std::uint32_t rank = 0; rank < count; ++rank) {
            weights[rank] = count / (sum * (rank + 1.0));
            (weights[rank] < 1.0 ? poor : rich).push_back(rank);
            cells_[rank] = {UINT32_MAX, rank};
        }
        while (!poor.empty() && !rich.empty()) {
            const std::uint32_t receiver = poor.back();
            const std::uint32_t giver = rich.back();
            poor.pop_back();
            cells_[receiver] = {static_cast<std::uint32_t>(weights[receiver] * 4294967295.0), giver};
            weights[giver] -= 1.0 - weights[receiver];
            if (weights[giver] < 1.0) {
                rich.pop_back();
                poor.push_back(giver);
            }
        }
    }

    std::uint32_t draw(Random& random) const {
        const std::uint32_t rank = random.below(static_cast<std::uint32_t>(cells_.size()));
        const Cell& cell = cells_[rank];
        return static_cast<std::uint32_t>(random.next()) <= cell.keep ? rank : cell.alias;
    }

private:
    struct Cell {
        std::uint32_t keep;  // probability of the cell's own rank, in units of 2^-32
        std::uint32_t alias;
    };

    std::vector<Cell> cells_;
};

}  // namespace echotap
