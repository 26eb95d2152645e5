// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/kept_windows.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/analytics/window_by_hand.hpp"
#include "tests/fake_name_server.hpp"

namespace echotap {
namespace {

using namespace std::chrono;
using namespace test;

/// A server that holds its answers back, and windows whose queriers nobody else knows.
struct Setting {
    HeldNameServer slow{"mail.example.com"};
    AnalysisConfig config;
    std::unique_ptr<Analysis> analysis;
    bool is_taking = true;

    Setting() {
        ask_only(config.names.resolver, {&slow.server()}, seconds(10));
        config.ranking.min_queriers_v4 = 3;
        analysis = std::make_unique<Analysis>(config);
    }

    AnalysedWindow window(int hour) const {
        test::WindowByHand window(std::chrono::hours(hour), std::chrono::hours(1));
        for (const int querier : {1, 2, 3}) {
            window.ask("192.0.2.1", "10.0." + std::to_string(hour) + "." + std::to_string(querier));
        }
        return analysis->analyse(window.close());
    }

    /// The hours of the windows that have a new revision.
    std::vector<int> revise(KeptWindows& kept, milliseconds wait = milliseconds(0)) const {
        std::vector<int> hours;
        kept.revise(*analysis, {steady_clock::now() + wait, {}}, [&](const AnalysedWindow& revised) {
            EXPECT_EQ(revised.header().revision, 2U);
            EXPECT_EQ(revised.features.at(0, Feature::mail), 1);
            hours.push_back(static_cast<int>(
                std::chrono::floor<std::chrono::hours>(revised.header().start.time_since_epoch()).count()));
            return is_taking;
        });
        return hours;
    }
};

TEST(KeptWindows, come_out_again_with_the_names_that_were_late) {
    Setting setting;
    KeptWindows kept(std::size_t{1} << 30U);
    kept.keep(setting.window(1));
    kept.keep(setting.window(2));
    EXPECT_EQ(setting.revise(kept), std::vector<int>{});
    EXPECT_EQ(kept.size(), 2U);
    setting.slow.release();
    EXPECT_EQ(setting.revise(kept, seconds(10)), (std::vector<int>{1, 2}));
    EXPECT_EQ(kept.size(), 0U) << "nothing is to come any more";
    EXPECT_EQ(kept.octets(), 0U);
    EXPECT_EQ(kept.let_go(), 0U);
}

TEST(KeptWindows, a_revision_that_was_not_taken_comes_again) {
    Setting setting;
    KeptWindows kept(std::size_t{1} << 30U);
    kept.keep(setting.window(1));
    setting.slow.release();
    setting.is_taking = false;
    EXPECT_EQ(setting.revise(kept, seconds(10)), std::vector<int>{1});
    EXPECT_EQ(setting.revise(kept), std::vector<int>{1}) << "though no name has come since";
    setting.is_taking = true;
    EXPECT_EQ(setting.revise(kept), std::vector<int>{1});
    EXPECT_EQ(kept.size(), 0U);
    EXPECT_EQ(setting.revise(kept), std::vector<int>{});
}

TEST(KeptWindows, the_oldest_go_where_there_is_no_room) {
    Setting setting;
    AnalysedWindow first = setting.window(1);
    KeptWindows kept(first.octets() * 5 / 2);
    kept.keep(std::move(first));
    kept.keep(setting.window(2));
    kept.keep(setting.window(3));
    EXPECT_EQ(kept.size(), 2U);
    EXPECT_EQ(kept.let_go(), 1U);
    setting.slow.release();
    EXPECT_EQ(setting.revise(kept, seconds(10)), (std::vector<int>{2, 3}));

    KeptWindows none(1);
    setting.slow.hold();
    none.keep(setting.window(4));
    EXPECT_EQ(none.size(), 0U);
    EXPECT_EQ(none.octets(), 0U);
    EXPECT_EQ(none.let_go(), 1U);
}

TEST(KeptWindows, one_that_awaits_nothing_is_not_kept) {
    Setting setting;
    setting.slow.release();
    KeptWindows kept(std::size_t{1} << 30U);
    AnalysedWindow analysed = setting.window(1);
    while (!setting.analysis->revise(analysed, {steady_clock::now() + seconds(10), {}})) {
    }
    kept.keep(std::move(analysed));
    EXPECT_EQ(kept.size(), 0U);
    EXPECT_EQ(kept.let_go(), 0U);
}

}  // namespace
}  // namespace echotap
