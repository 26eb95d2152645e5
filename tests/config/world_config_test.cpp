// SPDX-License-Identifier: Apache-2.0
#include "config/world_config.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <numeric>
#include <set>
#include <string>

#include "config/world_library.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

WorldConfig parse(const std::string& text) {
    return WorldConfig::from(TomlTable::parse(text, "world.toml"));
}

constexpr const char* small = "name = \"small\"\n[class.scan]\nlabelled = 3\nprofile = { home = 3, ns = 1 }\n";

TEST(WorldConfig, reads_a_world) {
    EXPECT_THROW(parse(small), std::runtime_error);  // shares are at most 1
    const WorldConfig world =
        parse("authority = \"root\"\nduration = \"50h\"\n[class.scan]\nprofile = { home = 0.3, ns = 0.1 }\n");
    EXPECT_EQ(world.authority, AuthorityLevel::root);
    EXPECT_EQ(world.duration, std::chrono::hours(50));
    ASSERT_EQ(world.classes.size(), 1U);
    EXPECT_DOUBLE_EQ(world.classes[0].profile[static_cast<std::size_t>(QuerierRole::home)], .75);
}

TEST(WorldConfig, says_where_and_what_is_wrong) {
    struct Case {
        std::string text;
        std::string what;
    };
    const std::string scan = "[class.scan]\nprofile = { home = 1 }\n";
    for (const Case& one : {
             Case{"name = \"empty\"\n", "at least one class"},
             Case{"authority = \"letter\"\n" + scan, "world.toml:1:13: authority: write one of final, national, root"},
             Case{"duration = \"1s\"\n" + scan, "duration"},
             Case{"start = \"noon\"\n" + scan, "start"},
             Case{"[class.scan]\nprofile = { homes = 1 }\n", "homes: there is no such key"},
             Case{"[class.scan]\nprofile = { home = 0 }\n", "at least one role"},
             Case{scan + "dutty = 1\n", "dutty"},
             Case{scan + "pattern = \"often\"\n", "steady, bursty, batches, evening"},
             Case{scan + "[[planted]]\nclass = \"scan\"\n", "either targets or queriers"},
             Case{scan + "[[planted]]\nclass = \"spam\"\ntargets = 5\n", "no class 'spam'"},
             Case{scan + "[[campaign]]\nclass = \"spam\"\n", "no class 'spam'"},
             Case{scan + "[population]\nqueriers = 5\n", "whole number from 1000"},
             Case{scan + "[cache.letter]\nleak = 5\n", "letter"},
         }) {
        try {
            parse(one.text);
            ADD_FAILURE() << "took: " << one.text;
        } catch (const std::runtime_error& error) {
            EXPECT_NE(std::string(error.what()).find(one.what), std::string::npos) << error.what();
        }
    }
}

TEST(WorldConfig, the_hash_stands_for_all_parameters_but_the_seed) {
    const std::string scan = "[class.scan]\nprofile = { home = 1 }\n";
    const std::string hash = parse(scan).hash();
    EXPECT_EQ(hash, parse("seed = 99\n" + scan).hash());
    EXPECT_EQ(hash, parse("seed = 1 # a comment\n\n" + scan).hash());
    std::set<std::string> hashes{hash};
    for (const char* change :
         {"duration = \"2h\"\n", "small = 1\n", "operator_concentration = 17\n", "pulse = 0.1\n"}) {
        EXPECT_TRUE(hashes.insert(parse(change + scan).hash()).second) << change;
    }
    for (const char* change :
         {"asks = 4\n", "[population]\nfarms = 7\n", "[cache.root]\nleak = 0.1\n", "[traffic]\nmasked = true\n",
          "[class.mail]\nprofile = { mail = 1 }\n", "[[planted]]\nclass = \"scan\"\ntargets = 5\n",
          "[[campaign]]\nclass = \"scan\"\n", "[[flood]]\nqueries = 5\n"}) {
        EXPECT_TRUE(hashes.insert(parse(scan + change).hash()).second) << change;
    }
}

TEST(WorldLibrary, all_its_worlds_can_be_loaded) {
    for (const BuiltInWorld& world : built_in_worlds()) {
        const WorldConfig config = load_world(std::string(world.name));
        EXPECT_EQ(config.classes.size(), 16U) << world.name;
        for (const ClassConfig& one : config.classes) {
            EXPECT_NEAR(std::accumulate(one.profile.begin(), one.profile.end(), 0.0), 1, 1e-9) << one.name;
        }
    }
    // Table 3 of the paper.
    const WorldConfig jp = load_world("jp_ditl");
    EXPECT_EQ(jp.classes[jp.class_number("spam")].labelled, 64U);
    EXPECT_EQ(jp.classes[jp.class_number("crawler")].labelled, 0U);
    EXPECT_EQ(jp.authority, AuthorityLevel::national);
}

TEST(WorldLibrary, its_worlds_are_frozen_with_the_parameters_that_were_measured) {
    for (const BuiltInWorld& world : built_in_worlds()) {
        EXPECT_EQ(load_world(std::string(world.name)).is_frozen, !world.is_base) << world.name;
    }
}

TEST(WorldLibrary, names_the_worlds_that_somebody_lives_in_where_there_is_none_of_a_name) {
    try {
        load_world("nowhere");
        FAIL() << "there is no such world";
    } catch (const std::runtime_error& error) {
        const std::string why = error.what();
        EXPECT_TRUE(why.ends_with("the worlds are demo, jp_ditl, b_post_ditl, m_ditl, m_sampled")) << why;
    }
}

TEST(WorldLibrary, a_frozen_world_whose_parameters_changed_is_refused_with_both_hashes) {
    const test::TemporaryFolder folder;
    const auto write = [&](const std::string& text) { return folder.write("a.toml", {text.begin(), text.end()}); };
    const std::string demo = "base = \"demo\"\nname = \"mine\"\n";
    const std::string hash = load_world(write(demo)).hash();
    EXPECT_FALSE(load_world(write(demo)).is_frozen);  // what its base says is of its base
    EXPECT_TRUE(load_world(write(demo + "frozen = \"" + hash + "\"\n")).is_frozen);
    try {
        load_world(write(demo + "frozen = \"" + hash + "\"\nsmall = 7\n"));
        ADD_FAILURE() << "took another world for the frozen one";
    } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find(hash), std::string::npos) << error.what();
    }
}

TEST(WorldLibrary, a_file_can_be_based_on_a_world_or_on_another_file) {
    const test::TemporaryFolder folder;
    const auto write = [&](const char* name, const std::string& text) {
        return folder.write(name, {text.begin(), text.end()});
    };
    write("below.toml", "base = \"demo\"\nsmall = 7\nname = \"below\"\n");
    const WorldConfig world = load_world(write("above.toml", "base = \"below.toml\"\nname = \"above\"\n"));
    EXPECT_EQ(world.name, "above");
    EXPECT_EQ(world.small, 7U);
    EXPECT_EQ(world.duration, std::chrono::hours(1));
    EXPECT_THROW(load_world(write("circle.toml", "base = \"circle.toml\"\n")), std::runtime_error);
    EXPECT_THROW(load_world("no_such_world"), std::runtime_error);
}

}  // namespace
}  // namespace echotap
