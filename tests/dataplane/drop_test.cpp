// SPDX-License-Identifier: Apache-2.0
#include "dataplane/drop.hpp"

#include <gtest/gtest.h>

#include <set>

namespace echotap {
namespace {

TEST(Drop, every_reason_has_a_name_of_its_own_and_a_meaning) {
    std::set<std::string_view> names;
    for (const DropInfo& row : drop_table) {
        EXPECT_TRUE(names.insert(row.name).second) << row.name;
        EXPECT_FALSE(row.meaning.empty()) << row.name;
    }
}

TEST(Ledger, holds_what_came_in_and_did_not_leave) {
    Ledger ledger;
    ledger.enter(Stage::frame, 10);
    ledger.pass(Stage::frame, 6);
    ledger.drop(Drop::icmp, 3);
    ledger.drop(Drop::response, 5);  // another stage's
    EXPECT_EQ(ledger.dropped(Stage::frame), 3U);
    EXPECT_EQ(ledger.held(Stage::frame), 1);
    EXPECT_EQ(ledger.held(Stage::message), -5) << "books that are wrong show it";
}

TEST(Ledger, of_two_workers_is_the_sum) {
    Ledger first;
    Ledger second;
    first.enter(Stage::query, 2);
    first.drop(Drop::reverse_apex);
    first.minimised = 1;
    second.enter(Stage::query, 40);
    second.drop(Drop::reverse_apex, 3);
    second.minimised = 7;
    first += second;
    EXPECT_EQ(first.in[static_cast<std::size_t>(Stage::query)], 42U);
    EXPECT_EQ(first.drops[static_cast<std::size_t>(Drop::reverse_apex)], 4U);
    EXPECT_EQ(first.minimised, 8U);
}

}  // namespace
}  // namespace echotap
