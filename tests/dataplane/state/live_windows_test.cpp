// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/live_windows.hpp"

#include <gtest/gtest.h>

#include <map>

#include "dataplane/state/assemble.hpp"
#include "dataplane/state/window_team.hpp"
#include "tests/dataplane/state/fake_tap.hpp"
#include "tests/dataplane/state/stream_maker.hpp"

namespace echotap {
namespace {

using namespace std::chrono_literals;
using test::address;
using test::FakeTap;
using test::lengths;
using test::quiet_stream;
using test::start;
using test::Stream;

constexpr HashKey sample_key{17, 19};

using Windows = std::map<WindowKey, ClosedWindow>;

ClosedWindow put_together(const ClosingWindow& closing) {
    return assemble(closing.header, closing.parts(), sample_key);
}

/// Adds a window to `windows`; each may come once.
auto collect_in(Windows& windows) {
    return [&windows](ClosingWindow&& closing) {
        EXPECT_TRUE(windows.emplace(closing.key, put_together(closing)).second) << "a window came twice";
    };
}

WindowConfig config_of(std::initializer_list<const char*> texts) {
    WindowConfig config;
    config.memory_budget = std::size_t{2} << 30U;  // four workers have three lengths open
    config.lengths = lengths(texts);
    config.sample_key = {sample_key.first, sample_key.second};
    return config;
}

Windows by_team(const Stream& stream, const LineConfig& line, const WindowConfig& config) {
    Windows windows;
    WindowTeam team(line, config, 1, collect_in(windows));
    team.feed(stream.frames);
    team.finish();
    return windows;
}

Ledger sum_of(const Windows& windows) {
    Ledger sum;
    for (const auto& [key, window] : windows) {
        sum += window.header.ledger;
    }
    return sum;
}

std::uint64_t arrived(const Windows& windows) {
    std::uint64_t sum = 0;
    for (const auto& [key, window] : windows) {
        sum += window.header.counts.reverse + window.header.counts.minimised;
    }
    return sum;
}

std::uint64_t of(const std::array<std::uint64_t, stage_count>& by_stage, Stage stage) {
    return by_stage[static_cast<std::size_t>(stage)];
}

std::uint64_t of(const std::array<std::uint64_t, drop_count>& by_drop, Drop drop) {
    return by_drop[static_cast<std::size_t>(drop)];
}

TEST(LiveWindowsOfAQuietSource, are_those_of_captures_octet_by_octet) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        const Stream stream = quiet_stream(seed, 4'000);
        const WindowConfig config = config_of({"5m", "7m:v6", "whole"});
        LineConfig line;
        if (seed % 2 == 0) {
            line.authorities = {Prefix::parse("192.0.2.1").value(), Prefix::parse("2001:db8::1").value()};
        }
        const Windows expected = by_team(stream, line, config);
        for (const unsigned workers : {1U, 2U, 4U}) {
            Windows windows;
            LiveWindows live("test", line, config, workers, {.queries_waiting = 1 << 14U}, collect_in(windows));
            FakeTap(live, workers, stream.frames).run(seed);
            ASSERT_EQ(windows.size(), expected.size()) << "seed " << seed << ", " << workers << " workers";
            for (auto& [key, window] : windows) {
                WindowHeader& header = window.header;
                const ClosedWindow& other = expected.at(key);
                EXPECT_EQ(of(header.ledger.out, Stage::source), header.frames());
                EXPECT_EQ(header.completeness, header.gaps == 0 ? Completeness::yes : Completeness::no);
                // What captures do not know.
                header.completeness = other.header.completeness;
                EXPECT_EQ(header.sources.size(), 1U);
                header.sources.clear();
                header.ledger.in[static_cast<std::size_t>(Stage::source)] = 0;
                header.ledger.out[static_cast<std::size_t>(Stage::source)] = 0;
                ASSERT_EQ(header.ledger, other.header.ledger);
                ASSERT_TRUE(header.counts == other.header.counts);
                ASSERT_EQ(window, other) << "seed " << seed << ", " << workers << " workers, window " << key.length
                                         << ' ' << key.number;
            }
        }
    }
}

TEST(LiveWindows, count_what_a_full_ring_between_workers_refuses) {
    const Stream stream = quiet_stream(7, 2'000);
    const WindowConfig config = config_of({"whole", "1m"});
    Windows windows;
    LiveWindows live("test", LineConfig{}, config, 2, {.queries_waiting = 16}, collect_in(windows));
    // Worker 0 alone has frames, and worker 1 does not look.
    live.worker(0).feed(stream.frames);
    live.worker(0).finish();
    live.worker(1).finish();
    live.worker(0).end();
    live.worker(1).end();
    live.finish({});
    ASSERT_GT(windows.size(), 5U);
    for (const auto& [key, window] : windows) {
        EXPECT_EQ(window.header.counts.queue_drops, of(window.header.ledger.drops, Drop::query_ring_full))
            << "in the window of its frame: " << key.number;
    }
    const WindowHeader& header = windows.begin()->second.header;
    const Ledger ledger = live.ledger();
    EXPECT_GT(header.counts.queue_drops, 500U);
    EXPECT_EQ(header.counts.queue_drops, of(ledger.drops, Drop::query_ring_full));
    EXPECT_EQ(header.counts.reverse + header.counts.minimised,
              of(ledger.in, Stage::query) - ledger.dropped(Stage::query) + header.counts.queue_drops);
    EXPECT_EQ(ledger.held(Stage::query), 0);
    EXPECT_EQ(header.ledger.drops, ledger.drops);
    EXPECT_TRUE(header.has_gap(Gap::frames_lost));
    EXPECT_EQ(header.completeness, Completeness::no);
    EXPECT_TRUE(header.is_bound_reached());
    const PartCounts& parts = header.counts.parts;
    EXPECT_EQ(parts.queries + parts.minimised + header.counts.repeats + header.counts.queue_drops,
              header.counts.reverse + header.counts.minimised);
}

TEST(LiveWindows, keep_shares_that_find_the_queue_full_and_lose_none) {
    const Stream stream = quiet_stream(8, 8'000);
    const WindowConfig config = config_of({"1m"});
    const Windows expected = by_team(stream, LineConfig{}, config);
    ASSERT_GT(expected.size(), 20U);
    Windows windows;
    LiveWindows live("test", LineConfig{}, config, 2, {.queries_waiting = 1 << 14U, .shares_waiting = 1},
                     collect_in(windows));
    FakeTap(live, 2, stream.frames).run(8, false);
    EXPECT_GT(live.times_full(), 20U);
    ASSERT_EQ(windows.size(), expected.size());
    for (const auto& [key, window] : windows) {
        EXPECT_EQ(window.originators, expected.at(key).originators);
    }
}

TEST(LiveWindows, stopped_in_the_middle_account_for_everything_that_came) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const Stream stream = quiet_stream(9, 6'000);
        Windows windows;
        LiveWindows live("test", LineConfig{}, config_of({"1m"}), 3, {.queries_waiting = 64}, collect_in(windows));
        FakeTap tap(live, 3, stream.frames);
        std::thread stopper([&] {
            while (tap.frames_fed() < 500 * seed) {
                std::this_thread::yield();
            }
            tap.stop();
        });
        tap.run(seed);
        stopper.join();
        const Ledger ledger = live.ledger();
        const Ledger told = sum_of(windows);
        EXPECT_EQ(of(told.in, Stage::frame), tap.frames_fed());
        EXPECT_EQ(of(told.out, Stage::source), tap.frames_fed());
        EXPECT_EQ(told.drops, ledger.drops);
        for (std::size_t stage = 1; stage < stage_count; ++stage) {
            EXPECT_EQ(ledger.held(static_cast<Stage>(stage)), 0) << stage_table[stage].name;
        }
        EXPECT_EQ(arrived(windows), of(ledger.out, Stage::query) + of(ledger.drops, Drop::query_ring_full));
    }
}

TEST(LiveWindows, close_by_the_clock_of_idle_workers) {
    const Stream stream = quiet_stream(10, 100);
    const WindowConfig config = config_of({"10m"});
    Windows windows;
    LiveWindows live("test", LineConfig{}, config, 2, {}, collect_in(windows));
    live.worker(0).feed(stream.frames);
    const Timestamp end =
        WindowGrid(config.lengths[0], config).closes(WindowGrid(config.lengths[0], config).number_of(start));
    live.worker(0).idle(end);
    EXPECT_EQ(live.poll({}), 0U) << "worker 1 may still have frames of that window";
    live.worker(1).idle(end - 1ns);
    live.worker(0).idle(end);
    EXPECT_EQ(live.poll({}), 0U) << "not yet";
    live.worker(1).idle(end);
    live.worker(0).idle(end);
    EXPECT_EQ(live.poll({}), 1U);
    EXPECT_EQ(arrived(windows), of(sum_of(windows).out, Stage::query));
    EXPECT_GT(arrived(windows), 50U);
}

TEST(LiveWindows, say_which_of_them_the_tap_did_not_see_whole) {
    const WindowConfig config = config_of({"1m"});
    Windows windows;
    LiveWindows live("test", LineConfig{}, config, 1, {}, collect_in(windows));
    const Timestamp minute(std::chrono::floor<std::chrono::minutes>(start));
    live.worker(0).idle(minute + 20s);
    live.worker(0).idle(minute + 130s);
    TapLoss lost;
    live.poll(lost);
    lost.ledger.drop(Drop::nic_missed, 3);
    live.worker(0).idle(minute + 190s);
    live.poll(lost);
    live.worker(0).idle(minute + 250s);
    live.poll(lost);
    live.worker(0).finish();
    live.worker(0).end();
    live.finish(lost);
    std::vector<WindowHeader> headers;
    for (const auto& [key, window] : windows) {
        headers.push_back(window.header);
    }
    ASSERT_EQ(headers.size(), 4U);  // the second minute had no moment
    EXPECT_EQ(headers[0].gaps, 1U << static_cast<unsigned>(Gap::began_late));
    EXPECT_EQ(headers[1].gaps, 1U << static_cast<unsigned>(Gap::frames_lost));
    EXPECT_EQ(of(headers[1].ledger.in, Stage::source), 3U);
    EXPECT_EQ(headers[1].ledger.held(Stage::source), 0);
    EXPECT_EQ(headers[2].completeness, Completeness::yes);
    EXPECT_EQ(headers[3].gaps, 1U << static_cast<unsigned>(Gap::ended_early));
}

TEST(LiveWindows, are_of_unknown_completeness_where_a_port_does_not_count_its_loss) {
    Windows windows;
    LiveWindows live("test", LineConfig{}, config_of({"whole"}), 1, {}, collect_in(windows));
    live.worker(0).finish();
    live.worker(0).end();
    live.finish({.ledger = {}, .is_known = false});
    ASSERT_EQ(windows.size(), 1U);
    EXPECT_EQ(windows.begin()->second.header.completeness, Completeness::unknown);
    EXPECT_TRUE(windows.begin()->second.header.has_gap(Gap::source_unknown));
}

}  // namespace
}  // namespace echotap
