// SPDX-License-Identifier: Apache-2.0
// What a fair sample of an originator's queriers says of all of them: shares, entropies, distinct networks.
//
// A sample sees too few networks, and those that it sees look too even. Chao1 (Chao, Lin: "Nonparametric Lower Bounds
// for Species Richness and Shared Species Richness under Sampling without Replacement", Biometrics 68, 2012) and
// Chao-Shen correct from the sample alone, and miss by far where most networks have one querier. The window knows more:
// it has every querier of every originator, so it knows how many there are in each network that could have been drawn.
// Docs: docs/decisions/0007_sampled_features.md.
#pragma once

#include <cstdint>
#include <span>

namespace echotap {

/// A value and the interval in which it lies with 95 %. Exact values are their own interval.
struct Estimate {
    double value = 0;
    double low = 0;
    double high = 0;

    static Estimate exact(double value) { return {value, value, value}; }
};

/// A fair sample: so many queriers are kept of so many.
struct Sampling {
    double kept = 0;        // k, at least 3
    double population = 0;  // U, as estimated from the sample

    double rate() const { return kept / population; }
};

/// A network, AS or country.
struct SampledBin {
    std::uint32_t kept = 0;    // of the sample
    std::uint32_t window = 0;  // of all queriers of the window; at least `kept`
};

/// U itself: the k-th smallest hash gives it with a relative deviation of 1 / sqrt(k - 2) (requirements 2.8).
Estimate estimate_population(const Sampling& sampling);

/// A share of which `part` were seen among the first `of` queriers of the sample: Wilson's interval, narrower by the
/// share of the population that was drawn.
Estimate estimate_share(double part, double of, const Sampling& sampling);

/// Entropy in bits of the population over the bins. For each bin, how many queriers are behind those seen follows from
/// the sample itself and from what bins of the window's size class have on average. Bins without a kept querier may be
/// left out.
Estimate estimate_entropy(std::span<const SampledBin> bins, const Sampling& sampling);

/// How many bins the population has. `bins` are all bins of the window; how their shares differ within a size class is
/// seen from the pairs drawn within bins. At least what Chao1 gives, at most what there
/// can be: a bin has at least one querier, so for each one seen once (1 - q) / q are unseen on average, if so many.
Estimate estimate_distinct(std::span<const SampledBin> bins, const Sampling& sampling);

}  // namespace echotap
