// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/features.hpp"

#include <gtest/gtest.h>
#include <oneapi/tbb/global_control.h>

#include <cmath>
#include <random>

#include "tests/analytics/window_by_hand.hpp"

namespace echotap {
namespace {

using test::address;
using test::WindowByHand;

constexpr const char* scanner = "192.0.2.1";

/// What is known of queriers, by their text.
struct Known {
    std::map<std::string, NameCategory> names;
    std::map<std::string, std::uint16_t> countries;
    std::map<std::string, std::uint32_t> as_numbers;

    void fill(QuerierDirectory& directory) const {
        for (QuerierDirectory::Place place = 0; place < directory.size(); ++place) {
            const std::string querier = directory.address(place).to_string();
            if (const auto name = names.find(querier); name != names.end()) {
                directory.names[place] = static_cast<std::uint8_t>(name->second);
            }
            if (const auto country = countries.find(querier); country != countries.end()) {
                directory.countries[place] = country->second;
            }
            if (const auto as_number = as_numbers.find(querier); as_number != as_numbers.end()) {
                directory.as_numbers[place] = as_number->second;
            }
        }
    }
};

FeatureMatrix features(const ClosedWindow& window, const Known& known = {}, RankingConfig config = {1, 1, 100, {}}) {
    config.sample_key = test::hand_key;
    QuerierDirectory directory(window);
    known.fill(directory);
    return compute_features(window, directory, rank_originators(window, config));
}

// A vector per formula. Ten queries of four queriers: two in one /24, three in one /8.
WindowByHand four_queriers() {
    WindowByHand window;
    for (int i = 0; i < 7; ++i) {
        window.ask(scanner, "10.0.0.1", i % 2);
    }
    window.ask(scanner, "10.0.0.200", 3).ask(scanner, "10.200.0.1", 3).ask(scanner, "11.0.0.1", 9);
    return window;
}

TEST(Features, queries_per_querier_is_queries_over_unique_queriers) {
    EXPECT_EQ(features(four_queriers().close()).at(0, Feature::queries_per_querier), 10.0 / 4);
}

TEST(Features, query_persistence_counts_the_ten_minutes_with_a_query) {
    // 0, 1, 3 and 9.
    EXPECT_EQ(features(four_queriers().close()).at(0, Feature::query_persistence), 4);
}

TEST(Features, local_entropy_is_of_24_bit_prefixes_over_the_logarithm_of_the_queriers) {
    // 10.0.0 has 2 of 4, 10.200.0 and 11.0.0 one each: 1/2 * 1 + 1/4 * 2 + 1/4 * 2 = 1.5 bits of log2 4 = 2.
    EXPECT_DOUBLE_EQ(features(four_queriers().close()).at(0, Feature::local_entropy), 1.5 / 2);
}

TEST(Features, global_entropy_is_of_8_bit_prefixes_over_8_bits) {
    // 10 has 3 of 4: 3/4 * log2(4/3) + 1/4 * 2 = 0.811278 bits.
    const double bits = 0.75 * std::log2(4.0 / 3) + 0.25 * 2;
    EXPECT_NEAR(bits, 0.811278, 1e-6);
    EXPECT_DOUBLE_EQ(features(four_queriers().close()).at(0, Feature::global_entropy), bits / 8);
}

TEST(Features, entropies_of_ipv6_queriers_are_of_48_and_32_bit_prefixes_beside_those_of_ipv4) {
    WindowByHand window;
    // 2001:db8:1::/48 twice, 2001:db8:8002::/48, 2001:db9::/48, and 10.0.0.0/24.
    for (const char* querier : {"2001:db8:1::1", "2001:db8:1:ffff::1", "2001:db8:8002::1", "2001:db9::1", "10.0.0.1"}) {
        window.ask(scanner, querier);
    }
    const FeatureMatrix matrix = features(window.close());
    const double fifth = 0.2 * std::log2(5);
    const double two_fifths = 0.4 * std::log2(2.5);
    const double three_fifths = 0.6 * std::log2(5.0 / 3);
    EXPECT_DOUBLE_EQ(matrix.at(0, Feature::local_entropy), (two_fifths + 3 * fifth) / std::log2(5));
    EXPECT_DOUBLE_EQ(matrix.at(0, Feature::global_entropy), (three_fifths + 2 * fifth) / 8);
    EXPECT_DOUBLE_EQ(matrix.at(0, Feature::ipv6_share), 4.0 / 5);
}

TEST(Features, one_querier_has_no_spread) {
    const FeatureMatrix matrix = features(WindowByHand().ask(scanner, "10.0.0.1").close());
    EXPECT_EQ(matrix.at(0, Feature::local_entropy), 0);
    EXPECT_EQ(matrix.at(0, Feature::global_entropy), 0);
    EXPECT_EQ(matrix.at(0, Feature::growth_exponent), 1);
    EXPECT_EQ(matrix.at(0, Feature::footprint_log), 0);
}

TEST(Features, names_are_shares_of_the_queriers_whose_name_is_known) {
    const Known known{.names = {{"10.0.0.1", NameCategory::mail},
                                {"10.0.0.200", NameCategory::mail},
                                {"10.200.0.1", NameCategory::nxdomain}},
                      .countries = {},
                      .as_numbers = {}};
    const FeatureMatrix matrix = features(four_queriers().close(), known);
    EXPECT_DOUBLE_EQ(matrix.at(0, Feature::mail), 2.0 / 3);
    EXPECT_DOUBLE_EQ(matrix.at(0, Feature::nxdomain), 1.0 / 3);
    EXPECT_EQ(matrix.at(0, Feature::home), 0);
    EXPECT_DOUBLE_EQ(matrix.rows[0].names_known, 0.75);
    EXPECT_TRUE(matrix.rows[0].is_provisional());
}

TEST(Features, of_what_nothing_is_known_are_not_numbers) {
    const FeatureMatrix matrix = features(four_queriers().close());
    for (const Feature feature : {Feature::home, Feature::nxdomain, Feature::unique_ases, Feature::unique_countries,
                                  Feature::queriers_per_country, Feature::queriers_per_as}) {
        EXPECT_TRUE(std::isnan(matrix.at(0, feature))) << name_of(feature);
    }
    EXPECT_EQ(matrix.rows[0].names_known, 0);
    EXPECT_EQ(matrix.as_total, 0U);
}

TEST(Features, ases_and_countries_are_shares_of_those_of_all_queriers_of_the_window) {
    WindowByHand window = four_queriers();
    window.ask("192.0.2.2", "12.0.0.1").ask("192.0.2.2", "12.0.0.2");
    const Known known{.names = {},
                      .countries = {{"10.0.0.1", 1}, {"10.0.0.200", 2}, {"11.0.0.1", 2}, {"12.0.0.1", 3}},
                      .as_numbers = {{"10.0.0.1", 64500}, {"10.0.0.200", 64500}, {"12.0.0.1", 64501}}};
    const FeatureMatrix matrix = features(window.close(), known);
    ASSERT_EQ(matrix.rows[0].originator.address(), address(scanner));
    EXPECT_EQ(matrix.as_total, 2U);
    EXPECT_EQ(matrix.country_total, 3U);
    EXPECT_DOUBLE_EQ(matrix.at(0, Feature::unique_ases), 1.0 / 2);
    EXPECT_DOUBLE_EQ(matrix.at(0, Feature::queriers_per_as), 1.0);
    EXPECT_DOUBLE_EQ(matrix.at(0, Feature::unique_countries), 2.0 / 3);
    EXPECT_DOUBLE_EQ(matrix.at(0, Feature::queriers_per_country), 1.0 / 2);
}

TEST(Features, queriers_that_only_minimise_do_not_count_in_the_totals) {
    WindowByHand window = four_queriers();
    window.minimise("12.0.0.1").minimise("10.0.0.200");
    const Known known{.names = {}, .countries = {{"12.0.0.1", 1}, {"10.0.0.1", 2}}, .as_numbers = {}};
    const FeatureMatrix matrix = features(window.close(), known);
    EXPECT_EQ(matrix.country_total, 1U);
    EXPECT_EQ(matrix.querier_total, 4U);
    EXPECT_DOUBLE_EQ(matrix.at(0, Feature::minimising_share), 1.0 / 4);
}

TEST(Features, ours_follow_their_formulas) {
    WindowByHand window = four_queriers();
    window.ask("192.0.2.9", "11.0.0.1");
    const FeatureMatrix matrix = features(window.close());
    EXPECT_DOUBLE_EQ(matrix.at(0, Feature::footprint_log), std::log10(4));
    EXPECT_DOUBLE_EQ(matrix.at(0, Feature::growth_exponent), std::log(4) / std::log(10));
    EXPECT_DOUBLE_EQ(matrix.at(0, Feature::shared_queriers), 1.0 / 4);
    EXPECT_DOUBLE_EQ(matrix.at(1, Feature::shared_queriers), 1.0);
    // Gaps of 1, 2 and 6 periods: mean 3, variance (4 + 1 + 9) / 3.
    EXPECT_DOUBLE_EQ(matrix.at(0, Feature::gap_variation), std::sqrt(14.0 / 3) / 3);
    // A day, each time of it once: directions at 0, 2.5, 7.5 and 22.5 degrees.
    double x = 0;
    double y = 0;
    for (const int period : {0, 1, 3, 9}) {
        x += std::cos(period * std::acos(-1.0) / 72);
        y += std::sin(period * std::acos(-1.0) / 72);
    }
    EXPECT_DOUBLE_EQ(matrix.at(0, Feature::daily_strength), std::hypot(x, y) / 4);
}

TEST(Features, queriers_of_a_prefix_are_shared_with_originators_outside_of_it) {
    WindowByHand window;
    window.ask("2001:db8::1", "10.0.0.1").ask("2001:db8::2", "10.0.0.1").ask("2001:db8::2", "10.0.0.2");
    window.ask("2001:db9::1", "10.0.0.2");
    const FeatureMatrix matrix = features(window.close(), {}, {1, 2, 100, {}});
    ASSERT_EQ(matrix.rows.size(), 2U);
    EXPECT_EQ(matrix.rows[0].originator.to_string(), "2001:db8::/64");
    EXPECT_EQ(matrix.at(0, Feature::shared_queriers), 0.5);  // 10.0.0.1 asks inside only
    EXPECT_EQ(matrix.at(1, Feature::shared_queriers), 1.0);
}

TEST(Features, the_day_of_a_window_with_uneven_hours_is_seen_evenly) {
    // A day and a half, around the clock: the half day is seen twice and must not look like a habit.
    WindowByHand window(std::chrono::hours(6), std::chrono::hours(36));
    for (std::int32_t period = 36; period < 36 + 216; ++period) {
        window.ask(scanner, "10.0.0.1", period);
    }
    EXPECT_NEAR(features(window.close()).at(0, Feature::daily_strength), 0, 1e-12);
    EXPECT_EQ(features(window.close()).at(0, Feature::gap_variation), 0);
    WindowByHand half_day(std::chrono::hours(6), std::chrono::hours(12));
    half_day.ask(scanner, "10.0.0.1", 40);
    EXPECT_TRUE(std::isnan(features(half_day.close()).at(0, Feature::daily_strength)));
    EXPECT_TRUE(std::isnan(features(half_day.close()).at(0, Feature::gap_variation)));
}

TEST(Features, queriers_without_a_place_are_unknown) {
    // No honest window is like this, but a file may say anything.
    ClosedWindow window = four_queriers().close();
    window.queriers.v4.clear();
    window.queriers.v4_counts.clear();
    const FeatureMatrix matrix =
        features(window, {.names = {{"10.0.0.1", NameCategory::mail}}, .countries = {}, .as_numbers = {}});
    EXPECT_EQ(matrix.rows[0].names_known, 0);
    EXPECT_TRUE(std::isnan(matrix.at(0, Feature::minimising_share)));
}

TEST(Features, queriers_that_a_thinned_window_does_not_count_are_looked_up_all_the_same) {
    ClosedWindow window = four_queriers().close();
    window.header.querier_bound = 1;
    window.queriers.v4.erase(window.queriers.v4.begin() + 1);
    window.queriers.v4_counts.erase(window.queriers.v4_counts.begin() + 1);
    const Known known{.names = {{"10.0.0.200", NameCategory::mail}, {"11.0.0.1", NameCategory::ns}},
                      .countries = {},
                      .as_numbers = {}};
    const FeatureMatrix matrix = features(window, known);
    EXPECT_DOUBLE_EQ(matrix.at(0, Feature::mail), 0.5);
    EXPECT_DOUBLE_EQ(matrix.rows[0].names_known, 0.5);
}

/// A world in which few originators are large and networks are of all sizes.
ClosedWindow random_window(std::uint64_t seed, std::size_t originators) {
    std::mt19937_64 random(seed);
    WindowByHand window;
    for (std::size_t i = 0; i < originators; ++i) {
        const bool is_v6 = random() % 4 == 0;
        const IpAddress originator =
            is_v6 ? address("2001:db8:" + std::to_string(random() % 9) + "::" + std::to_string(i + 1))
                  : v4_address(static_cast<std::uint32_t>(random()));
        const std::size_t size = 1 + random() % (1 + random() % 300);
        for (std::size_t j = 0; j < size; ++j) {
            const auto number = static_cast<std::uint32_t>(random() % (1 + random() % 4'000) * 97);
            const IpAddress querier =
                random() % 5 == 0
                    ? address("2001:db8:" + std::to_string(number % 50) + "::" + std::to_string(number % 999))
                    : v4_address(number * 2'654'435U);
            window.ask(originator, querier, static_cast<std::int32_t>(random() % 144));
        }
    }
    return window.close(200);
}

TEST(Features, are_the_same_for_any_number_of_threads) {
    const ClosedWindow window = random_window(1, 300);
    const auto run = [&](std::size_t threads) {
        const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism, threads);
        QuerierDirectory directory(window);
        for (QuerierDirectory::Place place = 0; place < directory.size(); ++place) {
            directory.names[place] = static_cast<std::uint8_t>(place % 15);
            directory.countries[place] = static_cast<std::uint16_t>(place % 40);
            directory.as_numbers[place] = place % 333;
        }
        return compute_features(window, directory, rank_originators(window, {5, 5, 1000, test::hand_key}));
    };
    const FeatureMatrix one = run(1);
    const FeatureMatrix four = run(4);
    ASSERT_GT(one.rows.size(), 100U);
    ASSERT_GT(one.intervals.size(), 0U);
    EXPECT_EQ(std::memcmp(one.values.data(), four.values.data(), one.values.size() * sizeof(double)), 0);
    EXPECT_EQ(std::memcmp(one.intervals.data(), four.intervals.data(), one.intervals.size() * sizeof(FeatureIntervals)),
              0);
}

TEST(Features, table_has_a_definition_for_each_feature_in_its_place) {
    EXPECT_EQ(name_of(Feature::home), "home");
    EXPECT_EQ(name_of(Feature::nxdomain), "nxdomain");
    EXPECT_EQ(name_of(Feature::queries_per_querier), "queries_per_querier");
    EXPECT_EQ(name_of(Feature::queriers_per_as), "queriers_per_as");
    EXPECT_EQ(name_of(Feature::minimising_share), "minimising_share");
    EXPECT_EQ(static_cast<std::size_t>(Feature::footprint_log), paper_feature_count);
    for (std::size_t i = 0; i < name_category_count; ++i) {
        EXPECT_EQ(feature_table[i].group, FeatureGroup::name);
        EXPECT_EQ(feature_table[i].name.substr(0, 5), name_category_texts[i].substr(0, 5));
    }
}

}  // namespace
}  // namespace echotap
