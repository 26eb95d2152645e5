// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/capture_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <random>
#include <thread>

#include "dataplane/source.hpp"
#include "tests/capture_writer.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using test::Bytes;
using test::PcapWriter;
using test::TemporaryFolder;

static_assert(Source<CaptureSet>);

constexpr std::uint32_t noon = 1'700'000'000;

/// A capture with a frame at each of these seconds after noon; the frame's first octet is `mark`, then its position.
Bytes capture_of(std::uint8_t mark, const std::vector<std::uint32_t>& seconds) {
    PcapWriter writer;
    std::uint32_t position = 0;
    for (const std::uint32_t second : seconds) {
        const auto low = static_cast<std::uint8_t>(position);
        const auto high = static_cast<std::uint8_t>(position >> 8U);
        writer.frame(noon + second, 0, {mark, high, low});
        ++position;
    }
    return writer.bytes();
}

std::vector<std::uint32_t> range(std::uint32_t first, std::uint32_t last, std::uint32_t step = 1) {
    std::vector<std::uint32_t> seconds;
    for (std::uint32_t s = first; s <= last; s += step) {
        seconds.push_back(s);
    }
    return seconds;
}

struct Seen {
    std::vector<std::pair<std::uint8_t, std::uint32_t>> frames;  // mark, seconds after noon
    std::size_t bursts = 0;
    Ledger ledger;
};

void drain(CaptureSet& set, Seen& seen, std::size_t burst_size = 256) {
    for (Burst burst = set.next_burst(); !burst.empty(); burst = set.next_burst()) {
        ++seen.bursts;
        EXPECT_LE(burst.size(), burst_size);
        for (std::size_t i = 0; i < burst.size(); ++i) {
            EXPECT_EQ(burst[i].sequence, i);
            const auto time = std::chrono::duration_cast<std::chrono::seconds>(burst[i].time.time_since_epoch());
            seen.frames.emplace_back(burst[i].octets[0], static_cast<std::uint32_t>(time.count()) - noon);
        }
    }
    EXPECT_TRUE(set.next_burst().empty());
    EXPECT_EQ(seen.ledger.out[0], seen.frames.size());
    EXPECT_EQ(seen.ledger.held(Stage::source), 0);
}

Seen read_all(const std::vector<std::string>& paths, std::size_t burst_size = 256) {
    Seen seen;
    CaptureSet set(paths, seen.ledger, burst_size);
    drain(set, seen, burst_size);
    EXPECT_FALSE(set.is_incomplete());
    EXPECT_EQ(set.progress().octets_read, set.progress().octets_total);
    return seen;
}

std::string refusal(const std::vector<std::string>& paths) {
    Ledger ledger;
    try {
        const CaptureSet set(paths, ledger);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "accepted";
}

TEST(CaptureSet, of_one_capture_hands_on_its_bursts) {
    const TemporaryFolder folder;
    const Seen seen = read_all({folder.write("a", capture_of('a', range(0, 999)))});
    EXPECT_EQ(seen.frames.size(), 1000U);
    EXPECT_EQ(seen.bursts, 1U + 4U);  // the hundred looked at first, then 900 by 256
}

TEST(CaptureSet, merges_captures_by_time_and_equal_times_by_the_order_of_paths) {
    const TemporaryFolder folder;
    const std::string a = folder.write("a", capture_of('a', {1, 3, 5, 7}));
    const std::string b = folder.write("b", capture_of('b', {3, 4, 5, 6}));
    using Frames = std::vector<std::pair<std::uint8_t, std::uint32_t>>;
    for (const std::size_t burst_size : {1U, 2U, 256U}) {
        EXPECT_EQ(read_all({a, b}, burst_size).frames,
                  (Frames{{'a', 1}, {'a', 3}, {'b', 3}, {'b', 4}, {'a', 5}, {'b', 5}, {'b', 6}, {'a', 7}}));
        EXPECT_EQ(read_all({b, a}, burst_size).frames,
                  (Frames{{'a', 1}, {'b', 3}, {'a', 3}, {'b', 4}, {'b', 5}, {'a', 5}, {'b', 6}, {'a', 7}}));
        EXPECT_EQ(read_all({a, a}, burst_size).frames,
                  (Frames{{'a', 1}, {'a', 1}, {'a', 3}, {'a', 3}, {'a', 5}, {'a', 5}, {'a', 7}, {'a', 7}}));
    }
}

TEST(CaptureSet, gives_captures_that_do_not_overlap_one_after_another_whatever_their_order) {
    const TemporaryFolder folder;
    const std::string late = folder.write("a", capture_of('l', range(2000, 2999)));
    const std::string early = folder.write("b", capture_of('e', range(0, 999)));
    const Seen seen = read_all({late, early});
    EXPECT_TRUE(std::ranges::is_sorted(seen.frames, {}, [](const auto& frame) { return frame.second; }));
    EXPECT_EQ(seen.frames.size(), 2000U);
    EXPECT_EQ(seen.bursts, 10U) << "bursts of captures that do not overlap are not broken up";
}

TEST(CaptureSet, agrees_with_a_stable_sort_on_many_overlapping_captures) {
    const TemporaryFolder folder;
    std::mt19937 random(7);
    for (int round = 0; round < 20; ++round) {
        std::vector<std::string> paths;
        std::vector<std::pair<std::uint8_t, std::uint32_t>> expected;
        for (std::uint8_t mark = 0; mark < 12; ++mark) {
            std::vector<std::uint32_t> seconds(random() % 600);
            for (auto& second : seconds) {
                second = static_cast<std::uint32_t>(random() % 2000);
            }
            std::ranges::sort(seconds);
            for (const std::uint32_t second : seconds) {
                expected.emplace_back(mark, second);
            }
            paths.push_back(
                folder.write(std::to_string(round) + "/" + std::to_string(mark), capture_of(mark, seconds)));
        }
        std::ranges::stable_sort(expected, {}, [](const auto& frame) { return frame.second; });
        EXPECT_EQ(read_all(paths).frames, expected);
        EXPECT_EQ(read_all(paths, 3).frames, expected);
    }
}

TEST(CaptureSet, keeps_the_own_order_of_a_capture_and_its_wild_frames_where_they_stand) {
    const TemporaryFolder folder;
    // The third frame of a claims to be 30 years later, its first to be from 1970; both stay in their places.
    const Bytes a = PcapWriter()
                        .frame(0, 0, {'a', 0})
                        .frame(noon + 2, 0, {'a', 1})
                        .frame(noon + 1'000'000'000, 0, {'a', 2})
                        .frame(noon + 4, 0, {'a', 3})
                        .bytes();
    Seen seen;
    const std::vector<std::string> paths{folder.write("a", a), folder.write("b", capture_of('b', {1, 3, 5}))};
    CaptureSet set(paths, seen.ledger);
    drain(set, seen);
    std::string order;
    for (const auto& frame : seen.frames) {
        order += static_cast<char>(frame.first);
    }
    EXPECT_EQ(order, "baaabab");
}

TEST(CaptureSet, reads_folders_in_the_order_of_names_and_passes_over_what_is_no_capture) {
    const TemporaryFolder folder;
    folder.write("c/b.pcap", capture_of('2', {1}));
    folder.write("c/a.pcap", capture_of('1', {1}));
    folder.write("c/a/z.pcap", capture_of('0', {1}));
    folder.write("c/d/README", test::bytes_of("not a capture"));
    folder.write("c/d/empty", {});
    folder.write("c/e.pcap", capture_of('3', {1}));
    ASSERT_EQ(::mkfifo((folder.path() / "c/fifo").c_str(), 0600), 0);
    std::filesystem::create_directory_symlink(folder.path(), folder.path() / "c/round");
    Seen seen;
    const std::vector<std::string> paths{folder.path() / "c"};
    CaptureSet set(paths, seen.ledger);
    drain(set, seen);
    std::string order;
    for (const auto& frame : seen.frames) {
        order += static_cast<char>(frame.first);
    }
    EXPECT_EQ(order, "0123");
    EXPECT_FALSE(set.is_incomplete());
    EXPECT_THAT(set.messages(), testing::UnorderedElementsAre(testing::HasSubstr("README is no capture"),
                                                              testing::HasSubstr("empty is empty"),
                                                              testing::HasSubstr("fifo was passed over"),
                                                              testing::HasSubstr("round was passed over")));
}

TEST(CaptureSet, refuses_named_paths_that_it_cannot_read) {
    const TemporaryFolder folder;
    const std::string text = folder.write("text", test::bytes_of("no capture"));
    const std::string good = folder.write("good", capture_of('g', {1}));
    const std::string empty = folder.write("empty", {});
    folder.write("sub/text", test::bytes_of("no capture"));
    EXPECT_THAT(refusal({}), testing::HasSubstr("no capture given"));
    EXPECT_THAT(refusal({text}), testing::HasSubstr("text is no capture file: it begins with 6e 6f 20 63"));
    EXPECT_THAT(refusal({good, text}), testing::HasSubstr("text is no capture file"));
    EXPECT_THAT(refusal({good, empty}), testing::HasSubstr("empty is empty"));
    EXPECT_THAT(refusal({folder.path() / "absent"}), testing::HasSubstr("absent cannot be read: No such file"));
    EXPECT_THAT(refusal({folder.path() / "sub"}), testing::HasSubstr("no capture file in"));
    EXPECT_THAT(refusal({"-", good, "-"}), testing::HasSubstr("named twice"));
}

TEST(CaptureSet, opens_thousands_of_captures_a_few_at_a_time) {
    const TemporaryFolder folder;
    for (std::uint32_t i = 0; i < 1500; ++i) {
        folder.write("many/" + std::to_string(10'000 + i), capture_of('m', {i * 10, i * 10 + 9}));
    }
    const Seen seen = read_all({folder.path() / "many"});
    EXPECT_EQ(seen.frames.size(), 3000U);
    EXPECT_TRUE(std::ranges::is_sorted(seen.frames));
}

TEST(CaptureSet, says_when_too_many_captures_overlap) {
    const TemporaryFolder folder;
    for (std::size_t i = 0; i <= CaptureSet::open_max; ++i) {
        folder.write("many/" + std::to_string(1000 + i), capture_of('m', {1, 2}));
    }
    Ledger ledger;
    const std::vector<std::string> paths{folder.path() / "many"};
    CaptureSet set(paths, ledger);
    const auto read_on = [&] {
        while (!set.next_burst().empty()) {
        }
    };
    EXPECT_THROW(read_on(), std::runtime_error);
    std::filesystem::remove(folder.path() / "many/1000");
    EXPECT_EQ(read_all(paths).frames.size(), 2 * CaptureSet::open_max);
}

TEST(CaptureSet, goes_on_behind_a_cut_capture_and_says_so) {
    const TemporaryFolder folder;
    Bytes cut = capture_of('a', {1, 2});
    cut.pop_back();
    const std::vector<std::string> paths{folder.write("a", cut), folder.write("b", capture_of('b', {5, 6})),
                                         folder.write("c", {cut.begin(), cut.begin() + 30})};
    Seen seen;
    CaptureSet set(paths, seen.ledger);
    drain(set, seen);
    EXPECT_EQ(seen.frames.size(), 3U);
    EXPECT_TRUE(set.is_incomplete());
    EXPECT_THAT(set.messages(), testing::UnorderedElementsAre(testing::HasSubstr("/a breaks off at octet 61"),
                                                              testing::HasSubstr("/c breaks off at octet 30")));
    EXPECT_EQ(seen.ledger.drops[static_cast<std::size_t>(Drop::record_truncated)], 2U);
}

TEST(CaptureSet, goes_on_when_a_capture_is_gone_by_its_turn) {
    const TemporaryFolder folder;
    const std::vector<std::string> paths{folder.write("a", capture_of('a', {1, 2})),
                                         folder.write("b", capture_of('b', {5, 6})),
                                         folder.write("c", capture_of('c', {7}))};
    Seen seen;
    CaptureSet set(paths, seen.ledger);
    std::filesystem::remove(paths[1]);
    drain(set, seen);
    EXPECT_EQ(seen.frames.size(), 3U);
    EXPECT_TRUE(set.is_incomplete());
    EXPECT_THAT(set.messages(), testing::ElementsAre(testing::HasSubstr("/b cannot be opened")));
}

TEST(CaptureSet, merges_standard_input_and_fifos_with_files) {
    const TemporaryFolder folder;
    const std::string file = folder.write("file", capture_of('f', range(0, 900, 3)));
    const std::string fifo = folder.path() / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const int standard_input = ::dup(STDIN_FILENO);
    ASSERT_GE(::dup2(ends[0], STDIN_FILENO), 0);
    ::close(ends[0]);
    std::thread to_input([&] {
        const Bytes octets = capture_of('i', range(1, 901, 3));
        EXPECT_EQ(::write(ends[1], octets.data(), octets.size()), static_cast<ssize_t>(octets.size()));
        ::close(ends[1]);
    });
    std::thread to_fifo([&] { folder.write("fifo", capture_of('p', range(2, 902, 3))); });
    Seen seen;
    const std::vector<std::string> paths{"-", file, fifo};
    CaptureSet set(paths, seen.ledger);
    EXPECT_EQ(set.progress().octets_total, std::nullopt);
    drain(set, seen);
    to_input.join();
    to_fifo.join();
    ::dup2(standard_input, STDIN_FILENO);
    ::close(standard_input);
    ASSERT_EQ(seen.frames.size(), 903U);
    for (std::uint32_t i = 0; i < seen.frames.size(); ++i) {
        EXPECT_EQ(seen.frames[i].second, i);
        EXPECT_EQ(seen.frames[i].first, "fip"[i % 3]);
    }
}

}  // namespace
}  // namespace echotap
