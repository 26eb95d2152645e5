// SPDX-License-Identifier: Apache-2.0
#include "analytics/store/querier_mix.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "tests/analytics/window_by_hand.hpp"

namespace echotap {
namespace {

using test::WindowByHand;
using Shares = std::vector<QuerierShare>;

AnalysedWindow analysed(const WindowByHand& window) {
    AnalysisConfig config;
    config.ranking.min_queriers_v4 = 1;
    config.ranking.min_queriers_v6 = 1;
    config.ranking.sample_key = test::hand_key;
    return Analysis(config).analyse(window.close());
}

std::uint16_t country(const char* letters) {
    return static_cast<std::uint16_t>(letters[0] << 8 | letters[1]);
}

TEST(QuerierMix, names_the_largest_first_and_equal_ones_by_their_letters) {
    WindowByHand window;
    for (int i = 0; i < 8; ++i) {
        window.ask("192.0.2.1", "10.0.0." + std::to_string(i));
    }
    AnalysedWindow of = analysed(window);
    of.directory.countries = {country("US"), country("JP"), country("JP"), country("JP"),
                              country("DE"), country("DE"), country("US"), 0};
    of.directory.as_numbers = {4294967295U, 2914, 2914, 4713, 0, 0, 0, 0};
    of.directory.names = {static_cast<std::uint8_t>(NameCategory::mail),
                          name_unknown,
                          name_unknown,
                          name_unknown,
                          name_unknown,
                          name_unknown,
                          name_unknown,
                          name_unknown};
    const QuerierMix mix = querier_mixes(of, 3)[0];
    EXPECT_EQ(mix.countries, (Shares{{"JP", 3. / 7}, {"DE", 2. / 7}, {"US", 2. / 7}}));
    EXPECT_EQ(mix.networks, (Shares{{"AS2914", .5}, {"AS4713", .25}, {"AS4294967295", .25}}));
    EXPECT_EQ(mix.names, (Shares{{"mail", 1}})) << "of those whose name is known";
    EXPECT_EQ(querier_mixes(of, 1)[0].networks, (Shares{{"AS2914", .5}}));
}

TEST(QuerierMix, says_nothing_of_what_is_not_known) {
    const AnalysedWindow of = analysed(WindowByHand().ask("192.0.2.1", "10.0.0.1"));
    const QuerierMix mix = querier_mixes(of)[0];
    EXPECT_TRUE(mix.countries.empty());
    EXPECT_TRUE(mix.networks.empty());
    EXPECT_TRUE(mix.names.empty());
}

TEST(QuerierMix, agrees_with_maps_of_text_on_random_windows_of_both_families) {
    std::mt19937 engine(7);
    const auto random = [&](unsigned bound) { return static_cast<unsigned>(engine() % bound); };
    for (int round = 0; round < 20; ++round) {
        WindowByHand window;
        std::map<IpAddress, std::set<IpAddress>> asked;
        for (unsigned i = 0; i < 400; ++i) {
            const bool is_v6 = random(2) == 0;
            const std::string originator =
                is_v6 ? "2001:db8::" + std::to_string(1 + random(3)) : "192.0.2." + std::to_string(random(5));
            const std::string querier = random(2) == 0 ? "10.0.0." + std::to_string(random(200))
                                                       : "2001:db8:1::" + std::to_string(1 + random(200));
            window.ask(originator, querier);
            asked[test::address(originator)].insert(test::address(querier));
        }
        AnalysedWindow of = analysed(window);
        for (std::size_t place = 0; place < of.directory.size(); ++place) {
            of.directory.countries[place] = random(4) == 0 ? std::uint16_t{0} : country(random(3) == 0 ? "JP" : "US");
            of.directory.as_numbers[place] = random(6);
        }
        std::map<IpAddress, QuerierDirectory::Place> places;
        for (QuerierDirectory::Place place = 0; place < of.directory.size(); ++place) {
            places[of.directory.address(place)] = place;
        }
        const std::vector<QuerierMix> mixes = querier_mixes(of, 100);
        ASSERT_EQ(mixes.size(), of.ranking.originators.size());
        for (std::size_t row = 0; row < mixes.size(); ++row) {
            std::map<std::uint32_t, double> networks;
            double known = 0;
            for (const auto& [originator, queriers] : asked) {
                if (!of.ranking.originators[row].prefix.contains(originator)) {
                    continue;
                }
                for (const IpAddress& querier : queriers) {
                    // A prefix has each querier once, however many of its originators the querier asked about.
                    ASSERT_TRUE(places.contains(querier));
                    const bool is_new = std::none_of(asked.begin(), asked.find(originator), [&](const auto& other) {
                        return of.ranking.originators[row].prefix.contains(other.first) &&
                               other.second.contains(querier);
                    });
                    const std::uint32_t network = of.directory.as_numbers[places.at(querier)];
                    if (network != 0 && is_new) {
                        ++networks[network];
                        ++known;
                    }
                }
            }
            ASSERT_EQ(mixes[row].networks.size(), networks.size());
            for (const QuerierShare& share : mixes[row].networks) {
                const auto number = static_cast<std::uint32_t>(std::stoul(share.of.substr(2)));
                EXPECT_DOUBLE_EQ(share.share, networks.at(number) / known);
            }
            EXPECT_TRUE(std::ranges::is_sorted(mixes[row].networks, std::greater<>(), &QuerierShare::share));
        }
    }
}

}  // namespace
}  // namespace echotap
