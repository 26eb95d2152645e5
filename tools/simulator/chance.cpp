// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/chance.hpp"

#include <cmath>

#include "tools/simulator/arithmetic.hpp"

namespace echotap {

namespace {

/// ln(count!): Stirling's series, good to 1e-12 from 10 on, which is all that PTRS asks for.
double log_factorial(double count) {
    constexpr double half_log_two_pi = 0.918938533204672741780;
    const double next = count + 1;
    const double inverse = 1 / next;
    const double square = inverse * inverse;
    return (next - 0.5) * natural_log(next) - next + half_log_two_pi +
           inverse * (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680)));
}

std::uint64_t draw_poisson_large(Random& random, double mean) {
    const double root = std::sqrt(mean);  // IEEE 754 rounds it the same everywhere
    const double b = 0.931 + 2.53 * root;
    const double a = -0.059 + 0.02483 * b;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    const double v_r = 0.9277 - 3.6224 / (b - 2);
    const double log_mean = natural_log(mean);
    while (true) {
        const double u = uniform(random) - 0.5;
        const double v = uniform_positive(random);
        const double us = 0.5 - (u < 0 ? -u : u);
        const double k = std::floor((2 * a / us + b) * u + mean + 0.43);
        if (us >= 0.07 && v <= v_r) {
            return static_cast<std::uint64_t>(k);
        }
        if (k < 0 || us <= 0 || (us < 0.013 && v > us)) {
            continue;
        }
        if (natural_log(v) + natural_log(inverse_alpha) - natural_log(a / (us * us) + b) <=
            -mean + k * log_mean - log_factorial(k)) {
            return static_cast<std::uint64_t>(k);
        }
    }
}

}  // namespace

double draw_exponential(Random& random) {
    return -natural_log(uniform_positive(random));
}

double draw_normal(Random& random) {
    while (true) {
        const double x = 2 * uniform(random) - 1;
        const double y = 2 * uniform(random) - 1;
        const double square = x * x + y * y;
        if (square < 1 && square > 1e-300) {
            return x * std::sqrt(-2 * natural_log(square) / square);
        }
    }
}

double draw_lognormal(Random& random, double deviation) {
    return exponential(deviation * draw_normal(random) - deviation * deviation / 2);
}

double draw_gamma(Random& random, double shape) {
    if (shape < 1) {
        // Gamma(shape) is Gamma(shape + 1) times a power of a uniform.
        const double above = draw_gamma(random, shape + 1);
        return above * power(uniform_positive(random), 1 / shape);
    }
    const double d = shape - 1.0 / 3;
    const double c = 1 / std::sqrt(9 * d);
    while (true) {
        const double x = draw_normal(random);
        const double root = 1 + c * x;
        if (root <= 0) {
            continue;
        }
        const double v = root * root * root;
        if (natural_log(uniform_positive(random)) < x * x / 2 + d - d * v + d * natural_log(v)) {
            return d * v;
        }
    }
}

std::uint64_t draw_poisson(Random& random, double mean) {
    if (mean >= 30) {
        return draw_poisson_large(random, mean);
    }
    if (mean <= 0) {
        return 0;
    }
    const double limit = exponential(-mean);
    std::uint64_t count = 0;
    for (double product = uniform_positive(random); product > limit; product *= uniform_positive(random)) {
        ++count;
    }
    return count;
}

std::uint64_t draw_geometric(Random& random, double mean) {
    if (mean <= 0) {
        return 0;
    }
    return static_cast<std::uint64_t>(natural_log(uniform_positive(random)) / natural_log(mean / (1 + mean)));
}

void draw_dirichlet(Random& random, double concentration, std::span<const double> means, std::span<double> shares) {
    double sum = 0;
    for (std::size_t i = 0; i < means.size(); ++i) {
        shares[i] = means[i] > 0 ? draw_gamma(random, concentration * means[i]) : 0;
        sum += shares[i];
    }
    for (std::size_t i = 0; i < means.size(); ++i) {
        shares[i] = sum > 0 ? shares[i] / sum : means[i];
    }
}

WeightedIndices::WeightedIndices(std::span<const double> weights) : cells_(weights.size()) {
    double sum = 0;
    for (const double weight : weights) {
        sum += weight;
    }
    std::vector<double> scaled(weights.size());
    std::vector<std::uint32_t> poor;
    std::vector<std::uint32_t> rich;
    for (std::uint32_t i = 0; i < scaled.size(); ++i) {
        scaled[i] = weights[i] * static_cast<double>(scaled.size()) / sum;
        (scaled[i] < 1 ? poor : rich).push_back(i);
        cells_[i] = {UINT32_MAX, i};
    }
    while (!poor.empty() && !rich.empty()) {
        const std::uint32_t receiver = poor.back();
        const std::uint32_t giver = rich.back();
        poor.pop_back();
        cells_[receiver] = {static_cast<std::uint32_t>(scaled[receiver] * 4294967295.0), giver};
        scaled[giver] -= 1 - scaled[receiver];
        if (scaled[giver] < 1) {
            rich.pop_back();
            poor.push_back(giver);
        }
    }
}

}  // namespace echotap
