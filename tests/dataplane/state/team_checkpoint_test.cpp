// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/team_checkpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <random>

#include "dataplane/state/window_file.hpp"
#include "tests/dataplane/state/stream_maker.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using namespace test;
using namespace std::chrono_literals;

constexpr HashKey sample_key{};

/// One process: a team with what it has closed.
class Process {
public:
    Process(const LineConfig& line, const WindowConfig& windows, unsigned workers, const HashKey& key)
        : team(
              line, windows, workers,
              [&](ClosingWindow&& window) { closed.push_back(put_together(std::move(window), sample_key)); }, key) {}

    void feed(const Stream& stream, std::size_t begin, std::size_t end, std::size_t burst_size) {
        std::vector<Frame> burst;
        for (std::size_t i = begin; i < end; i += burst_size) {
            burst.assign(stream.frames.begin() + static_cast<std::ptrdiff_t>(i),
                         stream.frames.begin() + static_cast<std::ptrdiff_t>(std::min(i + burst_size, end)));
            for (std::uint32_t k = 0; k < burst.size(); ++k) {
                burst[k].sequence = k;
            }
            team.feed(burst);
        }
    }

    std::vector<ClosedWindow> closed;
    WindowTeam team;  // last: it closes into the above
};

struct RunConfig {
    LineConfig line;
    WindowConfig windows;
    RunSettings settings() const { return settings_of(line, windows); }
};

RunConfig run_of(std::uint64_t seed) {
    RunConfig run;
    const Case chosen = cases()[seed % cases().size()];
    run.windows.lengths = chosen.lengths;
    run.windows.grace = chosen.grace;
    run.windows.repeat_interval = chosen.repeat_interval;
    run.windows.sample_size = seed % 3 == 0 ? 16 : 65'536;
    if (seed % 2 == 0) {
        for (const char* const text : {"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"}) {
            run.line.authorities.push_back(Prefix::parse(text).value());
        }
    }
    return run;
}

std::vector<ClosedWindow> uninterrupted(const RunConfig& run, const Stream& stream) {
    Process process(run.line, run.windows, 1, table_key);
    process.feed(stream, 0, stream.frames.size(), 100);
    process.team.finish();
    return std::move(process.closed);
}

TEST(TeamCheckpoints, let_a_killed_run_over_captures_give_what_one_does_that_was_not_killed) {
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "state").string();
    for (std::uint64_t seed = 1; seed <= 8; ++seed) {
        const RunConfig run = run_of(seed);
        const Stream stream = random_stream(seed, 2'000, !run.line.authorities.empty());
        const std::vector<ClosedWindow> expected = uninterrupted(run, stream);
        std::mt19937_64 random(seed);
        std::vector<ClosedWindow> closed;  // up to the last checkpoint
        std::filesystem::remove(path);
        for (std::size_t position = 0; position < stream.frames.size();) {
            auto found = find_checkpoint(path, run.settings(), {});
            ASSERT_EQ(found.has_value(), position != 0);
            const unsigned workers = 1 + static_cast<unsigned>(random() % 4);
            Process process(run.line, run.windows, workers, found ? found->head.table_key : HashKey::random());
            if (found) {
                process.team.resume(*std::exchange(found, std::nullopt), Resumption::again);
            }
            process.feed(stream, 0, position, 1 + random() % 300);
            EXPECT_FALSE(process.team.is_catching_up());
            EXPECT_TRUE(process.closed.empty()) << "what was closed before the checkpoint was closed again";
            position = std::min(stream.frames.size(), position + 1 + random() % 700);
            const std::size_t before = process.team.books().frames;
            process.feed(stream, before, position, 1 + random() % 300);
            if (position == stream.frames.size()) {
                process.team.finish();
            } else {
                write_checkpoint(process.team, run.settings(), {}, path);
                const std::vector<ClosedWindow> sure = process.closed;
                // Killed a while after the checkpoint.
                process.feed(stream, position, std::min(stream.frames.size(), position + random() % 200), 50);
                process.closed = sure;
            }
            closed.insert(closed.end(), process.closed.begin(), process.closed.end());
        }
        ASSERT_EQ(closed.size(), expected.size()) << "seed " << seed;
        for (std::size_t i = 0; i < closed.size(); ++i) {
            ASSERT_EQ(encode_window(closed[i]), encode_window(expected[i])) << "seed " << seed << ", window " << i;
        }
    }
}

TEST(TeamCheckpoints, carry_all_that_a_stream_has_counted) {
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "state").string();
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const RunConfig run = run_of(seed);
        const Stream stream = random_stream(seed, 1'000, !run.line.authorities.empty(), false);
        const std::vector<ClosedWindow> expected = uninterrupted(run, stream);
        // Twice interrupted, and each time nothing came in between.
        std::vector<ClosedWindow> closed;
        std::filesystem::remove(path);
        for (const auto& [begin, end] : {std::pair{0UL, 300UL}, {300UL, 700UL}, {700UL, 1'000UL}}) {
            auto found = find_checkpoint(path, run.settings(), {});
            Process process(run.line, run.windows, 2, found ? found->head.table_key : HashKey::random());
            if (found) {
                process.team.resume(*std::exchange(found, std::nullopt), Resumption::onward);
            }
            process.feed(stream, begin, end, 64);
            if (end == stream.frames.size()) {
                process.team.finish();
            } else {
                write_checkpoint(process.team, run.settings(), {}, path);
            }
            closed.insert(closed.end(), process.closed.begin(), process.closed.end());
        }
        ASSERT_EQ(closed.size(), expected.size()) << "seed " << seed;
        bool is_any_interrupted = false;
        for (std::size_t i = 0; i < closed.size(); ++i) {
            ClosedWindow window = closed[i];
            is_any_interrupted |= window.header.has_gap(Gap::interrupted);
            EXPECT_TRUE(!window.header.has_gap(Gap::interrupted) || window.header.completeness == Completeness::no);
            window.header.gaps = expected[i].header.gaps;
            window.header.completeness = expected[i].header.completeness;
            ASSERT_EQ(encode_window(window), encode_window(expected[i])) << "seed " << seed << ", window " << i;
        }
        EXPECT_TRUE(is_any_interrupted);
    }
}

/// Windows of `stream`, whose run is interrupted after `position` frames.
std::vector<ClosedWindow> interrupted(const RunConfig& run, const Stream& stream, std::size_t position) {
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "state").string();
    {
        Process process(run.line, run.windows, 1, HashKey::random());
        process.feed(stream, 0, position, 64);
        write_checkpoint(process.team, run.settings(), {}, path);
    }
    Checkpoint found = find_checkpoint(path, run.settings(), {}).value();
    Process process(run.line, run.windows, 1, found.head.table_key);
    process.team.resume(std::move(found), Resumption::onward);
    process.feed(stream, position, stream.frames.size(), 64);
    process.team.finish();
    return std::move(process.closed);
}

TEST(TeamCheckpoints, carry_the_repeat_filter_so_that_a_repeat_stays_one) {
    const auto windows = interrupted({}, stream_of({start, start + 29s, start + 31s}), 1);
    ASSERT_EQ(windows.size(), 1U);
    EXPECT_EQ(windows[0].header.counts.repeats, 1U);
    EXPECT_EQ(windows[0].originators[0].queries, 2U);
    EXPECT_FALSE(windows[0].header.is_estimated);
}

TEST(TeamCheckpoints, mark_the_windows_that_an_interruption_touches_and_no_others) {
    RunConfig run;
    run.windows.lengths = lengths({"10m", "whole"});
    run.windows.anchor = std::chrono::floor<std::chrono::seconds>(start);
    const auto windows =
        interrupted(run, stream_of({start, start + 15min, start + 35min, start + 36min, start + 55min}), 2);
    // Of 10 minutes: [0, 10) was closed before, [10, 20) open, [20, 30) never begun, [30, 40) joined in the middle.
    std::vector<std::pair<std::int64_t, bool>> marks;
    for (const ClosedWindow& window : windows) {
        const auto minutes = std::chrono::floor<std::chrono::minutes>(window.header.start - start).count();
        marks.emplace_back(window.header.length == 0s ? -1 : minutes, window.header.has_gap(Gap::interrupted));
    }
    EXPECT_EQ(marks, (std::vector<std::pair<std::int64_t, bool>>{{10, true}, {30, true}, {50, false}, {-1, true}}));
}

TEST(TeamCheckpoints, count_what_the_line_held_as_lost_with_its_process) {
    // The first of two fragments of 16 octets: 8 of them, and more to come.
    std::vector<std::uint8_t> fragment{0,    0, 0, 0,  0, 1,  0,    0, 0,  0,  0, 2, 8,  0,  // Ethernet
                                       0x45, 0, 0, 28, 0, 7,  0x20, 0, 64, 17, 0, 0, 10, 0, 0, 1, 192, 0, 2, 1,  // IPv4
                                       0x10, 0, 0, 53, 0, 24, 0,    0};
    Stream stream = stream_of({start, start + 1s});
    stream.octets.insert(stream.octets.begin(), fragment);
    stream.asked.insert(stream.asked.begin(), stream.asked.front());
    stream.frames.clear();
    stream.finish();
    const auto windows = interrupted({}, stream, 2);
    ASSERT_EQ(windows.size(), 1U);
    const Ledger& ledger = windows[0].header.ledger;
    EXPECT_EQ(ledger.drops[static_cast<std::size_t>(Drop::fragment_incomplete)], 1U);
    EXPECT_EQ(ledger.in[static_cast<std::size_t>(Stage::frame)], 3U);
    for (std::size_t stage = 0; stage < stage_count; ++stage) {
        EXPECT_EQ(ledger.held(static_cast<Stage>(stage)), 0) << stage_table[stage].name;
    }
}

TEST(TeamCheckpoints, decide_queries_that_wait_for_their_time) {
    const auto windows = interrupted({}, stream_of({start, start + 1s, start + 24h * 40, start + 2s}), 3);
    ASSERT_EQ(windows.size(), 1U);
    EXPECT_EQ(windows[0].header.counts.reverse, 4U);
    EXPECT_EQ(windows[0].originators[0].last, start);  // all others repeat the first
}

TEST(TeamCheckpoints, are_refused_by_another_run_with_the_name_of_what_differs) {
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "state").string();
    const RunConfig run;
    const Stream stream = stream_of({start, start + 10s, start + 20s});
    const std::vector<SourceDigest> sources{SourceDigest::of({})};
    Process process(run.line, run.windows, 1, HashKey::random());
    process.feed(stream, 0, 2, 64);
    write_checkpoint(process.team, run.settings(), sources, path);
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);

    const auto refusal = [&](const RunConfig& other, const std::vector<SourceDigest>& given) -> std::string {
        try {
            find_checkpoint(path, other.settings(), given);
        } catch (const CheckpointError& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(refusal(run, sources), "");
    EXPECT_THAT(refusal(run, {}), testing::HasSubstr("other captures"));
    const struct {
        std::function<void(RunConfig&)> change;
        std::string part;
    } rows[] = {
        {[](RunConfig& other) { other.windows.lengths = lengths({"1d:v6"}); },
         "window lengths: 0 s before, 86400 s:v6 now"},
        {[](RunConfig& other) { other.windows.anchor += 1s; }, "anchor: 0 s before, 1 s now"},
        {[](RunConfig& other) { other.windows.grace = 1s; }, "grace"},
        {[](RunConfig& other) { other.windows.repeat_interval = 0s; }, "repeat interval"},
        {[](RunConfig& other) { other.windows.sample_size = 9; }, "sample size: 65536 before, 9 now"},
        {[](RunConfig& other) {
             other.windows.sample_key = {1, 2};
         },
         "sample key: fingerprint"},
        {[](RunConfig& other) { other.windows.sampling_rate = 2; }, "sampling: 1 in 1 before, 1 in 2 now"},
        {[](RunConfig& other) {
             other.line.dns_ports = {53, 5353};
         },
         "DNS ports: 53 before, 53, 5353 now"},
        {[](RunConfig& other) { other.line.header_depth_max = 9; }, "headers in a frame"},
        {[](RunConfig& other) { other.line.fragments.timeout = 1s; }, "fragments"},
        {[](RunConfig& other) { other.line.tcp.streams_max = 1; }, "streams"},
        {[](RunConfig& other) { other.line.authorities = {Prefix::parse("192.0.2.0/24").value()}; },
         "authorities:  before, 192.0.2.0/24 now"},
    };
    for (const auto& row : rows) {
        RunConfig other = run;
        row.change(other);
        EXPECT_THAT(refusal(other, sources), testing::AllOf(testing::StartsWith(path), testing::HasSubstr(row.part)));
    }
    RunConfig small = run;
    small.windows.memory_budget = std::size_t{300} << 20U;
    Process other(small.line, small.windows, 1, process.team.table_key());
    EXPECT_THROW(other.team.resume(find_checkpoint(path, small.settings(), sources).value(), Resumption::again),
                 CheckpointError);
}

TEST(TeamCheckpoints, are_no_way_on_with_other_frames_than_then) {
    const TemporaryFolder folder;
    const std::string path = (folder.path() / "state").string();
    const RunConfig run;
    Process process(run.line, run.windows, 1, HashKey::random());
    process.feed(stream_of({start, start + 10s, start + 20s}), 0, 3, 64);
    write_checkpoint(process.team, run.settings(), {}, path);
    const auto again = [&](const Stream& stream) {
        Process next(run.line, run.windows, 1, process.team.table_key());
        next.team.resume(find_checkpoint(path, run.settings(), {}).value(), Resumption::again);
        next.feed(stream, 0, stream.frames.size(), 64);
        next.team.finish();
    };
    EXPECT_NO_THROW(again(stream_of({start, start + 10s, start + 20s, start + 30s})));
    EXPECT_NO_THROW(again(stream_of({start, start + 10s, start + 20s})));
    EXPECT_THROW(again(stream_of({start, start + 10s})), CheckpointError);
    EXPECT_THROW(again(stream_of({start, start + 10s, start + 21s})), CheckpointError);
}

TEST(TeamCheckpoints, that_are_carried_count_against_the_memory_of_open_windows) {
    BlockPool pool(std::size_t{16} * BlockPool::block_octets);
    pool.set_aside(3 * BlockPool::block_octets - 1);
    EXPECT_EQ(pool.octets_max(), 13 * BlockPool::block_octets);
    pool.set_aside(std::size_t{1} << 40U);
    EXPECT_EQ(pool.octets_max(), 2 * BlockPool::block_octets);
    std::vector<HugeBuffer> blocks;
    for (HugeBuffer block = pool.take(); block.octets() != 0; block = pool.take()) {
        blocks.push_back(std::move(block));
    }
    EXPECT_EQ(blocks.size(), 2U);
    pool.set_aside(0);
    EXPECT_NE(pool.take().octets(), 0U);
    pool.give(std::move(blocks));
}

}  // namespace
}  // namespace echotap
