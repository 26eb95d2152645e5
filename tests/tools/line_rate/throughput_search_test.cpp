// SPDX-License-Identifier: Apache-2.0
// The search against devices that are made up: each loses by a rule of its own.
#include "tools/line_rate/throughput_search.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>

namespace echotap {
namespace {

constexpr SearchPlan plan{.highest = 14.88e6, .lowest = 1e3};

using Device = std::function<TrialEnd(double rate)>;

/// Everything above `rate` loses.
Device device_of(double most) {
    return [most](double rate) { return rate > most ? TrialEnd::lossy : TrialEnd::clean; };
}

ThroughputSearch run(const SearchPlan& with, const Device& device) {
    ThroughputSearch search(with);
    while (const auto rate = search.next()) {
        EXPECT_LE(*rate, with.highest);
        EXPECT_GE(*rate, with.lowest);
        search.take(device(*rate), *rate);
        if (search.trials() > with.trials_max) {
            ADD_FAILURE() << "it does not end";
            break;
        }
    }
    return search;
}

TEST(ThroughputSearch, comes_within_its_precision_of_where_loss_begins) {
    for (const double most : {2e3, 50e3, 1.2345e6, 7.44e6, 14.87e6}) {
        const ThroughputSearch search = run(plan, device_of(most));
        EXPECT_LE(search.found(), most);
        EXPECT_GE(search.found(), most * (1 - 2 * plan.precision)) << most;
        EXPECT_FALSE(search.is_ceiling());
        EXPECT_TRUE(search.is_settled());
        EXPECT_LE(search.trials(), 40U);
    }
}

TEST(ThroughputSearch, takes_two_trials_for_a_device_that_never_loses) {
    const ThroughputSearch search = run(plan, device_of(1e9));
    EXPECT_EQ(search.found(), plan.highest);
    EXPECT_TRUE(search.is_ceiling());
    EXPECT_EQ(search.trials(), 2U) << "one to see it, one to be sure";
}

TEST(ThroughputSearch, finds_nothing_where_everything_loses) {
    const ThroughputSearch search = run(plan, device_of(0));
    EXPECT_EQ(search.found(), 0);
    EXPECT_TRUE(search.is_settled());
    EXPECT_FALSE(search.is_ceiling());
}

TEST(ThroughputSearch, finds_the_lowest_rate_where_that_alone_does) {
    EXPECT_EQ(run(plan, device_of(plan.lowest)).found(), plan.lowest);
}

TEST(ThroughputSearch, repeats_a_trial_that_lost_before_it_counts) {
    // Every third trial is disturbed, whatever its rate.
    unsigned trial = 0;
    const ThroughputSearch search =
        run(plan, [&trial](double rate) { return ++trial % 3 == 0 ? TrialEnd::lossy : device_of(5e6)(rate); });
    EXPECT_LE(search.found(), 5e6);
    EXPECT_GE(search.found(), 5e6 * (1 - 2 * plan.precision));
}

TEST(ThroughputSearch, ends_with_a_rate_that_was_clean_however_noisy_the_machine) {
    std::mt19937_64 random(7);
    for (const double noise : {0.1, 0.3, 0.5, 0.9}) {
        for (int turn = 0; turn < 200; ++turn) {
            std::bernoulli_distribution is_disturbed(noise);
            const ThroughputSearch search =
                run(plan, [&](double rate) { return is_disturbed(random) ? TrialEnd::lossy : device_of(3e6)(rate); });
            EXPECT_LE(search.found(), 3e6);
            EXPECT_LE(search.trials(), plan.trials_max);
        }
    }
}

TEST(ThroughputSearch, goes_below_a_rate_that_does_not_hold) {
    // The device is slower once it is warm: what was clean before loses when it is to be confirmed.
    unsigned trials = 0;
    const ThroughputSearch search =
        run(plan, [&trials](double rate) { return device_of(++trials < 12 ? 8e6 : 4e6)(rate); });
    EXPECT_LE(search.found(), 4e6);
    EXPECT_GT(search.found(), 0);
}

TEST(ThroughputSearch, says_so_where_the_generator_is_the_limit) {
    ThroughputSearch search(plan);
    constexpr double most = 9e6;
    while (const auto rate = search.next()) {
        search.take(*rate > most ? TrialEnd::short_of : TrialEnd::clean, std::min(*rate, most));
    }
    EXPECT_GE(search.found(), most * (1 - plan.precision));
    EXPECT_LE(search.found(), most * (1 + plan.precision));
    EXPECT_TRUE(search.is_ceiling());
}

TEST(ThroughputSearch, gives_up_after_so_many_trials) {
    SearchPlan impatient = plan;
    impatient.trials_max = 5;
    const ThroughputSearch search = run(impatient, device_of(1.2345e6));
    EXPECT_EQ(search.trials(), 5U);
    EXPECT_FALSE(search.is_settled());
}

}  // namespace
}  // namespace echotap
