// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/features.hpp"

#include <oneapi/tbb/enumerable_thread_specific.h>
#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "analytics/features/period_features.hpp"
#include "analytics/features/prefix_bins.hpp"
#include "analytics/features/querier_networks.hpp"
#include "analytics/features/querier_reach.hpp"

namespace echotap {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr Estimate unknown_estimate{unknown, unknown, unknown};
constexpr double global_bits = 8;

using Estimates = std::array<Estimate, feature_count>;

Estimate& of(Estimates& estimates, Feature feature) {
    return estimates[static_cast<std::size_t>(feature)];
}

/// The estimate divided by a number that is known.
Estimate over(const Estimate& estimate, double divisor) {
    return {estimate.value / divisor, estimate.low / divisor, estimate.high / divisor};
}

/// A number that is known divided by the estimate.
Estimate under(double dividend, const Estimate& estimate) {
    return {dividend / estimate.value, dividend / estimate.high, dividend / estimate.low};
}

/// What is counted of one originator after the other by one thread. Counters of ASes and countries are as many as the
/// window has; those that were touched are put back to zero.
class Counter {
public:
    explicit Counter(const std::vector<std::uint32_t>& window) : window_(&window), counts_(window.size()) {}

    void add(std::uint32_t number) {
        if (counts_[number]++ == 0) {
            touched_.push_back(number);
        }
    }
    /// Queriers whose number is known, and how many numbers there are.
    double known() const { return known_; }
    double distinct() const { return static_cast<double>(touched_.size()); }

    /// To be called when all are in: number 0 (not known) is none.
    void finish_row(std::size_t queriers) {
        known_ = static_cast<double>(queriers - counts_[0]);
        std::erase(touched_, 0U);
    }
    void clear() {
        for (const std::uint32_t number : touched_) {
            counts_[number] = 0;
        }
        counts_[0] = 0;
        touched_.clear();
    }

    std::vector<SampledBin> bins() const {
        std::vector<SampledBin> all;
        for (std::size_t number = 1; number < counts_.size(); ++number) {
            all.push_back({counts_[number], (*window_)[number]});
        }
        return all;
    }

private:
    const std::vector<std::uint32_t>* window_;
    std::vector<std::uint32_t> counts_;
    std::vector<std::uint32_t> touched_;
    double known_ = 0;
};

struct Counters {
    explicit Counters(const QuerierNetworks& networks)
        : ases(networks.queriers_of_as), countries(networks.queriers_of_country) {}

    void clear() {
        ases.clear();
        countries.clear();
        names.fill(0);
        shared = 0;
        minimising = 0;
        counted = 0;
    }

    Counter ases;
    Counter countries;
    std::array<std::uint32_t, name_category_count + 1> names{};  // the last one: not known
    std::uint32_t shared = 0;
    std::uint32_t minimising = 0;
    std::vector<QuerierDirectory::Place> places;
    std::uint32_t counted = 0;  // queriers in the window's table, which knows who has minimised
};

class RowMaker {
public:
    RowMaker(const ClosedWindow& window, const QuerierDirectory& directory)
        : window_(window),
          directory_(directory),
          reach_(window, directory),
          networks_(directory, reach_),
          bins_(directory),
          periods_(window.header),
          counters_([this] { return Counters(networks_); }) {}

    const QuerierNetworks& networks() const { return networks_; }

    FeatureRow make(const RankedOriginator& originator, const OriginatorRow& row, Estimates& estimates) {
        const Sampling sampling{static_cast<double>(row.queriers_kept()), originator.footprint};
        FeatureRow made{.originator = originator.prefix,
                        .footprint = Estimate::exact(originator.footprint),
                        .queries = row.queries,
                        .first = row.first,
                        .last = row.last,
                        .names_known = 0,
                        .is_sampled = row.is_sampled()};
        if (made.is_sampled) {
            made.footprint = estimate_population(sampling);
        }
        Counters& counters = counters_.local();
        counters.clear();
        count(originator, row, counters);
        made.names_known = 1 - counters.names.back() / sampling.kept;
        set_names(counters, row, sampling, estimates);
        set_rates(made, row, estimates);
        set_entropies(row, sampling, made.footprint, estimates);
        set_networks(counters, row, sampling, estimates);
        set_ours(counters, made, row, sampling, estimates);
        return made;
    }

private:
    void count(const RankedOriginator& originator, const OriginatorRow& row, Counters& counters) const {
        const auto add = [&](QuerierDirectory::Place place) {
            const NumberedQuerier& querier = networks_.queriers[place];
            ++counters.names[querier.name];
            counters.ases.add(querier.as);
            counters.countries.add(querier.country);
            counters.shared +=
                (querier.asked & NumberedQuerier::shared) != 0 &&
                        (!originator.is_united() || reach_.is_outside(place, originator.first_row, originator.end_row))
                    ? 1
                    : 0;
            counters.minimising += (querier.asked & NumberedQuerier::minimised) != 0 ? 1 : 0;
            counters.counted += (querier.asked & NumberedQuerier::counted) != 0 ? 1 : 0;
        };
        std::span<const QuerierDirectory::Place> places;
        if (originator.is_united()) {
            counters.places.resize(row.queriers_v4.size());
            directory_.places_of_v4(row.queriers_v4, counters.places);
            places = counters.places;
        } else {
            places = reach_.places_v4(window_, row);
        }
        constexpr std::size_t ahead = 16;
        for (std::size_t i = 0; i < places.size(); ++i) {
            const QuerierDirectory::Place next = places[std::min(i + ahead, places.size() - 1)];
            fetch_line(&networks_.queriers[next]);
            add(places[i]);
        }
        for (const std::uint32_t querier : row.queriers_v6) {
            add(directory_.place_of_v6(querier));
        }
        counters.ases.finish_row(row.queriers_kept());
        counters.countries.finish_row(row.queriers_kept());
    }

    /// `part` of `whole` queriers that are kept, as a share of all.
    static Estimate share(double part, double whole, const OriginatorRow& row, const Sampling& sampling) {
        if (whole == 0) {
            return unknown_estimate;
        }
        return row.is_sampled() ? estimate_share(part, whole, sampling) : Estimate::exact(part / whole);
    }

    static void set_names(const Counters& counters, const OriginatorRow& row, const Sampling& sampling,
                          Estimates& estimates) {
        const double known = sampling.kept - counters.names.back();
        for (std::size_t i = 0; i < name_category_count; ++i) {
            estimates[i] = share(counters.names[i], known, row, sampling);
        }
    }

    static void set_rates(const FeatureRow& made, const OriginatorRow& row, Estimates& estimates) {
        of(estimates, Feature::queries_per_querier) = under(static_cast<double>(row.queries), made.footprint);
        of(estimates, Feature::query_persistence) = Estimate::exact(static_cast<double>(row.periods.size()));
    }

    void set_entropies(const OriginatorRow& row, const Sampling& sampling, const Estimate& footprint,
                       Estimates& estimates) const {
        // One querier is one network, and log2 1 is 0: no spread at all.
        const double local_bits = std::max(std::log2(footprint.value), std::numeric_limits<double>::min());
        const auto entropy = [&](PrefixBins::Level level) {
            return row.is_sampled() ? estimate_entropy(bins_.bins(row, level), sampling)
                                    : Estimate::exact(bins_.entropy(row, level));
        };
        of(estimates, Feature::local_entropy) = over(entropy(PrefixBins::Level::local), local_bits);
        of(estimates, Feature::global_entropy) = over(entropy(PrefixBins::Level::global), global_bits);
    }

    void set_networks(const Counters& counters, const OriginatorRow& row, const Sampling& sampling,
                      Estimates& estimates) const {
        const auto set = [&](const Counter& counter, std::size_t total, Feature unique, Feature queriers_per) {
            if (counter.known() == 0) {
                of(estimates, unique) = of(estimates, queriers_per) = unknown_estimate;
                return;
            }
            // The sample of those whose network is known is a fair one, too.
            const Sampling known{counter.known(), sampling.population * counter.known() / sampling.kept};
            const Estimate count =
                row.is_sampled() ? estimate_distinct(counter.bins(), known) : Estimate::exact(counter.distinct());
            of(estimates, unique) = over(count, static_cast<double>(total));
            of(estimates, queriers_per) = under(1, count);
        };
        set(counters.ases, networks_.as_count(), Feature::unique_ases, Feature::queriers_per_as);
        set(counters.countries, networks_.country_count(), Feature::unique_countries, Feature::queriers_per_country);
    }

    void set_ours(const Counters& counters, const FeatureRow& made, const OriginatorRow& row, const Sampling& sampling,
                  Estimates& estimates) const {
        const auto each = [](const Estimate& estimate, auto&& function) {
            return Estimate{function(estimate.value), function(estimate.low), function(estimate.high)};
        };
        const auto queries = static_cast<double>(row.queries);
        of(estimates, Feature::footprint_log) = each(made.footprint, [](double count) { return std::log10(count); });
        of(estimates, Feature::growth_exponent) =
            each(made.footprint, [&](double count) { return queries > 1 ? std::log(count) / std::log(queries) : 1.0; });
        of(estimates, Feature::ipv6_share) =
            share(static_cast<double>(row.queriers_v6.size()), sampling.kept, row, sampling);
        of(estimates, Feature::shared_queriers) = share(counters.shared, sampling.kept, row, sampling);
        of(estimates, Feature::minimising_share) = share(counters.minimising, counters.counted, row, sampling);
        of(estimates, Feature::gap_variation) = Estimate::exact(gap_variation(row.periods));
        of(estimates, Feature::daily_strength) = Estimate::exact(periods_.daily_strength(row.periods));
    }

    const ClosedWindow& window_;
    const QuerierDirectory& directory_;
    const QuerierReach reach_;
    const QuerierNetworks networks_;
    const PrefixBins bins_;
    const DayClock periods_;
    oneapi::tbb::enumerable_thread_specific<Counters> counters_;
};

}  // namespace

FeatureMatrix compute_features(const ClosedWindow& window, const QuerierDirectory& directory, const Ranking& ranking) {
    RowMaker maker(window, directory);
    FeatureMatrix matrix;
    matrix.eligible = ranking.eligible;
    matrix.querier_total = maker.networks().total;
    matrix.as_total = maker.networks().as_count();
    matrix.country_total = maker.networks().country_count();
    const std::size_t count = ranking.originators.size();
    matrix.rows.resize(count);
    matrix.values.resize(count * feature_count);
    for (std::size_t i = 0; i < count; ++i) {
        if (ranking.row(window, ranking.originators[i]).is_sampled()) {
            matrix.intervals.push_back({i, {}});
        }
    }
    oneapi::tbb::parallel_for(std::size_t{0}, count, [&](std::size_t i) {
        const OriginatorRow row = ranking.row(window, ranking.originators[i]);
        Estimates estimates;
        matrix.rows[i] = maker.make(ranking.originators[i], row, estimates);
        for (std::size_t feature = 0; feature < feature_count; ++feature) {
            matrix.values[i * feature_count + feature] = estimates[feature].value;
        }
        if (row.is_sampled()) {
            std::ranges::lower_bound(matrix.intervals, i, {}, &FeatureIntervals::row)->estimates = estimates;
        }
    });
    return matrix;
}

}  // namespace echotap
