// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/window_team.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "tests/dataplane/state/stream_maker.hpp"
#include "tests/reference/window_flow_reference.hpp"

namespace echotap {
namespace {

using namespace test;
using namespace std::chrono_literals;
using test::address;
using test::lengths;
using test::start;
using test::Stream;
using test::v6_of;

struct Outcome {
    std::map<WindowKey, WindowReference> windows;
    std::map<WindowKey, std::uint64_t> frames;
    std::vector<std::string> closed;  // all there is to say about each, in the order of closing
};

std::string text_of(const ClosingWindow& closing, const WindowPartReference& part) {
    std::ostringstream text;
    const WindowHeader& header = closing.header;
    text << header.view << ' ' << header.length.count() << ' ' << header.start.time_since_epoch().count() << ' '
         << header.end.time_since_epoch().count();
    const WindowCounts& counts = header.counts;
    text << ": " << counts.reverse << ' ' << counts.minimised << ' ' << counts.repeats << ' ' << counts.late << ' '
         << counts.filter_overflows << "; ledger";
    for (std::size_t i = 0; i < stage_count; ++i) {
        text << ' ' << header.ledger.in[i] << ' ' << header.ledger.out[i];
    }
    for (const auto& [name, originator] : part.originators) {
        text << "; " << static_cast<int>(name.first) << ' ' << name.second.to_string() << ' ' << originator;
    }
    for (const auto& [querier, asked] : part.queriers) {
        text << "; " << querier.to_string() << ' ' << asked.first << ' ' << asked.second;
    }
    return text.str();
}

/// What several shares or several closings of one window say together.
void add(WindowPartReference& sum, const WindowPartReference& part) {
    for (const auto& [name, originator] : part.originators) {
        OriginatorReference& to = sum.originators[name];
        to.queries += originator.queries;
        to.first = std::min(to.first, originator.first);
        to.last = std::max(to.last, originator.last);
        to.periods.insert(originator.periods.begin(), originator.periods.end());
        to.queriers.insert(originator.queriers.begin(), originator.queriers.end());
    }
    for (const auto& [querier, counts] : part.queriers) {
        sum.queriers[querier].first += counts.first;
        sum.queriers[querier].second += counts.second;
    }
}

Outcome run(const Stream& stream, const LineConfig& line, const WindowConfig& windows, unsigned workers,
            std::size_t burst_size) {
    Outcome outcome;
    WindowTeam team(
        line, windows, workers,
        [&](ClosingWindow&& closing) {
            WindowPartReference part;
            for (const auto& share : closing.shares) {
                EXPECT_FALSE(share->part().counts().any_bound_reached());
                add(part, WindowPartReference::of(share->part()));
            }
            outcome.closed.push_back(text_of(closing, part));
            outcome.frames[closing.key] += closing.header.frames();
            WindowReference& window = outcome.windows[closing.key];
            add(window.part, part);
            window.reverse += closing.header.counts.reverse;
            window.minimised += closing.header.counts.minimised;
            window.repeats += closing.header.counts.repeats;
            window.late += closing.header.counts.late;
        },
        table_key);
    std::vector<Frame> burst;
    for (std::size_t i = 0; i < stream.frames.size(); i += burst_size) {
        burst.assign(
            stream.frames.begin() + static_cast<std::ptrdiff_t>(i),
            stream.frames.begin() + static_cast<std::ptrdiff_t>(std::min(i + burst_size, stream.frames.size())));
        for (std::uint32_t k = 0; k < burst.size(); ++k) {
            burst[k].sequence = k;
        }
        team.feed(burst);
    }
    team.finish();
    return outcome;
}

TEST(WindowTeams, agree_with_the_definitions_on_random_streams_for_any_workers_and_bursts) {
    for (std::uint64_t seed = 1; seed <= 15; ++seed) {
        const Case chosen = cases()[seed % cases().size()];
        WindowConfig windows;
        windows.memory_budget = std::size_t{2} << 30U;  // four workers have four lengths open
        windows.lengths = chosen.lengths;
        windows.anchor = std::chrono::sys_seconds(std::chrono::seconds(1'600'000'017));
        windows.grace = chosen.grace;
        windows.repeat_interval = chosen.repeat_interval;
        LineConfig line;
        const bool has_views = seed % 2 == 0;
        if (has_views) {
            for (const char* const text : {"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"}) {
                line.authorities.push_back(Prefix::parse(text).value());
            }
        }
        const Stream stream = random_stream(seed, 3'000, has_views);
        WindowFlowReference reference(windows);
        reference.run(stream.asked);

        const Outcome first = run(stream, line, windows, 1, 64);
        for (const auto& [key, expected] : reference.windows) {
            const auto found = first.windows.find(key);
            ASSERT_NE(found, first.windows.end()) << "seed " << seed << ", window " << key.length << ' ' << key.number;
            const WindowReference& window = found->second;
            ASSERT_EQ(WindowPartReference::difference(window.part, expected.part), "") << "seed " << seed;
            EXPECT_EQ(window.reverse, expected.reverse) << "seed " << seed;
            EXPECT_EQ(window.minimised, expected.minimised) << "seed " << seed;
            EXPECT_EQ(window.repeats, expected.repeats) << "seed " << seed;
            EXPECT_EQ(window.late, expected.late) << "seed " << seed;
        }
        for (const auto& [key, window] : first.windows) {
            EXPECT_TRUE(reference.windows.contains(key) || window.reverse + window.minimised == 0) << "seed " << seed;
            const auto frames = reference.frames.find({key.length, key.number});
            EXPECT_EQ(first.frames.at(key), frames == reference.frames.end() ? 0 : frames->second) << "seed " << seed;
        }
        for (const auto& [workers, burst_size] :
             {std::pair{1U, 1UL}, {1U, 5'000UL}, {2U, 500UL}, {3U, 17UL}, {4U, 64UL}}) {
            const Outcome other = run(stream, line, windows, workers, burst_size);
            ASSERT_EQ(other.closed, first.closed) << "seed " << seed << ", " << workers << " workers, " << burst_size;
        }
    }
}

std::vector<WindowReference> windows_of(const Stream& stream, const WindowConfig& config) {
    std::vector<WindowReference> windows;
    for (auto& [key, window] : run(stream, LineConfig{}, config, 2, 64).windows) {
        windows.push_back(std::move(window));
    }
    return windows;
}

TEST(WindowTeams, count_a_question_again_after_30_seconds_and_not_a_microsecond_before) {
    const auto counted = [](std::chrono::nanoseconds apart) {
        return windows_of(stream_of({start, start + apart}), WindowConfig{}).at(0).repeats;
    };
    EXPECT_EQ(counted(29'999'999us), 1U);
    EXPECT_EQ(counted(30s), 0U);
}

TEST(WindowTeams, take_what_comes_within_the_grace_and_count_as_late_what_comes_after) {
    WindowConfig config;
    config.lengths = lengths({"10m"});
    config.repeat_interval = 0s;
    const Timestamp end = Timestamp(std::chrono::floor<std::chrono::minutes>(start));
    config.anchor = std::chrono::floor<std::chrono::seconds>(end);
    const auto windows = windows_of(
        stream_of({end - 60s, end + 29s, end - 10s, end + 29'999'999'999ns, end - 5s, end + 30s, end - 1s}), config);
    ASSERT_EQ(windows.size(), 2U);
    EXPECT_EQ(windows[0].reverse, 3U);
    EXPECT_EQ(windows[0].late, 0U);
    EXPECT_EQ(windows[1].reverse, 4U);
    EXPECT_EQ(windows[1].late, 1U);
}

TEST(WindowTeams, count_a_wild_timestamp_at_the_clock_of_the_source) {
    WindowConfig config;
    config.lengths = lengths({"1d"});
    const auto windows = windows_of(stream_of({start, start + 60s, start + 24h * 400, start + 120s}), config);
    ASSERT_EQ(windows.size(), 1U);
    EXPECT_EQ(windows[0].reverse, 4U);
}

TEST(WindowTeams, hold_an_ipv6_originator_only_where_the_length_is_for_it) {
    Stream stream;
    for (const char* const text : {"203.0.113.7", "2001:db8::7"}) {
        stream.add({.time = start, .clock = {}, .asked = address(text), .querier = address("198.51.100.9")},
                   reverse_name(address(text)).span(), address("192.0.2.1"));
    }
    stream.finish();
    WindowConfig config;
    config.lengths = lengths({"1h:v4", "7d:v6", "1d"});
    const auto windows = windows_of(stream, config);
    ASSERT_EQ(windows.size(), 3U);
    EXPECT_EQ(windows[0].reverse, 1U);
    EXPECT_EQ(windows[1].reverse, 1U);
    EXPECT_EQ(windows[2].reverse, 2U);
}

TEST(WindowTeams, refuse_a_budget_that_cannot_hold_their_workers) {
    WindowConfig config;
    config.memory_budget = 64U << 20U;
    EXPECT_THROW(WindowTeam(LineConfig{}, config, 4, [](ClosingWindow&&) {}), std::runtime_error);
}

}  // namespace
}  // namespace echotap
