// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/capture_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <fstream>

#include "dataplane/source.hpp"
#include "tests/capture_packer.hpp"
#include "tests/capture_writer.hpp"
#include "tests/reference/capture_agreement.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using test::Bytes;
using test::gzip;
using test::PcapngWriter;
using test::PcapWriter;
using test::TemporaryFolder;

static_assert(Source<CaptureFile>);

struct Seen {
    std::vector<Bytes> frames;
    std::vector<std::int64_t> seconds;  // of Frame::time
    std::vector<std::int64_t> clock;    // of Frame::clock
    std::string incomplete;
    Ledger ledger;
};

std::int64_t seconds_of(Timestamp time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

void drain(CaptureFile& capture, Seen& seen, std::size_t burst_size) {
    for (Burst burst = capture.next_burst(); !burst.empty(); burst = capture.next_burst()) {
        EXPECT_LE(burst.size(), burst_size);
        for (std::size_t i = 0; i < burst.size(); ++i) {
            EXPECT_EQ(burst[i].sequence, i);
            seen.frames.emplace_back(burst[i].octets, burst[i].octets + burst[i].captured);
            seen.seconds.push_back(seconds_of(burst[i].time));
            seen.clock.push_back(seconds_of(burst[i].clock));
        }
    }
    EXPECT_TRUE(capture.next_burst().empty());
    seen.incomplete = capture.incomplete();
    EXPECT_EQ(seen.ledger.out[0], seen.frames.size());
    EXPECT_EQ(seen.ledger.held(Stage::source), 0);
}

Seen read_all(const Bytes& file, std::size_t burst_size = 256, std::size_t piece = 1U << 20U) {
    Seen seen;
    CaptureFile capture(OctetStream(std::make_unique<test::PiecemealOctets>(file, piece)), "the capture", seen.ledger,
                        burst_size);
    drain(capture, seen, burst_size);
    return seen;
}

Bytes cut(const Bytes& octets, std::size_t size) {
    return {octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST(CaptureFile, knows_pcap_and_pcapng_by_content_packed_or_not) {
    const Bytes pcap = PcapWriter().frame(5, 0, {1, 2}).bytes();
    const Bytes pcapng = PcapngWriter().interface({.link = 1}).enhanced(0, 5'000'000, {1, 2}).bytes();
    for (const Bytes& file : {pcap, pcapng, gzip(pcap), gzip(pcapng)}) {
        const Seen seen = read_all(file);
        EXPECT_EQ(seen.frames, (std::vector<Bytes>{{1, 2}}));
        EXPECT_EQ(seen.seconds, (std::vector<std::int64_t>{5}));
        EXPECT_EQ(seen.incomplete, "");
    }
}

TEST(CaptureFile, gives_the_same_frames_and_clocks_whatever_the_bursts_and_reads) {
    PcapWriter writer;
    for (std::uint32_t i = 0; i < 1000; ++i) {
        writer.frame(i % 250 == 3 || i == 0 ? 4'000'000'000 : 1'000'000 + (i < 500 ? i : i + 100'000), 0,
                     Bytes(i % 90, static_cast<std::uint8_t>(i)));
    }
    const Seen whole = read_all(writer.bytes());
    ASSERT_EQ(whole.frames.size(), 1000U);
    for (const std::size_t burst_size : {1U, 7U, 100U, 5000U}) {
        for (const std::size_t piece : {1U, 1000U, 100'000U}) {
            const Seen seen = read_all(writer.bytes(), burst_size, piece);
            EXPECT_EQ(seen.frames, whole.frames);
            EXPECT_EQ(seen.seconds, whole.seconds);
            EXPECT_EQ(seen.clock, whole.clock);
        }
    }
}

/// Octets that were asked for and not given back, in small pieces or large ones. Sanitizers answer 0.
std::size_t heap_octets() {
    const struct mallinfo2 heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
}

TEST(CaptureFile, gives_back_the_memory_of_the_first_frames_once_they_are_given) {
    PcapWriter writer;
    for (std::uint32_t i = 0; i < 150; ++i) {
        writer.frame(1'000'000 + i, 0, Bytes(60'000, 1));
    }
    const TemporaryFolder folder;
    const std::string path = folder.write("large.pcap", writer.bytes());
    Ledger ledger;
    const std::size_t before = heap_octets();
    CaptureFile capture(path, ledger, 10);
    for (std::size_t given = 0; given < 120;) {
        const std::size_t frames = capture.next_burst().size();
        ASSERT_NE(frames, 0U);
        given += frames;
    }
    EXPECT_LT(heap_octets(), before + (3U << 20U)) << "the window of records alone";
}

TEST(CaptureFile, is_not_upset_by_a_wild_timestamp_wherever_it_stands) {
    for (const std::uint32_t wild : {0U, 4'000'000'000U}) {
        for (const std::uint32_t position : {0U, 1U, 50U, 99U, 100U, 101U, 299U}) {
            PcapWriter writer;
            for (std::uint32_t i = 0; i < 300; ++i) {
                writer.frame(i == position ? wild : 1'000'000 + i, 0, {});
            }
            const Seen seen = read_all(writer.bytes());
            for (std::uint32_t i = 0; i < 300; ++i) {
                const std::uint32_t expected = i != position ? i : i == 0 ? 1 : i - 1;
                ASSERT_EQ(seen.clock[i], 1'000'000 + expected) << wild << ' ' << position << ' ' << i;
            }
        }
    }
}

TEST(CaptureFile, has_a_clock_that_keeps_up_with_frames_hours_apart) {
    for (const std::uint32_t count : {2U, 30U, 150U, 700U}) {
        for (const std::uint32_t step : {600U, 3'601U, 90'000U}) {
            PcapWriter writer;
            for (std::uint32_t i = 0; i < count; ++i) {
                writer.frame(1'000'000 + i * step + (i > 20 ? 7'200 : 0), 0, {});
            }
            for (const std::size_t burst_size : {1U, 64U}) {
                const Seen seen = read_all(writer.bytes(), burst_size);
                EXPECT_EQ(seen.clock, seen.seconds) << count << ' ' << step;
            }
        }
    }
}

TEST(CaptureFile, holds_a_bounded_part_of_a_capture_of_giant_frames_to_start_its_clock) {
    PcapWriter writer({.snap_length = 0xffffffff});
    for (std::uint32_t i = 0; i < 40; ++i) {
        writer.frame(1'000'000 + i, 0, Bytes(1'000'000, static_cast<std::uint8_t>(i)));
    }
    const Seen seen = read_all(writer.bytes(), 4);
    ASSERT_EQ(seen.frames.size(), 40U);
    for (std::uint32_t i = 0; i < 40; ++i) {
        ASSERT_EQ(seen.frames[i], Bytes(1'000'000, static_cast<std::uint8_t>(i)));
    }
}

TEST(CaptureFile, enters_a_cut_record_into_the_books_and_names_file_position_and_cure) {
    const Bytes pcap = PcapWriter().frame(5, 0, {1, 2}).frame(6, 0, {3, 4}).bytes();
    for (const bool is_packed : {false, true}) {
        const Bytes part = cut(pcap, pcap.size() - 1);
        const Seen seen = read_all(is_packed ? gzip(part) : part);
        EXPECT_EQ(seen.frames.size(), 1U);
        EXPECT_EQ(seen.ledger.in[0], 2U);
        EXPECT_EQ(seen.ledger.drops[static_cast<std::size_t>(Drop::record_truncated)], 1U);
        EXPECT_EQ(seen.incomplete,
                  std::string("the capture breaks off at octet 59 inside the record that begins at octet 42; "
                              "everything before was read. Copy it again if its original is longer") +
                      (is_packed ? " (octets as counted in the unpacked capture)" : ""));
    }
}

TEST(CaptureFile, enters_corrupt_records_into_the_books) {
    PcapngWriter writer;
    writer.interface({.link = 1}).enhanced(0, 1, {1}).enhanced(9, 1, {1}).enhanced(0, 1, {2});
    const Seen seen = read_all(writer.bytes(), 1);
    EXPECT_EQ(seen.frames.size(), 2U);
    EXPECT_EQ(seen.ledger.in[0], 3U);
    EXPECT_EQ(seen.ledger.drops[static_cast<std::size_t>(Drop::record_corrupt)], 1U);
    EXPECT_THAT(seen.incomplete, testing::StartsWith("the capture is damaged at octet"));
}

TEST(CaptureFile, blames_broken_compression_and_not_the_record_that_it_cut) {
    PcapWriter writer;
    for (std::uint32_t i = 0; i < 2000; ++i) {
        writer.frame(i, i * 77, Bytes(20, static_cast<std::uint8_t>(i * i)));
    }
    const Bytes packed = gzip(writer.bytes());
    const Seen seen = read_all(cut(packed, packed.size() / 2));
    EXPECT_GT(seen.frames.size(), 100U);
    EXPECT_LT(seen.frames.size(), 2000U);
    EXPECT_THAT(seen.incomplete, testing::StartsWith("the capture breaks off at octet " +
                                                     std::to_string(packed.size() / 2) + " inside its gzip data"));
}

TEST(CaptureFile, says_when_its_file_shrinks) {
    const TemporaryFolder folder;
    PcapWriter writer;
    for (std::uint32_t i = 0; i < 10'000; ++i) {
        writer.frame(i / 10, 0, Bytes(84));
    }
    const std::string path = folder.write("capture", writer.bytes());
    Seen seen;
    CaptureFile capture(path, seen.ledger);
    const std::size_t first = capture.next_burst().size();
    std::filesystem::resize_file(path, 500'000);
    std::size_t rest = 0;
    for (Burst burst = capture.next_burst(); !burst.empty(); burst = capture.next_burst()) {
        rest += burst.size();
    }
    EXPECT_EQ(first + rest, (500'000U - 24U) / 100U);
    EXPECT_THAT(capture.incomplete(),
                testing::StartsWith(path + " shrank from 1000024 to 500000 octets while it was read"));
    EXPECT_EQ(seen.ledger.held(Stage::source), 0);
}

TEST(CaptureFile, reads_what_is_appended_while_it_reads) {
    const TemporaryFolder folder;
    PcapWriter writer;
    for (std::uint32_t i = 0; i < 5000; ++i) {
        writer.frame(i, 0, Bytes(84));
    }
    const std::string path = folder.write("capture", cut(writer.bytes(), 400'000));
    Seen seen;
    CaptureFile capture(path, seen.ledger);
    EXPECT_TRUE(capture.first_clock());
    std::ofstream(path, std::ios::binary | std::ios::app)
        .write(reinterpret_cast<const char*>(writer.bytes().data()) + 400'000,
               static_cast<std::streamsize>(writer.bytes().size() - 400'000));
    drain(capture, seen, 256);
    EXPECT_EQ(seen.frames.size(), 5000U);
    EXPECT_EQ(seen.incomplete, "");
    EXPECT_EQ(capture.progress().octets_read, writer.bytes().size());
}

TEST(CaptureFile, refuses_what_is_no_capture_and_says_what_it_saw) {
    const TemporaryFolder folder;
    const std::pair<Bytes, const char*> rows[] = {
        {{}, "is empty"},
        {{0xd4, 0xc3}, "begins with d4 c3"},
        {test::bytes_of("#!/bin/sh"), "begins with 23 21 2f 62"},
        {gzip(test::bytes_of("text")), "begins with 74 65 78 74 once unpacked"},
        {gzip({}), "is empty"},
    };
    for (const auto& [octets, why] : rows) {
        Ledger ledger;
        try {
            const CaptureFile capture(folder.write("thing", octets), ledger);
            ADD_FAILURE() << why;
        } catch (const NotACapture& error) {
            EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("/thing "), testing::HasSubstr(why)));
        }
    }
}

TEST(CaptureFile, without_frames_is_a_capture) {
    const Seen seen = read_all(PcapWriter().bytes());
    EXPECT_TRUE(seen.frames.empty());
    EXPECT_EQ(seen.incomplete, "");
    EXPECT_THAT(read_all(cut(PcapWriter().bytes(), 10)).incomplete, testing::HasSubstr("breaks off at octet 10"));
}

}  // namespace
}  // namespace echotap
