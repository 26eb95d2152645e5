// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/live_checkpoints.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "tests/dataplane/state/fake_tap.hpp"
#include "tests/dataplane/state/stream_maker.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using namespace std::chrono_literals;
using test::FakeTap;
using test::quiet_stream;
using test::Stream;

constexpr HashKey sample_key{17, 19};
constexpr LiveLimits roomy{.queries_waiting = 1 << 14U};

using Windows = std::map<WindowKey, ClosedWindow>;

WindowConfig config_of(std::initializer_list<const char*> texts) {
    WindowConfig config;
    config.lengths = test::lengths(texts);
    config.sample_key = {sample_key.first, sample_key.second};
    config.memory_budget = std::size_t{512} << 20U;  // the repeat filter has 16 MiB with one worker and with two
    return config;
}

auto collect_in(Windows& windows) {
    return [&windows](ClosingWindow&& closing) {
        const WindowKey key = closing.key;
        EXPECT_TRUE(windows.emplace(key, put_together(std::move(closing), sample_key)).second) << "came twice";
    };
}

Windows run_whole(const Stream& stream, const WindowConfig& config, unsigned workers) {
    Windows windows;
    LiveWindows live("tap", LineConfig{}, config, workers, roomy, collect_in(windows));
    FakeTap(live, workers, stream.frames).run(1);
    return windows;
}

/// Feeds `frames` and leaves a checkpoint of what is open then; the process "ends" there.
void run_until_killed(std::span<const Frame> frames, const WindowConfig& config, unsigned workers,
                      const std::string& path, Windows& windows, const LineConfig& line = {}) {
    LiveCheckpoints checkpoints(path, 0s, "tap", line, config);
    LiveWindows live("tap", line, config, workers, roomy, collect_in(windows), checkpoints.table_key());
    checkpoints.resume(live);
    std::vector<std::vector<Frame>> dealt(workers);
    for (const Frame& frame : frames) {
        dealt[worker_of(flow_hash(frame), workers)].push_back(frame);
    }
    for (unsigned i = 0; i < workers; ++i) {
        live.worker(i).feed(dealt[i]);
    }
    const auto serve = [&] {
        for (unsigned i = 0; i < workers; ++i) {
            live.worker(i).idle(frames.back().clock);
        }
        live.poll({});
    };
    for (int i = 0; i < 200; ++i) {
        serve();
    }
    ASSERT_EQ(checkpoints.take_turn(live), "");
    for (int i = 0; i < 100'000 && !live.has_checkpoint(); ++i) {
        serve();
    }
    ASSERT_TRUE(live.has_checkpoint());
    ASSERT_EQ(checkpoints.take_turn(live), "");
    ASSERT_TRUE(std::filesystem::exists(path));
}

TEST(LiveCheckpoints, let_another_process_count_on_as_if_there_had_been_one) {
    const test::TemporaryFolder folder;
    const std::string path = (folder.path() / "state").string();
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        const Stream stream = quiet_stream(seed, 4'000);
        const WindowConfig config = config_of({"5m", "1h:v6", "whole"});
        const Windows expected = run_whole(stream, config, 1);
        const unsigned workers = seed % 2 == 0 ? 2 : 1;
        Windows windows;
        // Killed twice, to be gone on from with another number of workers.
        const std::span<const Frame> all(stream.frames);
        run_until_killed(all.first(1'500), config, workers, path, windows);
        run_until_killed(all.subspan(1'500, 1'000), config, 3 - workers, path, windows);
        LiveCheckpoints checkpoints(path, 60s, "tap", LineConfig{}, config);
        EXPECT_EQ(checkpoints.frames_before(), 2'500U);
        LiveWindows live("tap", LineConfig{}, config, workers, roomy, collect_in(windows), checkpoints.table_key());
        checkpoints.resume(live);
        FakeTap(live, workers, all.subspan(2'500)).run(seed);
        checkpoints.finish();
        EXPECT_FALSE(std::filesystem::exists(path));

        ASSERT_EQ(windows.size(), expected.size());
        std::size_t interrupted = 0;
        for (const auto& [key, window] : windows) {
            const ClosedWindow& other = expected.at(key);
            EXPECT_EQ(window.originators, other.originators) << "seed " << seed << ", window " << key.number;
            EXPECT_EQ(window.prefixes, other.prefixes);
            EXPECT_EQ(window.queriers, other.queriers);
            EXPECT_EQ(window.header.ledger, other.header.ledger);
            EXPECT_TRUE(window.header.counts == other.header.counts);
            EXPECT_EQ(window.header.start, other.header.start);
            EXPECT_EQ(window.header.end, other.header.end);
            EXPECT_FALSE(window.header.is_estimated);
            interrupted += static_cast<std::size_t>(window.header.has_gap(Gap::interrupted));
            EXPECT_TRUE(key.length != 2 || window.header.sources.size() == 2) << "one of each process";
        }
        // `whole`, an hour or two of IPv6 originators, and of the short ones those in which a process ended.
        EXPECT_GE(interrupted, 4U);
        EXPECT_LE(interrupted, 6U);
    }
}

TEST(LiveCheckpoints, hand_on_windows_that_ended_while_no_process_ran) {
    const test::TemporaryFolder folder;
    const std::string path = (folder.path() / "state").string();
    const Stream stream = quiet_stream(5, 100);
    const WindowConfig config = config_of({"5m"});
    Windows before;
    run_until_killed(stream.frames, config, 2, path, before);
    Windows windows;
    LiveCheckpoints checkpoints(path, 60s, "tap", LineConfig{}, config);
    LiveWindows live("tap", LineConfig{}, config, 1, roomy, collect_in(windows), checkpoints.table_key());
    checkpoints.resume(live);
    live.worker(0).idle(stream.frames.back().clock + 2h);
    live.poll({});
    ASSERT_EQ(windows.size(), 1U);
    const ClosedWindow& window = windows.begin()->second;
    EXPECT_EQ(window.header.frames(), stream.frames.size());
    EXPECT_GT(window.originators.size(), 0U);
    EXPECT_TRUE(window.header.has_gap(Gap::interrupted));
    EXPECT_EQ(window.header.completeness, Completeness::no);
}

TEST(LiveCheckpoints, leave_out_windows_that_closed_after_they_were_written) {
    const test::TemporaryFolder folder;
    const std::string path = (folder.path() / "state").string();
    const Stream stream = quiet_stream(5, 100);
    const WindowConfig config = config_of({"5m", "1h"});
    Windows before;
    run_until_killed(stream.frames, config, 2, path, before);
    const std::vector<RunBooks::Series> series = read_checkpoint(path).head.books.series;
    ASSERT_EQ(series[0].windows.size(), 1U);
    const std::int64_t number = series[0].windows.begin()->first;
    ASSERT_EQ(series[0].number, number) << "the clock stood in it";
    Windows windows;
    LiveCheckpoints checkpoints(path, 60s, "tap", LineConfig{}, config);
    checkpoints.leave_out({{.length = 0, .view = 0, .number = number}});
    LiveWindows live("tap", LineConfig{}, config, 1, roomy, collect_in(windows), checkpoints.table_key());
    checkpoints.resume(live);
    live.worker(0).idle(stream.frames.back().clock + 2h);
    live.poll({});
    ASSERT_EQ(windows.size(), 1U);
    EXPECT_EQ(windows.begin()->first.length, 1U);
    EXPECT_EQ(windows.begin()->second.header.frames(), stream.frames.size()) << "that of the hour has all";
}

/// A process that goes on from a checkpoint of two views, and what it hands on.
class OneViewClosed {
public:
    OneViewClosed(const std::string& length, std::size_t frames) : config_(config_of({length.c_str()})) {
        line_.authorities = {Prefix::parse("192.0.2.1").value(), Prefix::parse("2001:db8::1").value()};
        Windows none;
        run_until_killed(std::span(stream_.frames).first(frames), config_, 2, path_, none, line_);
        number_ = read_checkpoint(path_).head.books.series.at(0).windows.begin()->first;
    }

    WindowKey key(std::uint16_t view) const { return {.length = 0, .view = view, .number = number_}; }

    Windows go_on(const std::set<WindowKey>& closed, std::span<const Frame> frames) {
        Windows windows;
        LiveCheckpoints checkpoints(path_, 60s, "tap", line_, config_);
        checkpoints.leave_out(closed);
        LiveWindows live("tap", line_, config_, 1, roomy, collect_in(windows), checkpoints.table_key());
        checkpoints.resume(live);
        live.request_snapshot();
        for (int i = 0; i < 200; ++i) {
            live.worker(0).idle(stream_.frames.back().clock);
            live.poll({});
        }
        running_.clear();
        for (const OpenSnapshot& snapshot : live.take_snapshot()) {
            running_.insert(snapshot.key);
        }
        FakeTap(live, 1, frames).run(1);
        return windows;
    }

    const test::TemporaryFolder folder_;
    const std::string path_ = (folder_.path() / "state").string();
    const Stream stream_ = quiet_stream(5, 100);
    const WindowConfig config_;
    LineConfig line_;
    std::int64_t number_ = 0;
    std::set<WindowKey> running_;
};

TEST(LiveCheckpoints, go_on_with_a_window_that_has_closed_in_another_view_only) {
    OneViewClosed setting("5m", 100);
    const Windows all = setting.go_on({}, {});
    ASSERT_EQ(all.size(), 2U);
    for (const bool is_first : {true, false}) {
        const WindowKey left = setting.key(is_first ? 1 : 0);
        const Windows windows = setting.go_on({setting.key(is_first ? 0 : 1)}, {});
        ASSERT_EQ(windows.size(), 1U) << "nothing is made of what has closed";
        const ClosedWindow& window = windows.at(left);
        EXPECT_GT(window.originators.size(), 0U);
        EXPECT_TRUE(window == all.at(left)) << "as if none had closed";
        EXPECT_EQ(window.header.frames(), 100U);
        EXPECT_EQ(setting.running_, std::set<WindowKey>{left});
    }
    EXPECT_TRUE(setting.go_on({setting.key(0), setting.key(1)}, {}).empty());
}

TEST(LiveCheckpoints, count_what_comes_after_a_window_has_closed_by_itself) {
    OneViewClosed setting("whole", 60);
    const Windows windows = setting.go_on({setting.key(0)}, std::span(setting.stream_.frames).subspan(60));
    ASSERT_EQ(windows.size(), 2U);
    EXPECT_EQ(windows.at(setting.key(0)).header.frames(), 40U);
    EXPECT_EQ(windows.at(setting.key(0)).header.sources.size(), 1U);
    EXPECT_EQ(windows.at(setting.key(1)).header.frames(), 100U);
    EXPECT_EQ(windows.at(setting.key(1)).header.sources.size(), 2U);
}

TEST(LiveCheckpoints, of_another_tap_or_other_windows_are_refused) {
    const test::TemporaryFolder folder;
    const std::string path = (folder.path() / "state").string();
    const Stream stream = quiet_stream(6, 100);
    Windows windows;
    run_until_killed(stream.frames, config_of({"5m"}), 1, path, windows);
    EXPECT_THROW(LiveCheckpoints(path, 60s, "another", LineConfig{}, config_of({"5m"})), CheckpointError);
    EXPECT_THROW(LiveCheckpoints(path, 60s, "tap", LineConfig{}, config_of({"6m"})), CheckpointError);
    EXPECT_NO_THROW(LiveCheckpoints(path, 60s, "tap", LineConfig{}, config_of({"5m"})));
}

TEST(LiveCheckpoints, are_refused_where_the_folder_cannot_be_written) {
    EXPECT_THROW(LiveCheckpoints("/nowhere/state", 60s, "tap", LineConfig{}, config_of({"5m"})), std::exception);
}

/// A process that taps until it is killed: 1,500 frames on from where the process before was, or earlier, nobody knows,
/// and one checkpoint after the other.
[[noreturn]] void tap_until_killed(const Stream& stream, const WindowConfig& config, const std::string& path) {
    LiveCheckpoints checkpoints(path, 0s, "tap", LineConfig{}, config);
    LiveWindows live(
        "tap", LineConfig{}, config, 2, roomy, [](ClosingWindow&&) {}, checkpoints.table_key());
    checkpoints.resume(live);
    const auto rest = std::span(stream.frames).subspan(checkpoints.frames_before().value_or(0));
    FakeTap tap(live, 2, rest.first(std::min<std::size_t>(rest.size(), 1'500)));
    tap.hold();
    tap.run(1, [&] {
        if (!checkpoints.take_turn(live).empty()) {
            ::_exit(1);
        }
    });
    ::_exit(0);
}

/// Another one for each checkpoint that is renamed to `path`; 0: there is none.
ino_t file_number(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

TEST(LiveCheckpoints, are_whole_whenever_the_process_is_killed) {
    const test::TemporaryFolder folder;
    const std::string path = (folder.path() / "state").string();
    const Stream stream = quiet_stream(7, 20'000);
    const WindowConfig config = config_of({"whole"});
    const ClosedWindow whole = run_whole(stream, config, 1).begin()->second;
    std::mt19937_64 random(1);
    std::uint64_t frames = 0;
    unsigned goings_on = 0;
    for (unsigned kill = 0; kill < 10; ++kill) {
        const pid_t child = ::fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            tap_until_killed(stream, config, path);
        }
        // Every second one lives until it has left a checkpoint, so that they get on however busy the machine is.
        const auto patience = std::chrono::steady_clock::now() + 20s;
        const ino_t before = file_number(path);
        while (kill % 2 == 0 && file_number(path) == before && std::chrono::steady_clock::now() < patience) {
            std::this_thread::sleep_for(1ms);
        }
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 60'000));
        ::kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself: " << WEXITSTATUS(status);
        if (!std::filesystem::exists(path)) {
            continue;
        }
        const Checkpoint checkpoint = read_checkpoint(path);
        EXPECT_GE(checkpoint.head.books.frames, frames) << "a process went back behind the one before";
        goings_on += static_cast<unsigned>(checkpoint.head.books.frames > frames);
        frames = checkpoint.head.books.frames;
    }
    ASSERT_GT(goings_on, 1U);
    // What the last checkpoint holds is in the window of the process that goes on, and no more than the source had.
    const Checkpoint last = read_checkpoint(path);
    CarriedWindows held;
    for (const CheckpointWindow& window : last.windows) {
        held.add(window.key, ClosedWindow(window.window), sample_key);
    }
    Windows windows;
    LiveCheckpoints checkpoints(path, 60s, "tap", LineConfig{}, config);
    LiveWindows live("tap", LineConfig{}, config, 1, roomy, collect_in(windows), checkpoints.table_key());
    checkpoints.resume(live);
    FakeTap(live, 1, std::span(stream.frames).subspan(frames)).run(1);
    const ClosedWindow& window = windows.begin()->second;
    const ClosedWindow& carried = held.windows().begin()->second;
    EXPECT_EQ(window.header.frames(), stream.frames.size());
    EXPECT_TRUE(window.header.has_gap(Gap::interrupted));
    EXPECT_TRUE(std::ranges::includes(window.originators.addresses(), carried.originators.addresses()));
    EXPECT_GE(window.header.counts.parts.queries, carried.header.counts.parts.queries);
    EXPECT_TRUE(std::ranges::includes(whole.originators.addresses(), window.originators.addresses()));
    EXPECT_LE(window.originators.pairs(), whole.originators.pairs());
}

}  // namespace
}  // namespace echotap
