// SPDX-License-Identifier: Apache-2.0
// Chance from a seed, the same with every standard library: std::shuffle and std's distributions may differ between
// them, the engine may not (C++20 [rand.eng.mers]).
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <utility>

namespace echotap {

class Dice {
public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}

    /// 0 to count - 1, all equally likely; count is at least 1.
    std::uint64_t below(std::uint64_t count) {
        // What is left over at the top would favour small numbers.
        const std::uint64_t fair = ~std::uint64_t{0} - ~std::uint64_t{0} % count;
        std::uint64_t drawn = engine_();
        while (drawn >= fair) {
            drawn = engine_();
        }
        return drawn % count;
    }

    /// 0 up to, not including, 1.
    double share() { return static_cast<double>(engine_() >> 11U) * 0x1p-53; }

    template <class Value>
    void shuffle(std::span<Value> values) {
        for (std::size_t left = values.size(); left > 1; --left) {
            std::swap(values[left - 1], values[below(left)]);
        }
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace echotap
