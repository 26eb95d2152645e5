// SPDX-License-Identifier: Apache-2.0
#include "config/nearest_word.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace echotap {
namespace {

TEST(NearestWord, counts_the_letters_that_changed) {
    EXPECT_EQ(edit_distance("", ""), 0U);
    EXPECT_EQ(edit_distance("", "abc"), 3U);
    EXPECT_EQ(edit_distance("kye", "key"), 2U);
    EXPECT_EQ(edit_distance("windows", "window"), 1U);
    EXPECT_EQ(edit_distance("grace", "brace"), 1U);
}

TEST(NearestWord, names_what_was_probably_meant_and_nothing_that_was_not) {
    const std::vector<std::string> known{"grace", "lengths", "memory_budget"};
    EXPECT_EQ(nearest_word("grce", known), "grace");
    EXPECT_EQ(nearest_word("length", known), "lengths");
    EXPECT_EQ(nearest_word("memry_bugdet", known), "memory_budget");
    EXPECT_EQ(nearest_word("colour", known), "");
    EXPECT_EQ(nearest_word("grace", {}), "");
    const std::vector<std::string> short_ones{"read", "top", "tap"};
    EXPECT_EQ(nearest_word("foo", short_ones), "");
    EXPECT_EQ(nearest_word("cap", short_ones), "tap");
    EXPECT_EQ(nearest_word("raed", short_ones), "read");
}

}  // namespace
}  // namespace echotap
