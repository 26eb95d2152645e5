// SPDX-License-Identifier: Apache-2.0
// From a port to windows. DPDK starts once per process, so every story runs in a process of its own (a death test that
// ends well).
#include "dataplane/dpdk/window_tap.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>

#include "dataplane/capture/capture_set.hpp"
#include "dataplane/state/assemble.hpp"
#include "dataplane/state/window_team.hpp"
#include "tests/capture_writer.hpp"
#include "tests/dataplane/state/stream_maker.hpp"

namespace echotap {
namespace {

using namespace std::chrono_literals;

using Windows = std::map<WindowKey, ClosedWindow>;

auto collect_in(Windows& windows) {
    return [&windows](ClosingWindow&& closing) {
        windows.emplace(closing.key, assemble(closing.header, closing.parts(), HashKey{}));
    };
}

void write_capture(const std::string& path, const test::Stream& stream) {
    test::PcapWriter writer;
    for (std::size_t i = 0; i < stream.frames.size(); ++i) {
        const auto time = std::chrono::floor<std::chrono::microseconds>(stream.frames[i].time).time_since_epoch();
        writer.frame(static_cast<std::uint32_t>(time.count() / 1'000'000),
                     static_cast<std::uint32_t>(time.count() % 1'000'000), stream.octets[i]);
    }
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(writer.bytes().data()),
               static_cast<std::streamsize>(writer.bytes().size()));
}

Windows by_file(const std::string& path, const WindowConfig& config) {
    Windows windows;
    Ledger ledger;
    const std::vector<std::string> paths{path};
    CaptureSet captures(paths, ledger, CaptureFile::burst_size_default);
    WindowTeam team(LineConfig{}, config, 1, collect_in(windows));
    for (Burst burst = captures.next_burst(); !burst.empty(); burst = captures.next_burst()) {
        team.feed(burst);
    }
    team.finish(ledger);
    return windows;
}

/// Says what is wrong and ends the process, which is a story's own.
void require(bool is_so, const char* what) {
    if (!is_so) {
        std::fprintf(stderr, "not so: %s\n", what);
        std::_Exit(1);
    }
}

template <class Story>
void expect_good_end(Story&& story) {
    EXPECT_EXIT((story(), std::_Exit(0)), testing::ExitedWithCode(0), "");
}

TEST(WindowTapDeathTest, gives_two_workers_the_originators_of_the_capture) {
    const std::string path = testing::TempDir() + "echotap_window_tap.pcap";
    write_capture(path, test::quiet_stream(1, 5'000));
    expect_good_end([&] {
        WindowConfig config;
        config.lengths = test::lengths({"5m", "whole"});
        const Windows expected = by_file(path, config);
        PortConfig ports;
        ports.ports = {"net_pcap0,rx_pcap=" + path};
        ports.huge_pages = HugePages::no;
        ports.workers = 2;
        ports.hand_over_frames = 8192;  // a file comes faster than any port
        ports.queries_waiting = 8192;
        Windows windows;
        WindowTap tap("test", ports, LineConfig{}, config, collect_in(windows));
        int rounds = 0;
        tap.run([&] { return ++rounds > 200; });
        require(windows.size() == expected.size(), "as many windows");
        for (const auto& [key, window] : windows) {
            const ClosedWindow& other = expected.at(key);
            require(window.originators == other.originators, "the same originators");
            require(window.prefixes == other.prefixes, "the same prefixes");
            require(window.queriers == other.queriers, "the same queriers");
            require(window.header.counts == other.header.counts, "the same counts");
            require(window.header.frames() == other.header.frames(), "the same frames");
            require(window.header.completeness == (window.header.gaps == 0 ? Completeness::yes : Completeness::no),
                    "a file loses nothing");
        }
        const Ledger& ledger = tap.ledger();
        for (std::size_t stage = 0; stage < stage_count; ++stage) {
            require(ledger.held(static_cast<Stage>(stage)) == 0, "nothing held");
        }
        require(ledger.out[static_cast<std::size_t>(Stage::source)] == 5'000, "every frame");
    });
    std::remove(path.c_str());
}

TEST(WindowTapDeathTest, closes_windows_while_no_frame_comes) {
    expect_good_end([] {
        WindowConfig config;
        config.lengths = {WindowLength{.length = 1s}};
        config.grace = 0s;
        PortConfig ports;
        ports.ports = {"net_ring0"};
        ports.huge_pages = HugePages::no;
        ports.workers = 2;
        Windows windows;
        WindowTap tap("test", ports, LineConfig{}, config, collect_in(windows));
        const auto begin = std::chrono::steady_clock::now();
        std::size_t closed = 0;
        tap.run([&] {
            closed = windows.size();
            return closed >= 3 || std::chrono::steady_clock::now() - begin > 30s;
        });
        require(closed >= 3, "windows close by the clock of idle workers");
        require(windows.begin()->second.header.has_gap(Gap::began_late), "the first began before the tap");
        const WindowHeader& second = std::next(windows.begin())->second.header;
        require(second.gaps == 1U << static_cast<unsigned>(Gap::source_unknown), "net_ring does not count its loss");
        require(second.completeness == Completeness::unknown, "so whether it is complete is unknown");
    });
}

}  // namespace
}  // namespace echotap
