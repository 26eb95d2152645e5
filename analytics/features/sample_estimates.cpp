// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/sample_estimates.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <optional>

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

/// A number and the variance that it is known with.
struct Measured {
    double value = 0;
    double variance = 0;
};

/// What is summed up over the networks of one size class.
struct ClassSums {
    double bins = 0;
    double kept = 0;
    double pairs_kept = 0;  // kept * (kept - 1)
    double window = 0;
    double pairs_window = 0;

    void add(const SampledBin& bin) {
        const double size = bin.window;
        const double count = bin.kept;
        ++bins;
        kept += count;
        pairs_kept += count * (count - 1);
        window += size;
        pairs_window += size * (size - 1);
    }

    /// The share of queriers that are the originator's.
    double share(double rate) const { return window > 0 ? std::min(1.0, kept / rate / window) : 0.0; }

    /// How much alike two queriers of one network are: 0, all networks have the same share; 1, each has all or none.
    /// By moments, since it is known how likely a pair was drawn. Of few pairs, or few networks, it is known badly.
    std::optional<Measured> correlation(double rate) const {
        const double spread = share(rate) * (1 - share(rate));
        const double of_pairs = rate * rate * pairs_window * spread;
        if (of_pairs <= 0) {
            return std::nullopt;
        }
        const double value = pairs_kept / of_pairs - share(rate) / (1 - share(rate));
        return Measured{value, 2 * (pairs_kept + 2) / (of_pairs * of_pairs) + 1 / bins};
    }
};

/// Correlations by class. Those that are known badly lean on the mean of all.
std::array<double, class_count> correlations(const std::array<ClassSums, class_count>& sums, double rate) {
    double weighted = 0;
    double weights = 0;
    for (const ClassSums& of : sums) {
        if (const auto found = of.correlation(rate)) {
            weighted += found->value / found->variance;
            weights += 1 / found->variance;
        }
    }
    const double mean = weights > 0 ? weighted / weights : 0.0;
    constexpr double between_classes = 0.05 * 0.05;  // the variance of what they truly are
    std::array<double, class_count> all{};
    for (std::size_t i = 0; i < class_count; ++i) {
        const Measured of = sums[i].correlation(rate).value_or(Measured{mean, 1});
        all[i] = (of.value / of.variance + mean / between_classes) / (1 / of.variance + 1 / between_classes);
    }
    return all;
}

/// How networks of one size class differ in their share: by a beta distribution of that mean and correlation.
class Tastes {
public:
    Tastes(double share, double correlation, double rate) : rate_(rate), share_(share) {
        if (correlation > correlation_min && share > 0 && share < 1) {
            yes_ = share * (1 / std::min(correlation, correlation_max) - 1);
            no_ = yes_ / share - yes_;
        }
    }

    /// How likely a network with `size` queriers in the window is there, none of whom was drawn.
    double unseen(std::uint32_t size) const {
        if (yes_ == 0) {
            return 1 - std::pow(1 - share_of_undrawn(share_, rate_), size);
        }
        // None of the `size` is the originator's; or those that would have been drawn are not, of whom there are as
        // many as the binomial distribution says.
        const double mean = size * rate_;
        const double reach = 8 * std::sqrt(mean * (1 - rate_)) + 8;
        const double last = std::min<double>(size, std::floor(mean + reach));
        double none_drawn = 0;
        for (double count = std::max(0.0, std::ceil(mean - reach)); count <= last; ++count) {
            none_drawn += std::exp(std::lgamma(size + 1.0) - std::lgamma(count + 1) - std::lgamma(size - count + 1) +
                                   count * std::log(rate_) + (size - count) * std::log1p(-rate_) + log_none(count));
        }
        return std::clamp(1 - std::exp(log_none(size)) / none_drawn, 0.0, 1.0);
    }

private:
    static constexpr double correlation_min = 1e-3;  // below, one share for all says the same
    static constexpr double correlation_max = 0.999;

    /// The logarithm of how likely none of `count` queriers of a network is the originator's.
    double log_none(double count) const {
        return std::lgamma(no_ + count) - std::lgamma(no_) + std::lgamma(yes_ + no_) - std::lgamma(yes_ + no_ + count);
    }

    double rate_;
    double share_;
    double yes_ = 0;  // of the beta distribution; both 0: all have one share
    double no_ = 0;
};

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
    std::array<ClassSums, class_count> sums{};
    std::map<std::uint32_t, double> unseen_of_size;  // how many bins
    double seen = 0;
    double once = 0;
    double twice = 0;
    for (const SampledBin& bin : bins) {
        sums[class_of(bin)].add(bin);
        if (bin.kept == 0 && bin.window > 0) {
            ++unseen_of_size[bin.window];
        }
        seen += bin.kept > 0 ? 1 : 0;
        once += bin.kept == 1 ? 1 : 0;
        twice += bin.kept == 2 ? 1 : 0;
    }
    if (rate >= 1) {
        return Estimate::exact(seen);
    }
    double value = seen;
    const std::array<double, class_count> alike = correlations(sums, rate);
    for (const auto& [size, count] : unseen_of_size) {
        const std::size_t size_class = class_of({0, size});
        value += count * Tastes(sums[size_class].share(rate), alike[size_class], rate).unseen(size);
    }
    const auto all = static_cast<double>(bins.size());
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
