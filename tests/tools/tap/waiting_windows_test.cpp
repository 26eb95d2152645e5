// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/waiting_windows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "tests/analytics/window_by_hand.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr WindowKey first_key{.length = 1, .view = 2, .number = -7};
constexpr WindowKey second_key{.length = 0, .view = 0, .number = 20'414};

class WaitingWindowsOnDisk : public testing::Test {
protected:
    static WaitingWindow waiting(std::uint64_t number, const WindowKey& key, OriginatorFamilies families) {
        test::WindowByHand window{std::chrono::hours(number)};
        window.ask("192.0.2.1", "10.0.0.1");
        window.header.sites = {"here"};
        window.header.families = families;
        return {.number = number, .key = key, .window = std::make_shared<const ClosedWindow>(window.close())};
    }

    /// What a new process finds, and what it says; numbers go on from 100.
    std::vector<std::string> take_up(WaitingWindows& windows) {
        taken_.clear();
        std::vector<std::string> faults = windows.read();
        windows.take_up([&](WaitingWindow window) {
            taken_.push_back(std::move(window));
            return 99 + taken_.size();
        });
        return faults;
    }

    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
    }

    const test::TemporaryFolder folder_;
    const std::string checkpoint_ = (folder_.path() / "tap.checkpoint").string();
    const WaitingWindow one_ = waiting(1, first_key, OriginatorFamilies::v6);
    const WaitingWindow two_ = waiting(2, second_key, OriginatorFamilies::all);
    std::vector<WaitingWindow> taken_;
    unsigned beats_ = 0;
    const std::function<void()> beat_ = [this] { ++beats_; };
};

TEST_F(WaitingWindowsOnDisk, are_taken_up_by_the_next_process_as_they_were) {
    WaitingWindows before(checkpoint_, 5);
    before.keep(std::vector{one_, two_}, beat_);
    before.keep(std::vector{one_, two_}, beat_);
    EXPECT_EQ(files(), 2U) << "each is written once";
    EXPECT_EQ(beats_, 2U);
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
        struct stat status {};
        ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777U, 0600U);
    }
    WaitingWindows after(checkpoint_, 5);
    EXPECT_THAT(take_up(after), IsEmpty());
    ASSERT_EQ(taken_.size(), 2U);
    EXPECT_EQ(taken_[0].key, one_.key);
    EXPECT_TRUE(*taken_[0].window == *one_.window);
    EXPECT_EQ(taken_[1].key, two_.key);
    EXPECT_TRUE(*taken_[1].window == *two_.window);
    taken_[0].number = 100;
    taken_[1].number = 101;
    after.keep(taken_, beat_);
    EXPECT_EQ(files(), 2U) << "they have their files";
}

TEST_F(WaitingWindowsOnDisk, go_when_they_do_not_wait_any_more) {
    WaitingWindows windows(checkpoint_, 5);
    windows.keep(std::vector{one_, two_}, beat_);
    windows.forget_all_but(std::vector{two_});
    EXPECT_EQ(files(), 1U);
    WaitingWindows after(checkpoint_, 5);
    EXPECT_THAT(take_up(after), IsEmpty());
    ASSERT_EQ(taken_.size(), 1U);
    EXPECT_EQ(taken_[0].key, second_key);
    after.forget_all_but({});
    EXPECT_EQ(files(), 0U);
}

TEST_F(WaitingWindowsOnDisk, say_which_windows_of_their_run_they_are) {
    WaitingWindows before(checkpoint_, 5);
    before.keep(std::vector{one_, two_}, beat_);
    for (const std::uint64_t run : {5U, 6U}) {
        WaitingWindows after(checkpoint_, run);
        EXPECT_THAT(after.read(), IsEmpty());
        if (run == 5) {
            EXPECT_THAT(after.keys(), UnorderedElementsAre(first_key, second_key));
        } else {
            EXPECT_THAT(after.keys(), IsEmpty()) << "another run's window is another one";
        }
    }
    EXPECT_EQ(files(), 2U);
}

TEST_F(WaitingWindowsOnDisk, that_are_damaged_are_put_aside_and_told) {
    WaitingWindows before(checkpoint_, 5);
    before.keep(std::vector{one_, two_}, beat_);
    const std::string path = checkpoint_ + ".waiting-1-0000000000000005-1-2--7";
    ASSERT_TRUE(std::filesystem::exists(path));
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
    std::ofstream(checkpoint_ + ".waiting-2-half.new") << "half";
    std::ofstream(checkpoint_ + ".waiting-for-godot") << "not ours";
    WaitingWindows after(checkpoint_, 5);
    EXPECT_THAT(take_up(after), ElementsAre(HasSubstr(path + ".unreadable")));
    EXPECT_EQ(taken_.size(), 1U);
    EXPECT_EQ(after.damaged(), 1U);
    EXPECT_THAT(after.keys(), IsEmpty()) << "the other is taken up, and what a checkpoint has of this one counts";
    EXPECT_EQ(files(), 3U) << "what was half written goes, what is not ours stays";
    WaitingWindows again(checkpoint_, 5);
    EXPECT_THAT(take_up(again), IsEmpty()) << "it is told once";
}

TEST_F(WaitingWindowsOnDisk, that_cannot_be_read_now_stay_as_they_are) {
    WaitingWindows before(checkpoint_, 5);
    before.keep(std::vector{one_, two_}, beat_);
    const std::string path = checkpoint_ + ".waiting-1-0000000000000005-1-2--7";
    const std::string away = (folder_.path() / "away").string();
    std::filesystem::rename(path, away);
    std::filesystem::create_directory(path);  // nobody reads that, root neither
    WaitingWindows after(checkpoint_, 5);
    EXPECT_THAT(after.read(), ElementsAre(HasSubstr(path)));
    EXPECT_THAT(after.keys(), UnorderedElementsAre(first_key, second_key)) << "neither goes on from the checkpoint";
    EXPECT_EQ(after.damaged(), 0U);
    WaitingWindows other(checkpoint_, 6);
    EXPECT_THAT(other.read(), ElementsAre(HasSubstr(path)));
    EXPECT_THAT(other.keys(), IsEmpty()) << "of another run";
    EXPECT_TRUE(std::filesystem::exists(path));
    std::filesystem::remove(path);
    std::filesystem::rename(away, path);
    WaitingWindows again(checkpoint_, 5);
    EXPECT_THAT(take_up(again), IsEmpty());
    EXPECT_EQ(taken_.size(), 2U);
}

TEST_F(WaitingWindowsOnDisk, make_no_file_where_there_is_no_folder) {
    WaitingWindows windows((folder_.path() / "gone" / "tap.checkpoint").string(), 5);
    EXPECT_THROW(windows.keep(std::vector{one_}, beat_), std::system_error);
    EXPECT_EQ(windows.size(), 0U);
}

}  // namespace
}  // namespace echotap
