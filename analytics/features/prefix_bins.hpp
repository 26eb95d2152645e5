// SPDX-License-Identifier: Apache-2.0
// The networks of an originator's queriers by address prefix, and their entropy: a row goes in, bits come out.
//
// [FH] counts IPv4 queriers by /24 (local) and /8 (global); IPv6 ones are counted by /48 and /32 (requirements 2.2).
// Networks of both families are bins side by side. Queriers ascend, so those of one network stand together.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "analytics/features/querier_directory.hpp"
#include "analytics/features/sample_estimates.hpp"

namespace echotap {

/// Any number of threads may ask.
class PrefixBins {
public:
    enum class Level : std::uint8_t { local, global };

    /// The directory must outlive it.
    explicit PrefixBins(const QuerierDirectory& directory);

    /// Shannon entropy in bits of the networks of the queriers that are kept: log2 n - (sum of c log2 c) / n for n
    /// queriers, c of them in each network. 0 where there are none.
    double entropy(const OriginatorRow& row, Level level) const;

    /// The networks with the window's queriers in each, for estimates from samples.
    std::vector<SampledBin> bins(const OriginatorRow& row, Level level) const;

private:
    template <class Take>
    void for_each_run(const OriginatorRow& row, Level level, Take&& take) const;
    double times_log2(std::size_t count) const {
        return count < times_log2_.size() ? times_log2_[count] : slow_times_log2(count);
    }
    static double slow_times_log2(std::size_t count);

    const QuerierDirectory& directory_;
    std::vector<double> times_log2_;        // c log2 c for small c
    std::vector<std::uint64_t> v6_fronts_;  // the first 48 bits of each IPv6 querier, by index
};

}  // namespace echotap
