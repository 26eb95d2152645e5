// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/window_books.hpp"

#include <gtest/gtest.h>

namespace echotap {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp midnight{std::chrono::seconds(1'700'006'400)};

WindowBooks books_of(std::initializer_list<const char*> texts) {
    WindowConfig config;
    config.lengths.clear();
    for (const char* const text : texts) {
        config.lengths.push_back(WindowLength::parse(text).value());
    }
    return WindowBooks(config);
}

Ledger frames(std::uint64_t count) {
    Ledger ledger;
    ledger.enter(Stage::frame, count);
    return ledger;
}

std::uint64_t frames_of(const Ledger& ledger) {
    return ledger.in[static_cast<std::size_t>(Stage::frame)];
}

TEST(WindowBooks, count_in_the_window_that_the_clock_stood_in) {
    WindowBooks books = books_of({"1m", "1h"});
    EXPECT_FALSE(books.is_steady(midnight)) << "before the first turn nothing is";
    books.turn(midnight, frames(0));
    EXPECT_TRUE(books.is_steady(midnight + 60s - 1ns));
    EXPECT_FALSE(books.is_steady(midnight + 60s));
    EXPECT_FALSE(books.is_steady(midnight - 1ns));
    books.turn(midnight + 60s, frames(10));
    books.turn(midnight - 60s, frames(15));  // a clock that was set back
    books.finish(frames(17));
    const std::int64_t minute = books.grid(0).number_of(midnight);
    const std::int64_t hour = books.grid(1).number_of(midnight);
    EXPECT_EQ(frames_of(books.take({0, minute})), 10U);
    EXPECT_EQ(frames_of(books.take({0, minute + 1})), 5U);
    EXPECT_EQ(frames_of(books.take({0, minute - 1})), 2U);
    EXPECT_EQ(frames_of(books.take({1, hour})), 15U);
    EXPECT_EQ(frames_of(books.take({1, hour - 1})), 2U);
    EXPECT_EQ(frames_of(books.take({1, hour})), 0U) << "it was taken";
}

TEST(WindowBooks, tell_of_open_windows_without_closing_them) {
    WindowBooks books = books_of({"1m"});
    books.turn(midnight, frames(0));
    books.turn(midnight + 60s, frames(10));
    const std::map<WindowPlace, Ledger> open = books.open(frames(13));
    ASSERT_EQ(open.size(), 2U);
    EXPECT_EQ(frames_of(open.begin()->second), 10U);
    EXPECT_EQ(frames_of(open.rbegin()->second), 3U);
    books.finish(frames(14));
    EXPECT_EQ(frames_of(books.take({0, books.grid(0).number_of(midnight + 60s)})), 4U);
}

TEST(WindowBooks, give_out_what_is_due_by_the_grace) {
    WindowBooks books = books_of({"1m", "whole"});
    books.turn(midnight, frames(0));
    books.turn(midnight + 60s, frames(10));
    EXPECT_TRUE(books.take_due(midnight + 90s - 1ns).empty());
    EXPECT_EQ(books.take_due(midnight + 90s).size(), 1U);
    books.finish(frames(20));
    EXPECT_EQ(books.take_due(Timestamp::max()).size(), 2U);
}

TEST(WindowBooks, know_when_the_next_window_closes) {
    const WindowBooks books = books_of({"1m", "1h", "whole"});
    EXPECT_EQ(books.next_close(midnight), midnight + 30s);
    EXPECT_EQ(books.next_close(midnight + 30s - 1ns), midnight + 30s);
    EXPECT_EQ(books.next_close(midnight + 30s), midnight + 90s);
    EXPECT_EQ(books_of({"whole"}).next_close(midnight), Timestamp::max());
    EXPECT_GT(books.next_close(Timestamp::min()), Timestamp::min());
    EXPECT_EQ(books.next_close(Timestamp::max()), Timestamp::max());
}

TEST(WindowBooks, have_a_whole_window_even_where_nothing_came) {
    WindowBooks books = books_of({"whole", "1m"});
    books.finish(Ledger{});
    EXPECT_EQ(books.take_due(Timestamp::max()).size(), 1U);
}

}  // namespace
}  // namespace echotap
