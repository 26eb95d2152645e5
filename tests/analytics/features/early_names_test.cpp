// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/early_names.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "analytics/features/analysis.hpp"
#include "dataplane/state/live_windows.hpp"
#include "dataplane/state/window_team.hpp"
#include "tests/analytics/window_by_hand.hpp"
#include "tests/dataplane/state/stream_maker.hpp"
#include "tests/fake_name_server.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using namespace std::chrono;
using namespace test;

struct Setting {
    FakeNameServer server{FakeNameServer::names_all("mail.example.com")};
    test::TemporaryFolder folder;
    AnalysisConfig config;
    std::optional<Analysis> analysis;
    std::optional<EarlyNames> early;

    explicit Setting(double min_queriers = 3) {
        const std::string rows = "10.0.0.1\tns.example.com\n";
        config.names.snapshot_paths = {folder.write("names.tsv", {rows.begin(), rows.end()})};
        ask_only(config.names.resolver, {&server}, config.names.resolver.timeout);
        config.ranking.min_queriers_v4 = config.ranking.min_queriers_v6 = min_queriers;
        analysis.emplace(config);
        early.emplace(*analysis->sources().names(), config.ranking);
    }

    /// Looks at `running` until all that was asked for is known.
    void look_until_known(const ClosedWindow& running) {
        const auto end = steady_clock::now() + seconds(20);
        while (early->look(running) > 0 && steady_clock::now() < end) {
            std::this_thread::sleep_for(milliseconds(5));
        }
    }
};

TEST(EarlyNames, are_asked_for_as_soon_as_an_originator_has_enough_queriers) {
    Setting setting;
    WindowByHand window;
    window.ask("192.0.2.1", "10.0.0.1").ask("192.0.2.1", "10.0.0.2");
    EXPECT_EQ(setting.early->look(window.close()), 0U);
    EXPECT_TRUE(setting.server.asked().empty()) << "nobody can be reported yet";

    window.ask("192.0.2.1", "10.0.0.3").ask("192.0.2.2", "10.0.0.4");
    setting.look_until_known(window.close());
    EXPECT_EQ(setting.server.asked().size(), 2U) << "a snapshot has 10.0.0.1, and nobody reports 192.0.2.2";

    window.ask("192.0.2.1", "2001:db8::1").ask("192.0.2.1", "10.0.0.5");
    setting.look_until_known(window.close());
    EXPECT_EQ(setting.server.asked().size(), 4U) << "each is asked for once";

    const AnalysedWindow closed = setting.analysis->analyse(window.close());
    EXPECT_EQ(closed.features.rows.at(0).names_known, 1);
    EXPECT_EQ(closed.names_to_come.wanted, 5U);
    EXPECT_EQ(setting.server.asked().size(), 4U) << "all answers were there when the window closed";
}

TEST(EarlyNames, that_were_forgotten_come_from_the_cache) {
    Setting setting;
    WindowByHand window;
    window.ask("192.0.2.1", "10.0.0.2").ask("192.0.2.1", "10.0.0.3").ask("192.0.2.1", "10.0.0.4");
    setting.look_until_known(window.close());
    setting.early->forget();
    EXPECT_EQ(setting.early->look(window.close()), 0U);
    EXPECT_EQ(setting.server.asked().size(), 3U);
}

TEST(EarlyNames, never_wait) {
    Setting setting;
    FakeNameServer silent(FakeNameServer::silent);
    ask_only(setting.config.names.resolver, {&silent}, seconds(30));
    const Analysis analysis(setting.config);
    EarlyNames early(*analysis.sources().names(), setting.config.ranking);
    WindowByHand window;
    for (int i = 1; i <= 250; ++i) {
        window.ask("192.0.2.1", "10.0.1." + std::to_string(i));
    }
    const auto begin = steady_clock::now();
    EXPECT_EQ(early.look(window.close()), 250U);
    EXPECT_EQ(early.look(window.close()), 250U);
    EXPECT_LT(steady_clock::now() - begin, seconds(5));
}

/// All names of the closed windows are known, without any waiting.
void expect_all_known(const Setting& setting, std::vector<ClosedWindow> windows) {
    std::size_t wanted = 0;
    for (ClosedWindow& window : windows) {
        const AnalysedWindow analysed = setting.analysis->analyse(std::move(window));
        EXPECT_EQ(analysed.names_to_come.places.size(), 0U);
        wanted += analysed.names_to_come.wanted;
    }
    EXPECT_GT(wanted, 30U);
}

TEST(EarlyNames, are_asked_for_while_captures_are_read) {
    Setting setting;
    const test::Stream stream = test::quiet_stream(1, 4'000);
    std::vector<ClosedWindow> windows;
    WindowTeam team(LineConfig{}, WindowConfig{}, 2,
                    [&](ClosingWindow&& closing) { windows.push_back(put_together(std::move(closing), HashKey{})); });
    team.feed(stream.frames);
    team.for_each_snapshot([&](const WindowKey&, const ClosedWindow& window) { setting.look_until_known(window); });
    const std::size_t asked = setting.server.asked().size();
    EXPECT_GT(asked, 30U);
    team.finish();
    expect_all_known(setting, std::move(windows));
    EXPECT_EQ(setting.server.asked().size(), asked);
}

TEST(EarlyNames, are_asked_for_while_ports_are_tapped) {
    Setting setting;
    const test::Stream stream = test::quiet_stream(1, 4'000);
    std::vector<ClosedWindow> windows;
    WindowConfig config;
    config.lengths = test::lengths({"1d"});
    LiveWindows live("test", LineConfig{}, config, 1, {},
                     [&](ClosingWindow&& closing) { windows.push_back(put_together(std::move(closing), HashKey{})); });
    live.worker(0).feed(stream.frames);
    live.request_snapshot();
    std::vector<OpenSnapshot> running;
    for (int i = 0; i < 1'000 && running.empty(); ++i) {
        live.worker(0).idle(stream.frames.back().clock);
        live.poll({});
        running = live.take_snapshot();
    }
    ASSERT_EQ(running.size(), 1U);
    setting.look_until_known(running.front().window);
    const std::size_t asked = setting.server.asked().size();
    EXPECT_GT(asked, 30U);
    live.worker(0).finish();
    live.worker(0).end();
    live.finish({});
    expect_all_known(setting, std::move(windows));
    EXPECT_EQ(setting.server.asked().size(), asked);
}

}  // namespace
}  // namespace echotap
