// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/tap_checkpoints.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>

#include "analytics/store/store_schema.hpp"
#include "tests/analytics/window_by_hand.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using namespace std::chrono_literals;

/// A tap without ports: an idle worker, an analyst, a store and checkpoints, one after the other.
class TapCheckpointsOfAnIdleTap : public testing::Test {
protected:
    TapCheckpointsOfAnIdleTap() {
        config_.retention.age_max = 0s;         // the windows are of 1970
        config_.windows.sample_key = {17, 19};  // test::hand_key
        config_.windows.memory_budget = std::size_t{512} << 20U;
        config_.store = {.path = (folder_.path() / "store.db").string(), .patience = 10ms};
        config_.checkpoint = {.path = state_, .interval = 0s};
        analyst_ =
            std::make_unique<Analyst>(std::make_shared<LiveParts>(config_), std::make_unique<Store>(config_.store),
                                      config_.store.path, test::hand_key, log_, AnalystLimits{.retry_interval = 10ms});
        checkpoints_ = std::make_unique<TapCheckpoints>(config_, "tap", log_);
        windows_ = std::make_unique<LiveWindows>(
            "tap", config_.line, config_.windows, 1U, LiveLimits{}, [](ClosingWindow&&) {},
            checkpoints_->live().table_key());
    }

    static ClosedWindow window() {
        test::WindowByHand window(0s, 1h);
        window.ask("192.0.2.1", "10.0.0.1");
        window.header.sites = {"here"};
        return window.close();
    }

    /// Takes turns until something comes true.
    template <class Condition>
    bool comes_true(Condition&& condition) {
        const auto end = std::chrono::steady_clock::now() + 20s;
        while (!condition() && std::chrono::steady_clock::now() < end) {
            for (int i = 0; i < 50; ++i) {
                windows_->worker(0).idle(Timestamp(100h));
                windows_->poll({});
            }
            checkpoints_->take_turn(*analyst_, *windows_, [] {});
        }
        return condition();
    }

    std::size_t files() const {
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
            count += entry.path().filename().string().starts_with("state.waiting-") ? 1U : 0U;
        }
        return count;
    }

    const test::TemporaryFolder folder_;
    const std::string state_ = (folder_.path() / "state").string();
    const TapLog log_{LogLevel::error, false};
    TapConfig config_;
    std::unique_ptr<Analyst> analyst_;
    std::unique_ptr<TapCheckpoints> checkpoints_;
    std::unique_ptr<LiveWindows> windows_;
};

TEST_F(TapCheckpointsOfAnIdleTap, keep_the_file_of_a_stored_window_until_one_without_it_is_written) {
    {
        Database holder(config_.store.path, store_kind);
        holder.run("BEGIN IMMEDIATE");
        analyst_->take(window(), {});
        ASSERT_TRUE(comes_true([&] { return std::filesystem::exists(state_) && files() == 1; }));
        std::filesystem::create_directory(state_ + ".new");  // what a checkpoint is written to
        holder.run("ROLLBACK");
    }
    ASSERT_TRUE(comes_true([&] { return analyst_->status().stored == 1; }));
    const std::uint64_t failures = checkpoints_->status().failures;
    ASSERT_TRUE(comes_true([&] { return checkpoints_->status().failures > failures; }));
    EXPECT_EQ(files(), 1U) << "the checkpoint before may have the window open";
    std::filesystem::remove(state_ + ".new");
    EXPECT_TRUE(comes_true([&] { return files() == 0; }));
}

TEST_F(TapCheckpointsOfAnIdleTap, leave_nothing_after_an_end_at_which_all_was_stored) {
    Database holder(config_.store.path, store_kind);
    holder.run("BEGIN IMMEDIATE");
    analyst_->take(window(), {});
    ASSERT_TRUE(comes_true([&] { return files() == 1; }));
    holder.run("ROLLBACK");
    EXPECT_TRUE(analyst_->finish());
    checkpoints_->finish(*analyst_);
    EXPECT_EQ(files(), 0U);
    EXPECT_FALSE(std::filesystem::exists(state_));
}

}  // namespace
}  // namespace echotap
