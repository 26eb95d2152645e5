// SPDX-License-Identifier: Apache-2.0
#include "analytics/names/name_rules.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

/// The built-in rules with `from` replaced by `to`.
std::string changed(const std::string& from, const std::string& to) {
    std::string text(default_name_rules());
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

/// Where `mark` first stands in `text`, as messages say it; nothing for no mark.
std::string place_in(const std::string& text, const std::string& mark) {
    if (mark.empty()) {
        return "my.toml: ";
    }
    const std::size_t at = text.find(mark);
    const auto line = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n') + 1;
    return fmt::format("my.toml:{}:{}: ", line, at - text.rfind('\n', at));
}

std::string said_about(const std::string& text) {
    try {
        name_rules_of(parse_name_rule_file(text, "my.toml"));
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "";
}

TEST(NameRules, the_built_in_ones_are_whole) {
    const NameRules rules = name_rules_of(read_name_rule_file(""));
    EXPECT_GT(rules.keywords.size(), 40U);
    EXPECT_GT(rules.suffixes.size(), 20U);
    EXPECT_GT(rules.ranges.size(), 40U);
    EXPECT_TRUE(rules.nameless_by_range);
    EXPECT_TRUE(std::is_sorted(rules.keywords.begin(), rules.keywords.end(),
                               [](const auto& one, const auto& other) { return one.category < other.category; }));
}

TEST(NameRules, what_is_wrong_is_told_with_its_place_and_a_cure) {
    const struct {
        std::string from;
        std::string to;
        std::string mark;  // what the message points at
        std::string part;
    } rows[] = {
        {"\"ironport\"", "\"Ironport\"", "\"Ironport\"", "'Ironport' is no keyword; write"},
        {"\"ironport\"", "\"iron*port\"", "\"iron*port\"", "is no keyword"},
        {"\"ironport\"", "\"*\"", "\"*\"", "is no keyword"},
        {"\"ironport\"", "\"\"", "\"\"", "is no keyword"},
        {"\"ironport\", \"spam\"", "\"wall\",\"wall\"", "\"wall\"]", "twice"},
        {"\"ironport\"", "7", "7, \"spam\"", "put it in quotes"},
        {"\"ironport\", \"spam\"", "\"ironport\" \"spam\"", "\"spam\"]", "no TOML"},
        {"[antispam]", "[antispm]", "", "[antispam] has no keywords; write keywords = []"},
        {"[ntp]\nkeywords", "[ntp]\nsuffixes = [    ]\nkeywords", "[    ]", "[ntp] suffixes is not known"},
        {"by_range = true", "by_range = 1", "1\n\n# Ends", "neither a list of words nor true or false"},
        {"by_range = true", "by_range = []", "", "[nameless] has no by_range"},
        {"\"1e100.net\"", "\"1e100.net.\"", "\"1e100.net.\"", "is no end of names"},
        {"\"1e100.net\"", "\"1e100\"", "\"1e100\"", "is no end of names"},
        {"\"1e100.net\"", "\"a..net\"", "\"a..net\"", "is no end of names"},
        {"\"74.125.0.0/16\"", "\"74.125.0.1/16\"", "\"74.125.0.1/16\"", "is no range of addresses"},
        {"\"74.125.0.0/16\"", "\"Google\"", "\"Google\"", "is no range of addresses"},
        {"\"asso\"", "\"as.so\"", "\"as.so\"", "is no single component"},
        {"[home]", "home2 = 1.5\n[home]", "1.5\n", "outside of any table"},
    };
    for (const auto& row : rows) {
        const std::string text = changed(row.from, row.to);
        const std::string place = place_in(text, row.mark);
        const std::string said = said_about(text);
        EXPECT_EQ(said.substr(0, place.size()), place) << said;
        EXPECT_NE(said.find(row.part), std::string::npos) << said;
    }
}

TEST(NameRules, a_file_that_cannot_be_rules_is_told) {
    const test::TemporaryFolder folder;
    const auto said = [](const std::string& path) {
        try {
            read_name_rule_file(path);
        } catch (const std::runtime_error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_NE(said(folder.path() / "none.toml").find("cannot read name rules from"), std::string::npos);
    EXPECT_NE(said(folder.path()).find("cannot read name rules from"), std::string::npos);
    const std::string large = folder.write("large", std::vector<std::uint8_t>(name_rule_file_octets_max + 1, '#'));
    EXPECT_NE(said(large).find("which no file of name rules is"), std::string::npos);
    EXPECT_EQ(said(folder.write("empty", {})), "");
    EXPECT_NE(said(folder.write("binary", {0, 1, 2, 0xff})).find("no TOML"), std::string::npos)
        << said(folder.write("binary", {0, 1, 2, 0xff}));
}

TEST(NameRules, a_file_with_the_built_in_text_gives_the_built_in_rules) {
    const test::TemporaryFolder folder;
    const std::string_view text = default_name_rules();
    const std::string path = folder.write("rules.toml", {text.begin(), text.end()});
    EXPECT_EQ(name_rules_of(read_name_rule_file(path)).keywords.size(),
              name_rules_of(read_name_rule_file("")).keywords.size());
}

}  // namespace
}  // namespace echotap
