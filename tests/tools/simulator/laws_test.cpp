// SPDX-License-Identifier: Apache-2.0
// The laws that a world was made for, by what comes out of its packets (Fukuda & Heidemann 2015).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "tests/tools/simulator/worlds.hpp"

namespace echotap {
namespace {

using test::FoundInWorld;
using test::made_up_networks;
using test::read_world;
using test::world_of;

/// Mean unique queriers of a scan of so many targets, from the packets of several worlds: in one world the level hangs
/// on what its few largest resolvers happen to be.
std::map<double, double> scan_footprints(const std::string& authority) {
    constexpr int scans = 3;
    constexpr int worlds = 6;
    std::string text = "duration = \"13h\"\npopulation.queriers = 300000\nauthority = \"" + authority + "\"\n" +
                       "operator_concentration = 1e6\naddress_concentration = 1e6\n" +
                       "class.scan.home_share = 0\nclass.scan.countries = 300\nclass.scan.profile = { home = 0.25, "
                       "mail = 0.12, ns = 0.22, fw = 0.009, antispam = 0.0005, www = 0.011, ntp = 0.001, cdn = 0.003, "
                       "aws = 0.008, ms = 0.004, google = 0.006, other = 0.2075, unreach = 0.055, nxdomain = 0.105 }\n";
    for (const char* targets : {"4300", "43000", "430000", "4300000", "43000000"}) {
        text += fmt::format("[[planted]]\nclass = \"scan\"\ncount = {}\ntargets = {}\n", scans, targets);
    }
    std::map<double, double> means;
    for (std::uint64_t seed = 1; seed <= worlds; ++seed) {
        World world(world_of(text), made_up_networks(), seed);
        FoundInWorld found;
        read_world(world, found);
        for (const World::TruthRow& row : world.truth()) {
            const auto& originator = world.cast().originators()[row.originator].address;
            means[row.counts.targets] +=
                static_cast<double>(found.originators[originator].queriers.size()) / (scans * worlds);
        }
    }
    return means;
}

TEST(Laws, queriers_go_with_the_power_point_71_of_targets) {
    const std::map<double, double> means = scan_footprints("final");
    // Least squares in logarithms over 0.0001 % to 0.1 % of IPv4, as the paper's figure 3.
    double x = 0;
    double y = 0;
    double xx = 0;
    double xy = 0;
    int count = 0;
    for (const auto& [targets, queriers] : means) {
        if (targets <= 4.3e6) {
            const double log_targets = std::log(targets);
            const double log_queriers = std::log(queriers);
            x += log_targets;
            y += log_queriers;
            xx += log_targets * log_targets;
            xy += log_targets * log_queriers;
            ++count;
        }
    }
    const double slope = (count * xy - x * y) / (count * xx - x * x);
    EXPECT_NEAR(slope, .71, .03);
    // The level is nobody's parameter: 20 queriers at 0.001 %.
    EXPECT_NEAR(means.at(43'000), 19.7, 4);
    EXPECT_NEAR(means.at(4'300'000), 463, 70);
}

TEST(Laws, caches_leave_a_national_authority_a_part_and_a_root_little) {
    const std::map<double, double> national = scan_footprints("national");
    EXPECT_NEAR(national.at(4'300'000), 104, 25);
    EXPECT_NEAR(national.at(43'000'000), 865, 130);
    const std::map<double, double> root = scan_footprints("root");
    EXPECT_NEAR(root.at(4'300'000), 3.4, 2);
    EXPECT_NEAR(root.at(43'000'000), 22, 9);
}

TEST(Laws, footprints_repeats_and_counts_are_as_the_world_says) {
    World world(world_of(R"(
duration = "6h"
population.queriers = 200000
class.scan.others = 3000
class.scan.asks = 2.5
)"),
                made_up_networks(), 1);
    FoundInWorld found;
    read_world(world, found);
    int over_20 = 0;
    int over_100 = 0;
    double questions = 0;
    double sent = 0;
    double queriers = 0;
    for (const auto& [originator, counts] : found.originators) {
        over_20 += counts.queriers.size() >= 20 ? 1 : 0;
        over_100 += counts.queriers.size() >= 100 ? 1 : 0;
        questions += counts.questions;
        sent += counts.sent;
        queriers += static_cast<double>(counts.queriers.size());
    }
    EXPECT_EQ(found.originators.size(), 3'000U);
    EXPECT_NEAR(std::log(static_cast<double>(over_20) / over_100) / std::log(5), 1.76, .15);
    EXPECT_NEAR(questions / queriers, 2.5, .25);
    // 98 % of the questions go over UDP, a tenth of those is repeated, by two copies in the mean of a geometric that is
    // cut at four.
    EXPECT_NEAR(sent / questions, 1 + .98 * .1 * 1.87, .02);
    EXPECT_NEAR(found.tcp / questions, .02, .005);
}

double entropy(const std::map<std::uint32_t, int>& counts) {
    double sum = 0;
    double all = 0;
    for (const auto& [key, count] : counts) {
        all += count;
    }
    for (const auto& [key, count] : counts) {
        sum -= count / all * std::log2(count / all);
    }
    return sum;
}

TEST(Laws, the_case_studies_differ_as_in_the_paper) {
    std::string text =
        "duration = \"50h\"\nauthority = \"national\"\npopulation.queriers = 500000\n"
        "operator_concentration = 1e6\naddress_concentration = 1e6\n"
        "operator_asks_deviation = 0\naddress_asks_deviation = 0\n";
    const std::vector<std::string> cases{"scan", "ad-tracker", "cdn", "mail", "spam"};
    for (const std::string& name : cases) {
        text += fmt::format("[[planted]]\nclass = \"{}\"\noperator = \"{}\"\nqueriers = 2000\n", name, name);
    }
    World world(world_of(text), made_up_networks(), 1);
    std::map<IpAddress, std::uint32_t> numbers;
    for (std::uint32_t querier = 0; querier < world.population().size(); ++querier) {
        numbers[world.population().address(querier)] = querier;
    }
    FoundInWorld found;
    read_world(world, found);
    std::map<std::string, std::map<QuerierRole, double>> roles;
    std::map<std::string, double> octets;
    std::map<std::string, double> blocks;
    std::map<std::string, double> asks;
    for (const Originator& one : world.cast().originators()) {
        const std::string name(world.cast().operator_of(one));
        const auto& counts = found.originators.at(one.address);
        const auto size = static_cast<double>(counts.queriers.size());
        EXPECT_NEAR(size, 2'000, 200) << name;
        std::map<std::uint32_t, int> by_octet;
        std::map<std::uint32_t, int> by_block;
        for (const IpAddress& querier : counts.queriers) {
            roles[name][world.population()[numbers.at(querier)].role] += 1 / size;
            ++by_octet[load_be32(querier.octets().data() + 12) >> 24U];
            ++by_block[load_be32(querier.octets().data() + 12) >> 8U];
        }
        octets[name] = entropy(by_octet) / 8;
        blocks[name] = entropy(by_block) / std::log2(size);
        asks[name] = counts.questions / size;
    }
    // Table 2: questions per querier; its two scans have 3.3 and 4.7.
    EXPECT_NEAR(asks["scan"], 3.8, .4);
    EXPECT_NEAR(asks["ad-tracker"], 2.3, .4);
    EXPECT_NEAR(asks["cdn"], 4.4, .4);
    EXPECT_NEAR(asks["mail"], 1.7, .4);
    EXPECT_NEAR(asks["spam"], 3.4, .4);
    // The networks are made up, so entropies are only in the paper's order here.
    EXPECT_LT(octets["cdn"], octets["mail"]);
    EXPECT_LT(octets["mail"], octets["spam"]);
    for (const std::string& name : cases) {
        EXPECT_GT(blocks[name], .88) << name;
        EXPECT_LT(blocks[name], 1) << name;
    }
    // Figure 2, as far as its text goes.
    for (const std::string& name : cases) {
        EXPECT_LE(roles[name][QuerierRole::home], roles["cdn"][QuerierRole::home]);
        EXPECT_LE(roles[name][QuerierRole::ns], roles["ad-tracker"][QuerierRole::ns]);
    }
    EXPECT_GT(roles["ad-tracker"][QuerierRole::ns], roles["scan"][QuerierRole::ns]);
    EXPECT_GT(roles["mail"][QuerierRole::mail], .3);
    EXPECT_GT(roles["spam"][QuerierRole::mail], .3);
    EXPECT_NEAR(roles["scan"][QuerierRole::nxdomain] + roles["scan"][QuerierRole::unreach], .22, .04);
}

}  // namespace
}  // namespace echotap
