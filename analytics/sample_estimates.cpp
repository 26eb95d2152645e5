// SPDX-License-Identifier: Apache-2.0
#include "analytics/sample_estimates.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace echotap {

namespace {

constexpr double z = 1.96;  // of the normal distribution, 95 %

/// Bins of the window by size: 1, 2 to 3, 4 to 7, ... queriers.
constexpr std::size_t class_count = 33;

std::size_t class_of(const SampledBin& bin) {
    return static_cast<std::size_t>(std::bit_width(bin.window));
}

/// The share of those who were not drawn among all, where `share` of all are the originator's and a part of them was.
double share_of_undrawn(double share, double rate) {
    return share >= 1 ? 1.0 : share * (1 - rate) / (1 - share * rate);
}

}  // namespace

Estimate estimate_population(const Sampling& sampling) {
    const double margin = z / std::sqrt(std::max(sampling.kept - 2, 1.0));
    return {sampling.population, std::max(sampling.population * (1 - margin), sampling.kept),
            sampling.population * (1 + margin)};
}

Estimate estimate_share(double part, double of, const Sampling& sampling) {
    if (of <= 0) {
        return {0, 0, 1};
    }
    const double share = part / of;
    const double size = of / std::max(1 - sampling.rate(), 1e-9);
    const double middle = (share + z * z / (2 * size)) / (1 + z * z / size);
    const double margin = z / (1 + z * z / size) * std::sqrt(share * (1 - share) / size + z * z / (4 * size * size));
    return {share, std::clamp(middle - margin, 0.0, share), std::clamp(middle + margin, share, 1.0)};
}

Estimate estimate_entropy(std::span<const SampledBin> bins, const Sampling& sampling) {
    const double rate = sampling.rate();
    // H = log2 U - the mean of log2 n over all queriers, n being the queriers in one's bin. Of a querier that was
    // drawn, one sees who else was drawn from its bin; how likely the others of the window are the originator's as
    // well is seen from all bins of the size class.
    std::array<double, class_count> drawn_beside{};
    std::array<double, class_count> window_beside{};
    double kept = 0;
    for (const SampledBin& bin : bins) {
        const auto count = static_cast<double>(bin.kept);
        kept += count;
        drawn_beside[class_of(bin)] += count * (count - 1);
        window_beside[class_of(bin)] += count * (static_cast<double>(bin.window) - 1);
    }
    if (kept == 0) {
        return {};
    }
    double sum = 0;
    double squares = 0;
    double sum_of_most = 0;
    for (const SampledBin& bin : bins) {
        if (bin.kept == 0) {
            continue;
        }
        const std::size_t size = class_of(bin);
        const double of_class =
            window_beside[size] > 0 ? std::min(1.0, drawn_beside[size] / window_beside[size] / rate) : 1.0;
        const auto beside = static_cast<double>(bin.kept - 1);
        const double others = static_cast<double>(std::max(bin.window, bin.kept)) - 1;
        // The class counts as much as three queriers drawn from the bin itself: little for large bins, nearly all for
        // those of which one was drawn. One to ten make no difference that matters.
        constexpr double weight = 3;
        const double share = std::min(1.0, (weight * of_class + beside) / (weight + others * rate));
        const double undrawn = share_of_undrawn(share, rate);
        const double mean = 1 + beside + (others - beside) * undrawn;
        const double variance = (others - beside) * undrawn * (1 - undrawn);
        const double log_size = std::log2(mean) - variance / (2 * mean * mean * std::log(2.0));
        sum += bin.kept * log_size;
        squares += bin.kept * log_size * log_size;
        sum_of_most += bin.kept * std::log2(1 + others);
    }
    const double log_population = std::log2(sampling.population);
    const double value = std::clamp(log_population - sum / kept, 0.0, log_population);
    // The least that it can be: every querier of the window in its bins is the originator's.
    const double least = std::clamp(log_population - sum_of_most / kept, 0.0, value);
    const double deviation = std::sqrt(std::max(squares / kept - sum / kept * (sum / kept), 0.0) / kept * (1 - rate));
    const double of_population = 1 / std::sqrt(std::max(sampling.kept - 2, 1.0)) / std::log(2.0);
    const double margin = z * std::hypot(deviation, of_population) + (value - least) / 4;
    return {value, std::max(value - margin, 0.0), std::min(value + margin, log_population * (1 + of_population))};
}

Estimate estimate_distinct(std::span<const SampledBin> bins, const Sampling& sampling) {
    const double rate = sampling.rate();
    std::array<double, class_count> kept{};
    std::array<double, class_count> window{};
    double seen = 0;
    double once = 0;
    double twice = 0;
    for (const SampledBin& bin : bins) {
        kept[class_of(bin)] += bin.kept;
        window[class_of(bin)] += bin.window;
        seen += bin.kept > 0 ? 1 : 0;
        once += bin.kept == 1 ? 1 : 0;
        twice += bin.kept == 2 ? 1 : 0;
    }
    double value = seen;
    for (const SampledBin& bin : bins) {
        if (bin.kept == 0 && bin.window > 0) {
            const double share = std::min(1.0, kept[class_of(bin)] / rate / window[class_of(bin)]);
            value += 1 - std::pow(1 - share_of_undrawn(share, rate), bin.window);
        }
    }
    const auto all = static_cast<double>(bins.size());
    if (rate >= 1) {
        return Estimate::exact(seen);
    }
    const double odds = rate / (1 - rate);
    const double divisor = sampling.kept / (sampling.kept - 1) * 2 * twice + odds * once;
    const double unseen = once > 0 ? once * once / divisor : 0;
    // The interval is of the logarithm of what is unseen; its deviation, of a ratio of counts, is near
    // 2 / sqrt(once) + 1 / sqrt(twice). A count of `once` may have been expected to be that much larger.
    const double deviation = 2 / std::sqrt(std::max(once, 1.0)) + 1 / std::sqrt(std::max(twice, 1.0));
    const double low = std::floor(seen + unseen * std::exp(-z * deviation));
    const double high = std::min(std::ceil(seen + (once + 2 + z * std::sqrt(once + 1)) / odds), all);
    value = std::clamp(value, std::min(seen + unseen, high), high);
    return {value, std::min(low, value), high};
}

}  // namespace echotap
