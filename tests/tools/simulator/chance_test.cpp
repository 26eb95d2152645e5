// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/chance.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <string>

#include "tools/simulator/arithmetic.hpp"

namespace echotap {
namespace {

TEST(Arithmetic, agrees_with_libm) {
    Random random(1);
    for (int i = 0; i < 100'000; ++i) {
        const double value = std::exp((uniform(random) - .5) * 1000);
        ASSERT_NEAR(natural_log(value), std::log(value), 1e-13 * (1 + std::abs(std::log(value)))) << value;
        const double exponent = (uniform(random) - .5) * 1200;
        ASSERT_NEAR(exponential(exponent) / std::exp(exponent), 1, 1e-12) << exponent;
    }
    EXPECT_EQ(natural_log(1), 0);
    EXPECT_EQ(exponential(0), 1);
    EXPECT_EQ(exponential(-1000), 0);
    EXPECT_NEAR(power(10, -1.44), std::pow(10, -1.44), 1e-15);
}

struct Moments {
    double mean = 0;
    double variance = 0;
};

Moments moments(const std::function<double(Random&)>& draw) {
    Random random(7);
    constexpr int count = 200'000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < count; ++i) {
        const double value = draw(random);
        sum += value;
        squares += value * value;
    }
    return {sum / count, squares / count - (sum / count) * (sum / count)};
}

TEST(Chance, distributions_have_their_means_and_variances) {
    struct Case {
        std::string name;
        std::function<double(Random&)> draw;
        double mean;
        double variance;
    };
    for (const Case& one : {
             Case{"uniform", uniform, .5, 1.0 / 12},
             Case{"exponential", draw_exponential, 1, 1},
             Case{"normal", draw_normal, 0, 1},
             Case{"lognormal", [](Random& random) { return draw_lognormal(random, .5); }, 1, std::exp(.25) - 1},
             Case{"gamma .3", [](Random& random) { return draw_gamma(random, .3); }, .3, .3},
             Case{"gamma 5", [](Random& random) { return draw_gamma(random, 5); }, 5, 5},
             Case{"Poisson .1", [](Random& random) { return static_cast<double>(draw_poisson(random, .1)); }, .1, .1},
             Case{"Poisson 12", [](Random& random) { return static_cast<double>(draw_poisson(random, 12)); }, 12, 12},
             Case{"Poisson 30", [](Random& random) { return static_cast<double>(draw_poisson(random, 30)); }, 30, 30},
             Case{"Poisson 9000", [](Random& random) { return static_cast<double>(draw_poisson(random, 9000)); }, 9000,
                  9000},
             Case{"geometric 2", [](Random& random) { return static_cast<double>(draw_geometric(random, 2)); }, 2, 6},
         }) {
        const Moments found = moments(one.draw);
        EXPECT_NEAR(found.mean, one.mean, 5 * std::sqrt(one.variance / 200'000)) << one.name;
        EXPECT_NEAR(found.variance, one.variance, .04 * one.variance) << one.name;
    }
}

TEST(Chance, a_dirichlet_has_its_means_and_sums_to_one) {
    const std::array means{.5, .3, 0.0, .1996, .0004};
    std::array<double, 5> sums{};
    Random random(3);
    for (int i = 0; i < 20'000; ++i) {
        std::array<double, 5> shares{};
        draw_dirichlet(random, 16, means, shares);
        double sum = 0;
        for (std::size_t j = 0; j < shares.size(); ++j) {
            sum += shares[j];
            sums[j] += shares[j] / 20'000;
        }
        ASSERT_NEAR(sum, 1, 1e-12);
        ASSERT_EQ(shares[2], 0);
    }
    for (std::size_t j = 0; j < means.size(); ++j) {
        EXPECT_NEAR(sums[j], means[j], .005);
    }
}

TEST(Chance, weighted_indices_come_by_their_weights) {
    const std::array weights{1.0, 0.0, 5.0, 2.0};
    const WeightedIndices indices(weights);
    std::map<std::uint32_t, int> counts;
    Random random(9);
    for (int i = 0; i < 80'000; ++i) {
        ++counts[indices.draw(random)];
    }
    EXPECT_EQ(counts.count(1), 0U);
    EXPECT_NEAR(counts[0], 10'000, 500);
    EXPECT_NEAR(counts[2], 50'000, 800);
    EXPECT_NEAR(counts[3], 20'000, 700);
}

// Whoever changes these changes every world: the numbers were written down once.
TEST(Chance, a_seed_gives_the_same_draws_everywhere) {
    Random random = random_of(42, 1, 2);
    EXPECT_EQ(random.next(), 8021692768470930164U);
    EXPECT_EQ(draw_normal(random), 0x1.517ec275ff7ep-2);
    EXPECT_EQ(draw_gamma(random, 2.5), 0x1.e6e23c0c65989p-1);
    EXPECT_EQ(draw_poisson(random, 1000), 961U);
}

}  // namespace
}  // namespace echotap
