// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/snapshot.hpp"

#include <gtest/gtest.h>

#include <map>

#include "dataplane/state/assemble.hpp"
#include "dataplane/state/live_windows.hpp"
#include "tests/dataplane/state/fake_tap.hpp"
#include "tests/dataplane/state/stream_maker.hpp"

namespace echotap {
namespace {

using Windows = std::map<WindowKey, ClosedWindow>;

WindowConfig config_of(std::initializer_list<const char*> texts) {
    WindowConfig config;
    config.lengths = test::lengths(texts);
    return config;
}

auto collect_in(Windows& windows) {
    return [&windows](ClosingWindow&& closing) {
        windows.emplace(closing.key, assemble(closing.header, closing.parts(), HashKey{}));
    };
}

TEST(Snapshots, of_a_quiet_moment_are_the_windows_that_would_close) {
    const test::Stream stream = test::quiet_stream(1, 4'000);
    Windows closed;
    LineConfig line;
    line.authorities = {Prefix::parse("192.0.2.1").value(), Prefix::parse("2001:db8::1").value()};
    LiveWindows live("test", line, config_of({"1d", "whole:v6"}), 2, {.queries_waiting = 8192}, collect_in(closed));
    live.worker(0).feed(std::span(stream.frames).first(2'000));
    live.worker(1).feed(std::span(stream.frames).subspan(2'000));
    const auto serve = [&] {
        for (unsigned i = 0; i < 2; ++i) {
            live.worker(i).idle(stream.frames.back().clock);
        }
        live.poll({});
    };
    for (int i = 0; i < 100; ++i) {
        serve();
    }
    EXPECT_TRUE(live.take_snapshot().empty()) << "none was asked for";
    live.request_snapshot();
    std::vector<OpenSnapshot> snapshots;
    for (int i = 0; i < 1'000 && snapshots.empty(); ++i) {
        serve();
        snapshots = live.take_snapshot();
    }
    for (unsigned i = 0; i < 2; ++i) {
        live.worker(i).finish();
    }
    for (unsigned i = 0; i < 2; ++i) {
        live.worker(i).end();
    }
    live.finish({});
    ASSERT_EQ(snapshots.size(), 4U);
    ASSERT_EQ(closed.size(), 4U);
    for (const OpenSnapshot& snapshot : snapshots) {
        EXPECT_EQ(snapshot.window, closed.at(snapshot.key)) << snapshot.key.length << ' ' << snapshot.key.view;
    }
}

TEST(Snapshots, can_be_taken_while_workers_run_and_windows_close) {
    const test::Stream stream = test::quiet_stream(2, 20'000);
    Windows closed;
    LiveWindows live("test", LineConfig{}, config_of({"10m"}), 2, {.queries_waiting = 1 << 15U}, collect_in(closed));
    std::vector<OpenSnapshot> snapshots;
    std::size_t taken = 0;
    test::FakeTap tap(live, 2, stream.frames);
    tap.hold();
    tap.run(2, [&] {
        live.request_snapshot();
        std::vector<OpenSnapshot> some = live.take_snapshot();
        taken += some.size();
        if (taken != 0 && tap.frames_fed() == stream.frames.size()) {
            tap.release();
        }
        snapshots.insert(snapshots.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
    });
    EXPECT_GT(taken, 0U);
    for (const OpenSnapshot& snapshot : snapshots) {
        const ClosedWindow& window = closed.at(snapshot.key);
        EXPECT_LE(snapshot.window.header.frames(), window.header.frames());
        EXPECT_LE(snapshot.window.originators.pairs(), window.originators.pairs());
        EXPECT_TRUE(std::ranges::includes(window.originators.addresses(), snapshot.window.originators.addresses()));
    }
}

}  // namespace
}  // namespace echotap
