// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/reloads.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <list>
#include <semaphore>
#include <thread>

namespace echotap {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Each takes until it is let go.
struct SlowReload {
    std::atomic<unsigned> begun = 0;
    std::counting_semaphore<> begins{0};
    std::counting_semaphore<> may_end{0};

    ControlAnswer operator()() {
        const unsigned number = ++begun;
        begins.release();
        may_end.acquire();
        return {.is_good = true, .text = std::to_string(number)};
    }
};

TEST(Reloads, answer_with_the_outcome_of_one_that_began_after_the_wish) {
    SlowReload slow;
    Reloads reloads(std::ref(slow));
    reloads.ask();
    slow.begins.acquire();
    // The first may have read files that have changed since.
    auto outcome = std::async(std::launch::async, [&] { return reloads.outcome(); });
    EXPECT_EQ(outcome.wait_for(milliseconds(50)), std::future_status::timeout);
    slow.may_end.release();
    slow.begins.acquire();
    EXPECT_EQ(outcome.wait_for(milliseconds(50)), std::future_status::timeout);
    slow.may_end.release();
    EXPECT_EQ(outcome.get().text, "2");
    EXPECT_TRUE(reloads.finish(milliseconds(0)));
}

TEST(Reloads, are_one_for_all_who_asked_before_it_began) {
    SlowReload slow;
    Reloads reloads(std::ref(slow));
    reloads.ask();
    slow.begins.acquire();
    for (int i = 0; i < 5; ++i) {
        reloads.ask();
    }
    slow.may_end.release();
    slow.begins.acquire();
    slow.may_end.release();
    EXPECT_FALSE(slow.begins.try_acquire_for(milliseconds(50)));
    EXPECT_EQ(slow.begun, 2U);
}

TEST(Reloads, let_only_some_wait_for_an_outcome) {
    SlowReload slow;
    Reloads reloads(std::ref(slow));
    reloads.ask();
    slow.begins.acquire();
    std::list<std::future<ControlAnswer>> outcomes;
    for (unsigned i = 0; i < Reloads::waiting_max + 1; ++i) {
        outcomes.push_back(std::async(std::launch::async, [&] { return reloads.outcome(); }));
    }
    // One of them is refused at once, and the others are not.
    const auto is_there = [](auto& outcome) { return outcome.wait_for(seconds(0)) == std::future_status::ready; };
    const auto end = std::chrono::steady_clock::now() + seconds(20);
    while (std::ranges::none_of(outcomes, is_there) && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(milliseconds(1));
    }
    EXPECT_EQ(std::ranges::count_if(outcomes, is_there), 1);
    slow.may_end.release(2);
    EXPECT_EQ(std::ranges::count_if(outcomes, [](auto& outcome) { return outcome.get().is_good; }),
              Reloads::waiting_max);
}

TEST(Reloads, keep_nobody_waiting_who_ends_the_tap) {
    SlowReload slow;
    Reloads reloads(std::ref(slow));
    auto outcome = std::async(std::launch::async, [&] { return reloads.outcome(); });
    slow.begins.acquire();
    reloads.ask();
    EXPECT_FALSE(reloads.finish(milliseconds(20))) << "it is still being done";
    EXPECT_FALSE(outcome.get().is_good);
    slow.may_end.release();
    EXPECT_TRUE(reloads.finish(seconds(20)));
    EXPECT_EQ(slow.begun, 1U) << "none begins any more";
}

}  // namespace
}  // namespace echotap
