// SPDX-License-Identifier: Apache-2.0
// A flood of spoofed queries, from random queriers about random originators, with true originators among them: memory
// keeps to its budget, and the true ones keep their footprints and all their features.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>

#include "analytics/features/features.hpp"
#include "dataplane/state/assemble.hpp"
#include "dataplane/state/closing_window.hpp"
#include "dataplane/state/window_worker.hpp"
#include "tests/dataplane/state/true_originators.hpp"

namespace echotap {
namespace {

using namespace test;

std::size_t resident_octets() {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/statm", "r"), std::fclose);
    unsigned long size = 0;
    unsigned long resident = 0;
    if (file == nullptr || std::fscanf(file.get(), "%lu %lu", &size, &resident) != 2) {
        return 0;
    }
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ECHOTAP_TEST_HAS_ASAN
#endif
#endif

/// ASan keeps what was freed for a while, and shadows all memory: what is resident then says nothing.
#ifdef ECHOTAP_TEST_HAS_ASAN
constexpr bool is_residence_known = false;
#else
constexpr bool is_residence_known = true;
#endif

constexpr HashKey table_key{0x0123'4567'89ab'cdefU, 0xfedc'ba98'7654'3211U};

struct Counted {
    ClosedWindow window;
    std::size_t resident_most = 0;  // beyond what was resident before
};

/// The window of all true queries and `spoofed` others, evenly among them, within a budget of memory.
Counted count(const std::vector<TrueQuery>& queries, std::uint64_t spoofed, std::size_t budget) {
    const std::size_t resident_before = resident_octets();
    Counted run;
    StateConfig config{.windows = {}, .table_key = table_key, .filter_octets = budget / 16 / partition_count};
    BlockPool pool(budget - config.filter_octets * partition_count);
    WindowWorker worker(config, pool);
    std::mt19937_64 random(1);
    std::uint64_t spoofed_yet = 0;
    const auto spoof_until = [&](Timestamp time) {
        const double passed = static_cast<double>((time - flood_start).count()) / flood_length.count();
        const auto wanted = std::min(spoofed, static_cast<std::uint64_t>(static_cast<double>(spoofed) * passed));
        for (; spoofed_yet < wanted; ++spoofed_yet) {
            // Half of them about originators that come again five times, so that the doorkeeper alone is not enough.
            const auto number = static_cast<std::uint32_t>(spoofed_yet % 2 == 0 ? random() : random() % (spoofed / 10));
            ReverseQuery query;
            query.time = time;
            query.originator = v4_address(number | 0xe000'0000U);
            query.querier = v4_address(static_cast<std::uint32_t>(random()) | 0x8000'0000U);
            worker.add(StateQuery::of(table_key, query, time), time);
            if (spoofed_yet % 100'000 == 0) {
                run.resident_most = std::max(run.resident_most, resident_octets());
            }
        }
    };
    for (const TrueQuery& asked : queries) {
        spoof_until(asked.time);
        const auto add = [&](auto query) {
            query.time = asked.time;
            query.querier = true_querier(asked.originator, asked.querier);
            worker.add(StateQuery::of(table_key, query, query.time), query.time);
        };
        if (asked.is_minimised) {
            add(MinimisedQuery{.time = {},
                               .prefix = Prefix(v4_address((asked.originator % 200) << 24U), 104),
                               .querier = {},
                               .authority = {}});
        } else {
            ReverseQuery query;
            query.originator = true_originator(asked.originator);
            add(query);
        }
    }
    auto closed = worker.close_due(Timestamp::max());
    run.resident_most -= std::min(run.resident_most, resident_before);
    WindowHeader header = header_of(config.windows, {}, closed.front()->key());
    header.start = flood_start;
    header.end = flood_start + flood_length;
    header.counts = closed.front()->counts();
    const WindowPart* const part = &closed.front()->part();
    run.window = assemble(std::move(header), std::span(&part, 1), {});
    return run;
}

/// The features of all originators, and where the row of each is.
struct Features {
    explicit Features(const ClosedWindow& of) : window(of), directory(of) {
        fill_by_address(directory);
        const RankingConfig config{
            .min_queriers_v4 = 20, .min_queriers_v6 = 5, .top = ~std::size_t{0}, .sample_key = {}};
        matrix = compute_features(window, directory, rank_originators(window, config));
        for (std::size_t row = 0; row < matrix.rows.size(); ++row) {
            rows.emplace(matrix.rows[row].originator.address(), row);
        }
    }

    /// Queriers of an originator that the table of all queriers still has, which knows who sends short names.
    double counted_queriers(const IpAddress& originator) const {
        const OriginatorRow row = window.originators[window.originators.find(originator)];
        const auto is_counted = [&](QuerierDirectory::Place place) { return directory.is_counted(place); };
        return static_cast<double>(
            std::ranges::count_if(row.queriers_v4, is_counted,
                                  [&](std::uint32_t querier) { return directory.place_of_v4(querier); }) +
            std::ranges::count_if(row.queriers_v6, is_counted,
                                  [&](std::uint32_t querier) { return directory.place_of_v6(querier); }));
    }

    const ClosedWindow& window;
    QuerierDirectory directory;
    FeatureMatrix matrix;
    std::map<IpAddress, std::size_t> rows;
};

/// How far a feature may be from what it is without the flood.
struct Tolerance {
    double absolute;
    double relative;
};

/// Whatever is counted may be wrong by 5 %, as footprints may, and by one period. One querier in 30 that is lost moves
/// a share by 0.03 at most, and what is made of logarithms by less.
Tolerance tolerance(Feature feature) {
    switch (feature) {
        case Feature::queries_per_querier:
        case Feature::unique_ases:
        case Feature::unique_countries:
        case Feature::queriers_per_as:
        case Feature::queriers_per_country:
            return {.absolute = 0, .relative = 0.05};
        case Feature::query_persistence:
            return {.absolute = 1, .relative = 0.05};
        case Feature::gap_variation:
            return {.absolute = 0.02, .relative = 0.05};
        default:
            return {.absolute = 0.03, .relative = 0};
    }
}

/// What the flood's own queriers change by right: they bring networks and countries that two features are shares of.
double without_totals(const FeatureMatrix& matrix, std::size_t row, Feature feature) {
    const double value = matrix.at(row, feature);
    switch (feature) {
        case Feature::unique_ases:
            return value * static_cast<double>(matrix.as_total);
        case Feature::unique_countries:
            return value * static_cast<double>(matrix.country_total);
        default:
            return value;
    }
}

void expect_equal_features(const Features& flooded, const Features& quiet) {
    for (std::uint32_t number = 0; number < true_originator_count; ++number) {
        const IpAddress originator = true_originator(number);
        const auto row = flooded.rows.find(originator);
        ASSERT_NE(row, flooded.rows.end()) << number;
        const std::size_t quiet_row = quiet.rows.at(originator);
        const double footprint = quiet.matrix.rows[quiet_row].footprint.value;
        EXPECT_NEAR(flooded.matrix.rows[row->second].footprint.value, footprint, footprint * 0.05) << number;
        for (std::size_t i = 0; i < feature_count; ++i) {
            const auto feature = static_cast<Feature>(i);
            const double found = without_totals(flooded.matrix, row->second, feature);
            const double expected = without_totals(quiet.matrix, quiet_row, feature);
            Tolerance allowed = tolerance(feature);
            if (feature == Feature::minimising_share) {
                // A share among those that the table was thinned to: five standard deviations, for 500 originators.
                const double counted = flooded.counted_queriers(originator);
                if (counted == 0) {
                    EXPECT_TRUE(std::isnan(found)) << number;
                    continue;
                }
                allowed.absolute = 5 * std::sqrt(expected * (1 - expected) / counted) + 1 / counted;
            }
            EXPECT_EQ(std::isnan(found), std::isnan(expected)) << number << ' ' << feature_table[i].name;
            if (!std::isnan(expected)) {
                EXPECT_NEAR(found, expected, allowed.absolute + std::abs(expected) * allowed.relative)
                    << number << ' ' << feature_table[i].name;
            }
        }
    }
}

TEST(Flood, leaves_memory_within_its_budget_and_true_originators_with_their_footprints_and_features) {
    const bool is_long = std::getenv("ECHOTAP_LONG") != nullptr;
    const std::uint64_t spoofed = is_long ? 50'000'000 : 3'000'000;
    const std::size_t budget = std::size_t{is_long ? 512U : 96U} << 20U;
    const std::vector<TrueQuery> queries = true_queries();

    const Counted flooded = count(queries, spoofed, budget);
    const WindowHeader& header = flooded.window.header;
    const WindowCounts& counts = header.counts;
    std::printf("%zu MiB resident of %zu MiB; %llu refused, %llu evicted, %llu incomplete, 1 of %.0f queriers kept\n",
                flooded.resident_most >> 20U, budget >> 20U, static_cast<unsigned long long>(counts.parts.refused),
                static_cast<unsigned long long>(counts.parts.evicted_originators),
                static_cast<unsigned long long>(counts.parts.incomplete),
                std::ldexp(1.0, 64) / static_cast<double>(header.querier_bound));
    EXPECT_GT(counts.parts.refused, 0U);
    EXPECT_GT(counts.parts.evicted_originators, 0U);
    EXPECT_EQ(counts.repeats + counts.parts.queries + counts.parts.minimised + counts.parts.refused,
              counts.reverse + counts.minimised);
    EXPECT_EQ(counts.reverse + counts.minimised, spoofed + queries.size());
    if (is_residence_known) {
        EXPECT_LE(flooded.resident_most, budget + budget / 10);
    }

    const Counted quiet = count(queries, 0, std::size_t{1} << 30U);
    ASSERT_FALSE(quiet.window.header.is_bound_reached());
    const Features with(flooded.window);
    const Features without(quiet.window);
    EXPECT_EQ(without.matrix.as_total, true_ases);
    EXPECT_EQ(without.matrix.country_total, true_countries);
    EXPECT_EQ(with.matrix.as_total, true_ases + spoofed_ases);
    EXPECT_EQ(with.matrix.country_total, true_countries + spoofed_countries);
    expect_equal_features(with, without);
}

}  // namespace
}  // namespace echotap
