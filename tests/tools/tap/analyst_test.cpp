// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/analyst.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <numeric>
#include <thread>

#include "analytics/store/store_schema.hpp"
#include "analytics/store/store_view.hpp"
#include "tests/analytics/window_by_hand.hpp"
#include "tests/fake_name_server.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// A name server that is silent until it may speak, a store, and windows whose queriers nobody else knows.
class AnalystWithNames : public testing::Test {
protected:
    ~AnalystWithNames() override { is_silent_ = false; }

    void start(seconds timeout) {
        ResolverConfig& resolver = config_.names.resolver;
        if (asks_names_) {
            resolver.servers = {server_.address()};
        }
        resolver.queries_per_second = resolver.network_queries_per_second = 0;
        resolver.timeout = timeout;
        config_.originators.min_queriers = 3;
        config_.name_wait = name_wait_;
        config_.retention.age_max = seconds(0);  // the windows are of 1970
        config_.windows.sample_key = {17, 19};   // test::hand_key
        config_.store = {.path = (folder_.path() / "store.db").string(), .patience = milliseconds(10)};
        analyst_ =
            std::make_unique<Analyst>(std::make_shared<LiveParts>(config_), std::make_unique<Store>(config_.store),
                                      config_.store.path, test::hand_key, log_, limits_);
    }

    /// Three queriers ask for one originator, two for another, which is too few for anybody to ask for their names.
    static ClosedWindow window() {
        test::WindowByHand window(seconds(0), std::chrono::hours(1));
        for (const char* const querier : {"10.0.0.1", "10.0.0.2", "10.0.0.3"}) {
            window.ask("192.0.2.1", querier);
        }
        window.ask("192.0.2.2", "10.0.9.1").ask("192.0.2.2", "10.0.9.2");
        window.header.sites = {"here"};
        return window.close();
    }

    /// The same, made of another source.
    static ClosedWindow window_of(std::uint8_t source) {
        ClosedWindow made = window();
        made.header.sources = {SourceDigest::of(std::vector<std::uint8_t>{source})};
        return made;
    }

    static ClosedWindow next_window(int hours = 1) {
        ClosedWindow next = window();
        next.header.start += std::chrono::hours(hours);
        next.header.end += std::chrono::hours(hours);
        return next;
    }

    /// Many times as large.
    static ClosedWindow large_window() {
        test::WindowByHand window(std::chrono::hours(24), std::chrono::hours(1));
        for (int originator = 0; originator < 100; ++originator) {
            for (const char* const querier : {"10.0.0.1", "10.0.0.2", "10.0.0.3"}) {
                window.ask("192.0.2." + std::to_string(originator), querier);
            }
        }
        window.header.sites = {"here"};
        return window.close();
    }

    template <class Condition>
    static bool comes_true(Condition&& condition) {
        const auto end = steady_clock::now() + seconds(20);
        while (!condition() && steady_clock::now() < end) {
            std::this_thread::sleep_for(milliseconds(5));
        }
        return condition();
    }

    StoredVerdict stored() const {
        const auto rows = StoreView(config_.store.path).history(Prefix(test::address("192.0.2.1"), 128));
        return rows.empty() ? StoredVerdict{} : rows.front();
    }

    bool asks_names_ = true;
    seconds name_wait_{0};
    AnalystLimits limits_{.retry_interval = milliseconds(50), .revision_interval = milliseconds(50)};
    std::atomic<bool> is_silent_ = false;
    std::atomic<unsigned> asked_ = 0;
    std::atomic<unsigned> heard_ = 0;  // probes included
    test::FakeNameServer server_{[this](const std::string& name, unsigned, unsigned id) {
        ++heard_;
        while (is_silent_) {
            std::this_thread::sleep_for(milliseconds(1));
        }
        // Others are probes of whether the server works.
        asked_ += name.ends_with(".10.in-addr.arpa") ? 1U : 0U;
        return test::DnsWriter::response(name, {{name, 12, "mail.example.com"}}, 0, id);
    }};
    const test::TemporaryFolder folder_;
    const TapLog log_{LogLevel::error, false};
    TapConfig config_;
    std::unique_ptr<Analyst> analyst_;
};

TEST_F(AnalystWithNames, stores_late_names_as_the_next_revision) {
    is_silent_ = true;
    start(seconds(20));
    analyst_->take(window(), {});
    ASSERT_TRUE(comes_true([&] { return analyst_->status().stored == 1; }));
    EXPECT_EQ(stored().window.revision, 1U);
    EXPECT_TRUE(stored().is_provisional);
    is_silent_ = false;
    ASSERT_TRUE(comes_true([&] { return analyst_->status().late_names > 0 && !stored().is_provisional; }));
    EXPECT_GT(stored().window.revision, 1U);
    EXPECT_TRUE(analyst_->finish());
}

TEST_F(AnalystWithNames, stores_windows_of_both_families_beside_each_other) {
    start(seconds(20));
    for (const OriginatorFamilies families : {OriginatorFamilies::v4, OriginatorFamilies::v6}) {
        ClosedWindow of_family = window();
        of_family.header.families = families;
        analyst_->take(std::move(of_family), {});
    }
    ASSERT_TRUE(comes_true([&] { return analyst_->status().stored == 2; }));
    EXPECT_TRUE(analyst_->finish());
    std::vector<std::string> families;
    for (const StoredMix& mix : StoreView(config_.store.path).mixes(9)) {
        families.push_back(mix.window.families);
    }
    EXPECT_EQ(families, (std::vector<std::string>{"v6", "v4"})) << "in the order of mixes()";
}

TEST_F(AnalystWithNames, has_the_names_of_a_running_window_before_it_closes) {
    start(seconds(20));
    ASSERT_TRUE(comes_true([&] {
        analyst_->ask_names(window());
        const auto& answers = analyst_->status().resolver.answers;
        return asked_ == 3 && std::accumulate(answers.begin(), answers.end(), std::uint64_t{0}) == 3;
    }));
    EXPECT_EQ(stored().window.revision, 0U) << "no rows are made of it";
    analyst_->take(window(), {});
    ASSERT_TRUE(comes_true([&] { return analyst_->status().stored == 1; }));
    EXPECT_EQ(stored().window.revision, 1U);
    EXPECT_FALSE(stored().is_provisional) << "though nobody waited";
    EXPECT_EQ(asked_, 3U) << "those of too small an originator are nobody's business";
    EXPECT_TRUE(analyst_->finish());
}

TEST_F(AnalystWithNames, stores_a_revision_later_where_the_store_is_locked) {
    is_silent_ = true;
    start(seconds(20));
    analyst_->take(window(), {});
    ASSERT_TRUE(comes_true([&] { return analyst_->status().stored == 1; }));
    {
        Database holder(config_.store.path, store_kind);
        holder.run("BEGIN IMMEDIATE");
        is_silent_ = false;
        ASSERT_TRUE(comes_true([&] { return analyst_->status().store_failures >= 2; }));
        EXPECT_EQ(analyst_->status().late_names, 0U);
        holder.run("ROLLBACK");
    }
    ASSERT_TRUE(comes_true([&] { return analyst_->status().late_names > 0 && !stored().is_provisional; }));
    EXPECT_EQ(analyst_->status().store_fault, "");
    EXPECT_TRUE(analyst_->finish());
}

TEST_F(AnalystWithNames, says_which_windows_wait_until_they_are_stored) {
    start(seconds(20));
    const WindowKey key{.length = 1, .number = 4};
    {
        Database holder(config_.store.path, store_kind);
        holder.run("BEGIN IMMEDIATE");
        const std::uint64_t number = analyst_->take(window(), key);
        ASSERT_TRUE(comes_true([&] { return analyst_->status().store_failures >= 2; }));
        const std::vector<WaitingWindow> waiting = analyst_->waiting();
        ASSERT_EQ(waiting.size(), 1U);
        EXPECT_EQ(waiting[0].number, number);
        EXPECT_EQ(waiting[0].key, key);
        EXPECT_TRUE(*waiting[0].window == window()) << "as it came";
        EXPECT_EQ(analyst_->status().waiting, 1U);
        EXPECT_EQ(analyst_->status().waiting_octets, waiting[0].window->octets());
        holder.run("ROLLBACK");
    }
    ASSERT_TRUE(comes_true([&] { return analyst_->waiting().empty(); }));
    EXPECT_EQ(analyst_->status().stored, 1U);
    EXPECT_EQ(analyst_->status().waiting_octets, 0U);
    EXPECT_TRUE(analyst_->finish());
}

TEST_F(AnalystWithNames, says_at_the_end_which_windows_could_not_be_stored) {
    start(seconds(20));
    Database holder(config_.store.path, store_kind);
    holder.run("BEGIN IMMEDIATE");
    analyst_->take(window(), {});
    EXPECT_FALSE(analyst_->finish());
    EXPECT_EQ(analyst_->waiting().size(), 1U);
}

TEST_F(AnalystWithNames, loses_a_window_that_the_store_refuses_and_goes_on_with_the_next) {
    asks_names_ = false;  // late ones would put the whole window again
    start(seconds(20));
    // Rows of a window that is no longer kept: nothing can be merged with it.
    analyst_->take(window_of(1), {});
    ASSERT_TRUE(comes_true([&] { return analyst_->status().stored == 1; }));
    Database(config_.store.path, store_kind).run("UPDATE window SET whole = NULL");
    analyst_->take(window_of(2), {});
    ASSERT_TRUE(comes_true([&] { return analyst_->status().lost == 1; }));
    EXPECT_EQ(analyst_->status().store_fault, "") << "the store is well";
    EXPECT_TRUE(analyst_->waiting().empty());

    analyst_->take(next_window(), {});
    ASSERT_TRUE(comes_true([&] { return analyst_->status().stored == 2; }));
    EXPECT_EQ(analyst_->status().store_fault, "");
    EXPECT_FALSE(analyst_->finish()) << "not everything was stored";
}

TEST_F(AnalystWithNames, loses_a_window_whose_other_part_has_gone_from_beside_the_store) {
    asks_names_ = false;  // late ones would put the whole window again
    start(seconds(20));
    analyst_->take(window_of(1), {});
    analyst_->take(next_window(), {});
    ASSERT_TRUE(comes_true([&] { return analyst_->status().stored == 2; }));
    std::filesystem::remove(config_.store.path + ".windows/1.1.window");
    analyst_->take(window_of(2), {});
    ASSERT_TRUE(comes_true([&] { return analyst_->status().lost == 1; }));
    EXPECT_FALSE(analyst_->finish());
    EXPECT_TRUE(analyst_->waiting().empty());
}

TEST_F(AnalystWithNames, keeps_windows_while_the_folder_beside_the_store_is_missing) {
    asks_names_ = false;
    start(seconds(20));
    analyst_->take(window_of(1), {});
    ASSERT_TRUE(comes_true([&] { return analyst_->status().stored == 1; }));
    const std::string folder = config_.store.path + ".windows";
    std::filesystem::rename(folder, folder + ".away");
    analyst_->take(window_of(2), {});
    ASSERT_TRUE(comes_true([&] { return analyst_->status().store_failures >= 2; }));
    EXPECT_EQ(analyst_->waiting().size(), 1U);
    std::filesystem::rename(folder + ".away", folder);
    ASSERT_TRUE(comes_true([&] { return analyst_->status().stored == 2; }));
    EXPECT_TRUE(analyst_->finish());
}

TEST_F(AnalystWithNames, keeps_windows_while_the_store_as_a_whole_refuses) {
    asks_names_ = false;
    start(seconds(20));
    {
        Database other(config_.store.path, store_kind);
        other.run("ALTER TABLE window RENAME TO away");
        analyst_->take(window(), {});
        analyst_->take(next_window(), {});
        ASSERT_TRUE(comes_true([&] { return analyst_->status().store_failures >= 2; }));
        EXPECT_EQ(analyst_->waiting().size(), 2U);
        EXPECT_EQ(analyst_->status().lost, 0U);
        other.run("ALTER TABLE away RENAME TO window");
    }
    ASSERT_TRUE(comes_true([&] { return analyst_->status().stored == 2; }));
    EXPECT_EQ(analyst_->status().store_fault, "");
    EXPECT_TRUE(analyst_->finish());
}

TEST_F(AnalystWithNames, drops_none_that_fit_because_of_a_large_one_that_waits_for_names) {
    is_silent_ = true;
    const std::size_t octets = window().octets();
    limits_.octets_max = 2 * octets + octets / 2;
    name_wait_ = seconds(600);
    start(seconds(20));
    analyst_->take(large_window(), {});
    ASSERT_TRUE(comes_true([&] { return heard_ > 0; })) << "it is at work";
    ASSERT_GT(analyst_->status().waiting_octets, limits_.octets_max);
    analyst_->take(window(), {});
    analyst_->take(next_window(), {});
    EXPECT_EQ(analyst_->status().waiting, 3U);
    EXPECT_EQ(analyst_->status().lost, 0U);
    analyst_->take(next_window(2), {});
    EXPECT_EQ(analyst_->status().lost, 1U) << "the first that is not at work";
    is_silent_ = false;
    EXPECT_FALSE(analyst_->finish());
    EXPECT_EQ(analyst_->status().analysed, 3U);
}

TEST_F(AnalystWithNames, says_that_the_store_works_again_whatever_it_answers) {
    asks_names_ = false;
    start(seconds(20));
    const auto known = std::make_shared<const ClosedWindow>(window());
    analyst_->take_up({.window = known});
    ASSERT_TRUE(comes_true([&] { return analyst_->status().analysed == 1; }));
    // The store knows the first one, and will have nothing of the second.
    auto refused = std::make_shared<ClosedWindow>(window());
    refused->header.sources = {SourceDigest::of(std::vector<std::uint8_t>{2})};
    for (const std::shared_ptr<const ClosedWindow>& next : {known, std::shared_ptr<const ClosedWindow>(refused)}) {
        Database holder(config_.store.path, store_kind);
        holder.run("UPDATE window SET whole = NULL");
        holder.run("ALTER TABLE window RENAME TO away");
        analyst_->take_up({.window = next});
        ASSERT_TRUE(comes_true([&] { return !analyst_->status().store_fault.empty(); }));
        holder.run("ALTER TABLE away RENAME TO window");
        ASSERT_TRUE(comes_true([&] { return analyst_->waiting().empty(); }));
        EXPECT_EQ(analyst_->status().store_fault, "");
    }
    EXPECT_EQ(analyst_->status().analysed, 2U);
    EXPECT_EQ(analyst_->status().lost, 1U);
    EXPECT_EQ(analyst_->status().stored, 1U);
}

TEST_F(AnalystWithNames, takes_up_more_windows_than_may_wait) {
    asks_names_ = false;
    limits_.windows_max = 2;
    start(seconds(20));
    Database holder(config_.store.path, store_kind);
    holder.run("BEGIN IMMEDIATE");
    for (int hours = 1; hours <= 5; ++hours) {
        analyst_->take_up({.window = std::make_shared<const ClosedWindow>(next_window(hours))});
    }
    EXPECT_EQ(analyst_->status().lost, 0U);
    EXPECT_EQ(analyst_->waiting().size(), 5U);
    holder.run("ROLLBACK");
    ASSERT_TRUE(comes_true([&] { return analyst_->status().stored == 5; }));
    EXPECT_TRUE(analyst_->finish());
}

TEST_F(AnalystWithNames, counts_a_window_that_the_process_before_left_beside_its_own) {
    asks_names_ = false;
    start(seconds(20));
    const auto known = std::make_shared<const ClosedWindow>(window());
    analyst_->take_up({.window = known});
    ASSERT_TRUE(comes_true([&] { return analyst_->status().analysed == 1; }));
    analyst_->take_up({.window = known});
    ASSERT_TRUE(comes_true([&] { return analyst_->status().analysed == 2; })) << "it has rows already";
    analyst_->note_lost(1);
    const AnalystStatus status = analyst_->status();
    EXPECT_EQ(status.closed, 0U);
    EXPECT_EQ(status.taken_up, 3U);
    EXPECT_EQ(status.stored, 1U);
    EXPECT_EQ(status.closed + status.taken_up, status.analysed + status.lost + status.waiting);
}

}  // namespace
}  // namespace echotap
