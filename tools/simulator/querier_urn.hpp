// SPDX-License-Identifier: Apache-2.0
// What caches leave of the lookups: a population and a level's caches go in; out come sets of queriers that an
// authority sees, drawn as lookups would find them.
//
// Lookups about an originator arrive at resolver i as a Poisson process of intensity m * share(i), and each passes its
// caches with a probability of its own, so the authority sees querier i with probability 1 - exp(-m * weight(i)).
// Instead of drawing every lookup, of which a root sees one in hundreds, sets are drawn by these probabilities: the
// cost goes with the queriers that are seen.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "tools/simulator/population.hpp"

namespace echotap {

/// Queriers of one role, everywhere or in one country, with weights in octaves.
class UrnPart {
public:
    bool empty() const { return buckets_.empty(); }
    /// Expected distinct queriers at intensity `m`.
    double expected(double m) const;
    /// The intensity at which `queriers` are expected; where there are too few, the one that finds nearly all.
    double intensity(double queriers) const;
    /// Share of all lookups of the world, before caches.
    double lookup_share() const { return lookup_share_; }
    std::uint32_t size() const { return size_; }

private:
    friend class QuerierUrn;

    struct Bucket {
        std::uint32_t begin = 0;  // into QuerierUrn::order_
        std::uint32_t end = 0;
        double weight_max = 0;
        double weight_mean = 0;
    };

    void add(const Bucket& bucket);
    void finish();

    std::vector<Bucket> buckets_;      // by weight_max, largest first
    std::vector<double> sparse_mass_;  // sum of (end - begin) * weight_max over the buckets before
    std::vector<double> expected_;     // at the points of a grid of intensities
    double lookup_share_ = 0;
    std::uint32_t size_ = 0;
};

/// Thread-safe but for prepare().
class QuerierUrn {
public:
    /// `population` must outlive it.
    QuerierUrn(const Population& population, const CacheConfig& cache);

    const UrnPart& part(QuerierRole role) const { return roles_[static_cast<std::size_t>(role)]; }
    /// REQUIRES: prepare(country) was called.
    const UrnPart& part(QuerierRole role, std::uint16_t country) const {
        return countries_.at(country)[static_cast<std::size_t>(role)];
    }
    void prepare(std::uint16_t country);

    /// Appends the queriers of a part that are seen at intensity `m`, those alone whose country has a nonzero flag in
    /// `support` (all, where that is empty). May append one twice.
    void draw(Random& random, const UrnPart& part, double m, std::span<const std::uint8_t> support,
              std::vector<std::uint32_t>& queriers) const;

    /// The querier of one lookup that the authority sees.
    std::uint32_t draw_one(Random& random) const { return all_.draw(random); }
    /// The share of lookups that the authority sees, of one with no cache and no other letter.
    double visible_share() const { return visible_share_; }

private:
    const Population& population_;
    std::vector<std::uint32_t> order_;   // queriers by role, octave of weight, country
    std::vector<float> weights_;         // by place in order_
    std::vector<std::uint16_t> places_;  // countries, by place in order_
    std::array<UrnPart, querier_role_count> roles_;
    std::map<std::uint16_t, std::array<UrnPart, querier_role_count>> countries_;
    WeightedIndices all_;
    double visible_share_ = 0;
};

}  // namespace echotap
