// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/sample_estimates.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

namespace echotap {
namespace {

/// How an originator picks its queriers among those of the window.
enum class Taste {
    even,     // as they come: a scan of everything
    uneven,   // some networks twice as likely as others
    picky,    // each network with a probability of its own, many near 0 or 1
    partial,  // half of the networks not at all
};

struct World {
    const char* name;
    std::function<std::vector<double>(std::mt19937_64&, std::size_t)> weights;  // of bins
};

std::vector<double> zipf(std::size_t bins, double exponent) {
    std::vector<double> weights;
    for (std::size_t i = 0; i < bins; ++i) {
        weights.push_back(std::pow(static_cast<double>(i + 1), -exponent));
    }
    return weights;
}

/// Requirements 3.1: ASes and countries by Zipf's law, /8s, and /24s of which some are farms of resolvers.
const World worlds[] = {
    {"ASes", [](std::mt19937_64&, std::size_t) { return zipf(40'000, 1.0); }},
    {"few large ASes", [](std::mt19937_64&, std::size_t) { return zipf(40'000, 1.2); }},
    {"even ASes", [](std::mt19937_64&, std::size_t) { return zipf(40'000, 0.7); }},
    {"countries", [](std::mt19937_64&, std::size_t) { return zipf(235, 0.95); }},
    {"/8", [](std::mt19937_64&, std::size_t) { return zipf(220, 0.5); }},
    {"/24",
     [](std::mt19937_64& random, std::size_t queriers) {
         std::vector<double> weights = zipf(5'000, 1.0);
         const double farms = std::accumulate(weights.begin(), weights.end(), 0.0);
         std::lognormal_distribution<double> size(0, 1);
         const std::size_t others = queriers / 3;
         double sum = 0;
         std::vector<double> rest(others);
         for (double& weight : rest) {
             sum += weight = size(random);
         }
         for (double& weight : rest) {
             weights.push_back(weight / sum * farms * 7 / 3);
         }
         return weights;
     }},
    {"a network each", [](std::mt19937_64&, std::size_t queriers) { return std::vector<double>(queriers * 4, 1.0); }},
};

struct Trial {
    std::vector<SampledBin> bins;
    Sampling sampling;
    double entropy = 0;
    double distinct = 0;
};

Trial run(std::mt19937_64& random, const World& world, Taste taste, std::size_t window, std::size_t k) {
    const std::vector<double> weights = world.weights(random, window);
    std::discrete_distribution<std::size_t> pick(weights.begin(), weights.end());
    std::vector<double> likely(weights.size(), 0.6);
    std::uniform_real_distribution<double> share(0, 1);
    for (double& probability : likely) {
        const double angle = std::sin(share(random) * std::acos(0.0));
        switch (taste) {
            case Taste::even:
                probability = 0.6;
                break;
            case Taste::uneven:
                probability = 0.4 + 0.4 * share(random);
                break;
            case Taste::picky:
                probability = angle * angle;
                break;
            case Taste::partial:
                probability = share(random) < 0.5 ? 0 : 0.9;
                break;
        }
    }
    Trial trial;
    trial.bins.resize(weights.size());
    std::vector<std::size_t> members;
    for (std::size_t i = 0; i < window; ++i) {
        const std::size_t bin = pick(random);
        ++trial.bins[bin].window;
        if (share(random) < likely[bin]) {
            members.push_back(bin);
        }
    }
    std::vector<std::uint32_t> whole(weights.size());
    for (const std::size_t bin : members) {
        ++whole[bin];
    }
    k = std::min(k, members.size() / 2);  // a large network may be left out
    const auto size = static_cast<double>(members.size());
    for (const std::uint32_t count : whole) {
        if (count > 0) {
            ++trial.distinct;
            trial.entropy -= count / size * std::log2(count / size);
        }
    }
    for (std::size_t i = 0; i < k; ++i) {
        std::swap(members[i], members[i + random() % (members.size() - i)]);
        ++trial.bins[members[i]].kept;
    }
    std::erase_if(trial.bins, [](const SampledBin& bin) { return bin.window == 0; });
    // As a bottom-k sample knows it.
    std::normal_distribution<double> miss(0, 1 / std::sqrt(static_cast<double>(k) - 2));
    trial.sampling = {static_cast<double>(k), size * (1 + miss(random))};
    return trial;
}

double percentile_95(std::vector<double> errors) {
    std::ranges::sort(errors);
    return errors[(errors.size() * 95 + 99) / 100 - 1];
}

struct Score {
    std::vector<double> entropy_errors;   // of normalised entropies
    std::vector<double> distinct_errors;  // relative
    unsigned entropy_inside = 0;
    unsigned distinct_inside = 0;
    unsigned trials = 0;

    void add(const Trial& trial) {
        const double bits = std::log2(trial.sampling.population);
        const Estimate entropy = estimate_entropy(trial.bins, trial.sampling);
        const Estimate distinct = estimate_distinct(trial.bins, trial.sampling);
        entropy_errors.push_back(std::abs(entropy.value - trial.entropy) / bits);
        distinct_errors.push_back(std::abs(distinct.value / trial.distinct - 1));
        entropy_inside += entropy.low <= trial.entropy && trial.entropy <= entropy.high ? 1 : 0;
        distinct_inside += distinct.low <= trial.distinct && trial.distinct <= distinct.high ? 1 : 0;
        ++trials;
        EXPECT_LE(entropy.low, entropy.value);
        EXPECT_LE(entropy.value, entropy.high);
        EXPECT_LE(distinct.low, distinct.value);
        EXPECT_LE(distinct.value, distinct.high);
    }
};

TEST(SampleEstimates, of_a_million_queriers_are_near_and_lie_in_their_intervals) {
    const bool is_long = std::getenv("ECHOTAP_LONG") != nullptr;
    std::mt19937_64 random(1);
    for (const World& world : worlds) {
        for (const Taste taste : {Taste::even, Taste::uneven, Taste::picky, Taste::partial}) {
            Score score;
            for (int trial = 0; trial < (is_long ? 10 : 1); ++trial) {
                for (const std::size_t window : {220'000U, 1'600'000U}) {
                    score.add(run(random, world, taste, is_long ? window : window / 8, is_long ? 65'536 : 8'192));
                }
            }
            const std::string what = std::string(world.name) + ", taste " + std::to_string(static_cast<int>(taste));
            if (is_long) {
                std::printf("%-24s entropies within %.4f (%u of %u in their intervals), distinct within %.3f (%u)\n",
                            what.c_str(), percentile_95(score.entropy_errors), score.entropy_inside, score.trials,
                            percentile_95(score.distinct_errors), score.distinct_inside);
            }
            EXPECT_LE(percentile_95(score.entropy_errors), 0.02) << what;
            // The short form has samples an eighth as large. That networks are left out as a whole cannot be told from
            // the sample where most of them are small: decision 0007 says how far that leads.
            const double near = taste == Taste::partial ? 0.3 : is_long ? 0.05 : 0.08;
            EXPECT_LE(percentile_95(score.distinct_errors), near) << what;
            if (taste != Taste::partial) {
                EXPECT_GE(score.entropy_inside, score.trials * 0.95) << what;
            }
            EXPECT_GE(score.distinct_inside, score.trials * 0.95) << what;
        }
    }
}

TEST(SampleEstimates, of_shares_lie_in_their_intervals) {
    std::mt19937_64 random(2);
    unsigned inside = 0;
    constexpr unsigned trials = 4'000;
    for (unsigned trial = 0; trial < trials; ++trial) {
        // A tenth of 2,000 queriers, of whom 1 % or so are of the kind.
        constexpr unsigned population = 2'000;
        constexpr unsigned kept = 200;
        const unsigned of_kind = 5 + static_cast<unsigned>(random() % 40);
        unsigned left = of_kind;
        unsigned seen = 0;
        for (unsigned i = 0; i < kept; ++i) {
            if (random() % (population - i) < left) {
                --left;
                ++seen;
            }
        }
        const Estimate share = estimate_share(seen, kept, {kept, population});
        const double truth = of_kind / static_cast<double>(population);
        inside += share.low <= truth && truth <= share.high ? 1 : 0;
    }
    EXPECT_GE(inside, trials * 0.94);
}

TEST(SampleEstimates, of_everyone_are_exact) {
    const std::vector<SampledBin> bins{{4, 4}, {2, 2}, {2, 5}};
    const Sampling all{8, 8};
    EXPECT_NEAR(estimate_entropy(bins, all).value, 1.5, 1e-12);
    EXPECT_EQ(estimate_distinct(bins, all).value, 3);
    EXPECT_EQ(estimate_distinct(bins, all).low, 3);
}

TEST(SampleEstimates, of_nobody_are_nothing) {
    EXPECT_EQ(estimate_entropy({}, {3, 10}).value, 0);
    EXPECT_EQ(estimate_distinct({}, {3, 10}).value, 0);
}

}  // namespace
}  // namespace echotap
