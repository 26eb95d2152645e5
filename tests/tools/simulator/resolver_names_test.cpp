// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/resolver_names.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "tests/tools/simulator/made_up_networks.hpp"

namespace echotap {
namespace {

WorldConfig named_world() {
    WorldConfig world;
    world.population.queriers = 20'000;
    world.population.ipv6_share = .1;
    world.population.roles.fill(1);
    return world;
}

TEST(ResolverNames, are_host_names_or_say_that_there_is_none) {
    const WorldConfig world = named_world();
    const Population population(world, test::made_up_networks(), 1);
    const ResolverNames names(world, test::made_up_networks(), population);
    for (std::uint32_t querier = 0; querier < population.size(); ++querier) {
        const std::string name = names.name(querier);
        if (population[querier].role == QuerierRole::nxdomain) {
            ASSERT_EQ(name, "NXDOMAIN");
        } else if (population[querier].role == QuerierRole::unreach) {
            ASSERT_EQ(name, "UNREACH");
        } else {
            ASSERT_LE(name.size(), 253U);
            ASSERT_NE(name.find('.'), std::string::npos) << name;
            ASSERT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-."), std::string::npos) << name;
            ASSERT_EQ(name.find(".."), std::string::npos) << name;
            ASSERT_EQ(name, names.name(querier));
        }
    }
}

TEST(ResolverNames, tell_by_a_keyword_as_often_as_the_world_says) {
    // The first words of the paper's lists are enough to tell keywords from the other words of the grammar.
    for (const double share : {0.0, .7, 1.0}) {
        WorldConfig world = named_world();
        world.population.keyword_share = share;
        const Population population(world, test::made_up_networks(), 1);
        const ResolverNames names(world, test::made_up_networks(), population);
        int told = 0;
        int all = 0;
        for (std::uint32_t querier = 0; querier < population.size(); ++querier) {
            if (population[querier].role != QuerierRole::ntp) {
                continue;
            }
            ++all;
            told += names.name(querier).starts_with("ntp") ? 1 : 0;
        }
        EXPECT_NEAR(told, share * all, 5 * 20);
    }
}

TEST(ResolverNames, another_grammar_has_other_providers) {
    WorldConfig world = named_world();
    const Population population(world, test::made_up_networks(), 1);
    const auto domains = [&](std::uint32_t grammar) {
        world.population.grammar = grammar;
        const ResolverNames names(world, test::made_up_networks(), population);
        std::map<std::string, int> found;
        for (std::uint32_t querier = 0; querier < 3'000; ++querier) {
            if (population[querier].role == QuerierRole::mail) {
                const std::string name = names.name(querier);
                const std::size_t last = name.rfind('.');
                ++found[name.substr(name.rfind('.', last - 1) + 1)];
            }
        }
        return found;
    };
    const auto one = domains(1);
    const auto other = domains(2);
    const auto shared = std::ranges::count_if(one, [&](const auto& entry) { return other.contains(entry.first); });
    EXPECT_LT(static_cast<double>(shared), .1 * static_cast<double>(one.size()));
}

TEST(ResolverNames, strangers_mostly_have_none) {
    const WorldConfig world = named_world();
    const Population population(world, test::made_up_networks(), 1);
    const ResolverNames names(world, test::made_up_networks(), population);
    int nameless = 0;
    for (std::uint32_t i = 0; i < 1'000; ++i) {
        const std::string name = names.name_of_stranger(0x01020304U + (i << 12U));
        nameless += name == "NXDOMAIN" || name == "UNREACH" ? 1 : 0;
    }
    EXPECT_NEAR(nameless, 700, 80);
}

}  // namespace
}  // namespace echotap
