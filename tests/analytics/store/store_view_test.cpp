// SPDX-License-Identifier: Apache-2.0
#include "analytics/store/store_view.hpp"

#include <gtest/gtest.h>

#include "analytics/store/store.hpp"
#include "benchmarks/learning_world.hpp"
#include "tests/analytics/window_by_hand.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using std::chrono::hours;

StoredVerdict verdict(const std::string& answer, double probability) {
    StoredVerdict one;
    one.answer = answer;
    one.probability = probability;
    return one;
}

TEST(StoreView, an_originators_usual_class_is_the_most_frequent_then_the_surest_then_the_latest) {
    EXPECT_EQ(usual_class({verdict("spam", .9), verdict("scan", .4), verdict("scan", .4)}), "scan");
    EXPECT_EQ(usual_class({verdict("spam", .9), verdict("scan", .4)}), "spam");
    EXPECT_EQ(usual_class({verdict("spam", .5), verdict("mail", .5)}), "mail");
    EXPECT_EQ(usual_class({verdict("unknown", .9), verdict("unknown", .9), verdict("cdn", .2)}), "cdn");
    EXPECT_EQ(usual_class({verdict("unknown", .9)}), "unknown");
}

/// Two days: 192.0.2.1 in both, neighbours near and far in one of them.
struct TwoDays {
    test::TemporaryFolder folder;
    std::string path = folder.path() / "echotap.db";

    TwoDays() {
        const WorldShape small{.class_count = 4, .operators = 4, .addresses = 4};
        Model model = train_model(LearningWorld(small).set(), {.method = Method::cart});
        model.provenance.notice = "learnt from nothing";
        Store store({.path = path});
        for (int day = 1; day <= 2; ++day) {
            test::WindowByHand window(hours(24 * day));
            window.ask("192.0.2.1", "10.0.0.1", 144 * day);
            for (const char* const other : day == 1 ? std::array{"192.0.2.255", "192.0.3.0", "2001:db8:1::1"}
                                                    : std::array{"192.0.2.0", "192.0.1.255", "2001:db8:1:ffff::1"}) {
                window.ask(other, "10.0.0.2", 144 * day);
            }
            AnalysisConfig config;
            config.ranking = {.min_queriers_v4 = 1, .min_queriers_v6 = 1, .top = 100, .sample_key = test::hand_key};
            const AnalysedWindow analysed = Analysis(config).analyse(window.close());
            store.put(analysed, classify_window(analysed, model), model);
        }
    }
};

std::vector<std::string> texts(const std::vector<StoredVerdict>& rows) {
    std::vector<std::string> found;
    for (const StoredVerdict& row : rows) {
        found.push_back(row.text);
    }
    return found;
}

TEST(StoreView, tells_the_history_of_an_originator_by_time) {
    const TwoDays days;
    StoreView view(days.path);
    const auto history = view.history(Prefix(test::address("192.0.2.1"), 128));
    ASSERT_EQ(history.size(), 2U);
    EXPECT_EQ(history[0].window.start, Timestamp(hours(24)));
    EXPECT_EQ(history[1].window.start, Timestamp(hours(48)));
    EXPECT_EQ(history[1].window.length, hours(24));
    EXPECT_EQ(history[1].footprint, 1);
    EXPECT_TRUE(std::isnan(history[1].countries));
    EXPECT_TRUE(view.history(Prefix(test::address("192.0.2.7"), 128)).empty());
    EXPECT_EQ(view.notices(), std::vector<std::string>{"learnt from nothing"});
}

TEST(StoreView, neighbours_are_those_of_the_same_24_or_48_whatever_the_window) {
    const TwoDays days;
    StoreView view(days.path);
    EXPECT_EQ(texts(view.neighbours(Prefix(test::address("192.0.2.1"), 128), 10)),
              (std::vector<std::string>{"192.0.2.0", "192.0.2.255"}));
    EXPECT_EQ(texts(view.neighbours(Prefix(test::address("2001:db8:1::1"), 128), 10)),
              (std::vector<std::string>{"2001:db8:1:ffff::1"}));
    EXPECT_EQ(view.neighbours(Prefix(test::address("192.0.2.1"), 128), 1).size(), 1U);
}

TEST(StoreView, tells_the_classes_of_the_last_windows) {
    const TwoDays days;
    StoreView view(days.path);
    const auto mixes = view.mixes(10);
    ASSERT_EQ(mixes.size(), 2U);
    EXPECT_LT(mixes[0].window.start, mixes[1].window.start);
    EXPECT_FALSE(mixes[0].has_changes);
    EXPECT_TRUE(mixes[1].has_changes);
    for (const StoredMix& mix : mixes) {
        std::uint64_t all = 0;
        for (const StoredClass& one : mix.classes) {
            all += one.n;
        }
        EXPECT_EQ(all, 4U);
    }
    ASSERT_EQ(view.mixes(1).size(), 1U);
    EXPECT_EQ(view.mixes(1)[0].window.start, Timestamp(hours(48)));
}

TEST(StoreView, makes_no_store) {
    const test::TemporaryFolder folder;
    EXPECT_THROW(StoreView(folder.path() / "none.db"), DatabaseError);
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "none.db"));
}

}  // namespace
}  // namespace echotap
