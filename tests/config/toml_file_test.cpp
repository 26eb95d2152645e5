// SPDX-License-Identifier: Apache-2.0
#include "config/toml_file.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace echotap {
namespace {

TEST(TomlFile, reads_what_is_there_and_leaves_alone_what_is_not) {
    TomlTable table =
        TomlTable::parse("a = 1\nb = 2.5\nc = true\nd = \"x\"\n[e]\nf = [\"y\", \"z\"]\n[[g]]\nh = 3\n", "test");
    double number = 0;
    std::uint64_t whole = 7;
    bool truth = false;
    std::string text;
    table.read("b", number, 0, 3);
    EXPECT_EQ(number, 2.5);
    table.read("a", number, 0, 3);  // a whole number is a number
    EXPECT_EQ(number, 1);
    table.read("missing", whole, std::uint64_t{0}, std::uint64_t{9});
    EXPECT_EQ(whole, 7U);
    table.read("c", truth);
    table.read("d", text);
    EXPECT_TRUE(truth);
    EXPECT_EQ(text, "x");
    std::vector<std::string> words;
    table.table("e").read("f", words);
    EXPECT_EQ(words, (std::vector<std::string>{"y", "z"}));
    EXPECT_EQ(table.tables("g").size(), 1U);
    EXPECT_TRUE(table.table("missing").keys().empty());
    EXPECT_NO_THROW(table.refuse_unknown());
}

TEST(TomlFile, says_where_and_what_is_wrong) {
    struct Case {
        std::string text;
        std::function<void(TomlTable&)> read;
        std::string what;
    };
    const auto number = [](TomlTable& table) {
        double value = 0;
        table.read("key", value, 0, 1);
    };
    const auto whole = [](TomlTable& table) {
        std::uint32_t value = 0;
        table.read("key", value, 0U, 9U);
    };
    const auto words = [](TomlTable& table) {
        std::vector<std::string> value;
        table.read("key", value);
    };
    for (const Case& one : {
             Case{"key = ", [](TomlTable&) {}, "test:1:"},
             Case{"key = 1979-05-27", [](TomlTable&) {}, "dates"},
             Case{"\n  key = \"x\"", number, "test:2:9: key: write a number from 0 to 1"},
             Case{"key = 1.5", number, "from 0 to 1"},
             Case{"key = nan", number, "from 0 to 1"},
             Case{"key = 1.0", whole, "whole number"},
             Case{"key = -1", whole, "whole number from 0 to 9"},
             Case{"key = 10", whole, "whole number"},
             Case{"key = [1]", words, "list of texts"},
             Case{"key = 1", [](TomlTable& table) { (void)table.table("key"); }, "[key]"},
             Case{"key = [1]", [](TomlTable& table) { (void)table.tables("key"); }, "[[key]]"},
             Case{"kye = 1", [](TomlTable& table) { table.refuse_unknown(); }, "test:1:7: kye: there is no such key"},
         }) {
        try {
            TomlTable table = TomlTable::parse(one.text, "test");
            one.read(table);
            ADD_FAILURE() << "took: " << one.text;
        } catch (const std::runtime_error& error) {
            EXPECT_NE(std::string(error.what()).find(one.what), std::string::npos) << error.what();
        }
    }
    EXPECT_THROW((void)TomlTable::read("/nowhere.toml"), std::runtime_error);
}

TEST(TomlFile, lays_one_table_over_another) {
    const TomlTable below = TomlTable::parse("a = 1\n[t]\nb = 2\nc = 3\n", "below");
    TomlTable both = below.overlaid(TomlTable::parse("[t]\nc = 4\nd = 5\n", "over"));
    TomlTable inner = both.table("t");
    EXPECT_EQ(inner.keys(), (std::vector<std::string>{"b", "c", "d"}));
    double c = 0;
    inner.read("c", c, 0, 9);
    EXPECT_EQ(c, 4);
    EXPECT_TRUE(both.has("a"));
}

}  // namespace
}  // namespace echotap
