// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/pcap.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/capture_writer.hpp"
#include "tests/reference/capture_agreement.hpp"

namespace echotap {
namespace {

using reference::CaptureContent;
using test::Bytes;
using test::PcapFormat;
using test::PcapWriter;

CaptureContent content_of(const Bytes& file) {
    const Bytes exact(file);
    const CaptureContent expected = reference::read_pcap(exact);
    EXPECT_TRUE(test::agrees<PcapReader>(exact, expected, 11));
    return test::content_of<PcapReader>(OctetStream(Octets(exact)), 256);
}

struct MagicRow {
    const char* story;
    std::uint32_t magic;
    bool is_big_endian;
    std::int64_t time;
    unsigned time_digits;
};

TEST(Pcap, reads_every_magic_in_either_byte_order) {
    const MagicRow rows[] = {
        {"microseconds, little", 0xa1b2c3d4, false, 1'700'000'000'000'123'000, 6},
        {"microseconds, big", 0xa1b2c3d4, true, 1'700'000'000'000'123'000, 6},
        {"nanoseconds, little", 0xa1b23c4d, false, 1'700'000'000'000'000'123, 9},
        {"nanoseconds, big", 0xa1b23c4d, true, 1'700'000'000'000'000'123, 9},
        {"modified, little", 0xa1b2cd34, false, 1'700'000'000'000'123'000, 6},
        {"modified, big", 0xa1b2cd34, true, 1'700'000'000'000'123'000, 6},
    };
    const Bytes octets = test::bytes_of("a frame");
    for (const MagicRow& row : rows) {
        PcapWriter file({.magic = row.magic, .is_big_endian = row.is_big_endian, .link = 113});
        file.frame(1'700'000'000, 123, octets, 99).frame(1'700'000'000, 123, {}, 5);
        const CaptureContent expected{
            .frames = {{octets, 99, row.time, 113, row.time_digits}, {{}, 5, row.time, 113, row.time_digits}}};
        EXPECT_EQ(content_of(file.bytes()), expected) << row.story;
    }
}

TEST(Pcap, recognises_its_magics_and_nothing_else) {
    EXPECT_TRUE(PcapReader::recognises(PcapWriter().bytes()));
    EXPECT_TRUE(PcapReader::recognises(PcapWriter({.is_big_endian = true}).bytes()));
    EXPECT_FALSE(PcapReader::recognises(test::PcapngWriter().bytes()));
    EXPECT_FALSE(PcapReader::recognises(Bytes{0xd4, 0xc3, 0xb2}));
    EXPECT_FALSE(PcapReader::recognises({}));
}

TEST(Pcap, masks_what_stands_above_the_link_type) {
    for (const std::uint32_t link : {0x0000'0071U, 0x5400'0071U, 0x03ff'0071U, 0xffff'0071U}) {
        PcapWriter file({.link = link});
        EXPECT_EQ(content_of(file.frame(1, 2, {1}).bytes()).frames.at(0).link, 0x71U);
    }
}

TEST(Pcap, hands_on_link_types_that_nobody_knows) {
    PcapWriter file({.link = 65'535});
    EXPECT_EQ(content_of(file.frame(1, 2, {1}).bytes()).frames.at(0).link, 65'535U);
}

struct VersionRow {
    std::uint16_t major;
    std::uint16_t minor;
    std::uint32_t third;
    std::uint32_t fourth;
};

TEST(Pcap, knows_where_old_versions_put_the_captured_length) {
    const VersionRow rows[] = {
        {2, 4, 3, 60}, {2, 3, 3, 60}, {2, 3, 60, 3}, {2, 2, 60, 3}, {2, 0, 60, 3}, {543, 0, 60, 3},
    };
    for (const VersionRow& row : rows) {
        PcapWriter file({.version_major = row.major, .version_minor = row.minor});
        file.record(1, 2, row.third, row.fourth, {7, 8, 9});
        const CaptureContent got = content_of(file.bytes());
        ASSERT_EQ(got.frames.size(), 1U) << row.major << '.' << row.minor;
        EXPECT_EQ(got.frames[0].octets, (Bytes{7, 8, 9}));
        EXPECT_EQ(got.frames[0].length, 60U);
    }
}

TEST(Pcap, tolerates_any_snap_length_in_the_file_header) {
    for (const std::uint32_t snap_length : {0U, 1U, 96U, 0x7fffffffU, 0xffffffffU}) {
        PcapWriter file({.snap_length = snap_length});
        const CaptureContent got = content_of(file.frame(1, 2, Bytes(1500)).bytes());
        EXPECT_EQ(got.frames.size(), 1U);
        EXPECT_TRUE(got.is_complete);
    }
}

struct SizeRow {
    std::uint32_t snap_length;
    std::uint32_t captured;
    bool is_frame;
};

TEST(Pcap, takes_a_record_for_damaged_that_is_larger_than_any_writer_makes) {
    const SizeRow rows[] = {
        {65'535, 262'144, true},         {65'535, 262'145, false},
        {300'000, 300'000, true},        {300'000, 300'001, false},
        {0xffffffff, 16U << 20U, true},  {0xffffffff, (16U << 20U) + 1, false},
        {0xffffffff, 0xffffffff, false}, {0, 262'145, false},
    };
    for (const SizeRow& row : rows) {
        PcapWriter file({.snap_length = row.snap_length});
        file.frame(1, 2, {1, 2, 3});
        file.record(1, 2, row.captured, row.captured, Bytes(std::min(row.captured, 20U << 20U)));
        const Bytes octets = file.bytes();
        OctetStream stream{Octets(octets)};
        PcapReader reader;
        std::vector<Frame> frames(10);
        std::size_t count = 0;
        while (const std::size_t got = reader.read(stream, frames)) {
            count += got;
        }
        EXPECT_EQ(count, row.is_frame ? 2U : 1U) << row.captured;
        EXPECT_EQ(reader.losses().corrupt, row.is_frame ? 0U : 1U) << row.captured;
        if (!row.is_frame) {
            EXPECT_THAT(reader.losses().problem, testing::HasSubstr("damaged at octet 43"));  // 24 + 16 + 3
        }
    }
}

TEST(Pcap, cut_at_any_octet_gives_the_frames_before_and_says_where) {
    for (const std::uint32_t magic : {0xa1b2c3d4U, 0xa1b2cd34U}) {
        PcapWriter writer({.magic = magic});
        std::vector<std::size_t> ends{writer.bytes().size()};
        for (const char* text : {"one", "", "three"}) {
            writer.frame(1, 2, test::bytes_of(text));
            ends.push_back(writer.bytes().size());
        }
        for (std::size_t cut = PcapReader::magic_size; cut <= writer.bytes().size(); ++cut) {
            const Bytes part(writer.bytes().begin(), writer.bytes().begin() + static_cast<std::ptrdiff_t>(cut));
            const CaptureContent got = content_of(part);
            const auto whole = static_cast<std::size_t>(std::ranges::count_if(ends, [&](auto e) { return e <= cut; }));
            const bool is_clean = std::ranges::find(ends, cut) != ends.end();
            ASSERT_EQ(got.frames.size(), whole == 0 ? 0 : whole - 1) << cut;
            ASSERT_EQ(got.is_complete, is_clean) << cut;
            ASSERT_EQ(got.truncated, is_clean || whole == 0 ? 0U : 1U) << cut;

            OctetStream stream{Octets(part)};
            PcapReader reader;
            std::vector<Frame> frames(10);
            while (reader.read(stream, frames) != 0) {
            }
            const std::string where = "breaks off at octet " + std::to_string(cut) + " ";
            ASSERT_EQ(reader.losses().problem.empty(), is_clean);
            ASSERT_THAT(reader.losses().problem, testing::StartsWith(is_clean ? "" : where));
        }
    }
}

TEST(Pcap, gives_what_is_there_without_waiting_for_a_full_burst) {
    PcapWriter writer;
    writer.frame(1, 2, Bytes(10)).frame(1, 3, Bytes(10)).frame(1, 4, Bytes(10));
    // The first read ends inside the third record.
    OctetStream stream(std::make_unique<test::PiecemealOctets>(writer.bytes(), 24 + 26 + 26 + 5));
    PcapReader reader;
    std::vector<Frame> frames(10);
    EXPECT_EQ(reader.read(stream, frames), 2U);
    EXPECT_EQ(reader.read(stream, frames), 1U);
    EXPECT_EQ(reader.read(stream, frames), 0U);
    EXPECT_EQ(reader.read(stream, frames), 0U);
}

TEST(Pcap, agrees_with_the_reference_on_random_damage) {
    std::mt19937 engine(42);
    const auto random = [&] { return static_cast<std::uint32_t>(engine()); };
    for (int round = 0; round < 3000; ++round) {
        constexpr std::uint32_t magics[] = {0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34};
        PcapWriter writer({.magic = magics[random() % 3],
                           .is_big_endian = random() % 2 == 0,
                           .version_minor = static_cast<std::uint16_t>(1 + random() % 4),
                           .snap_length = random()});
        for (unsigned i = random() % 8; i > 0; --i) {
            writer.frame(random(), random(), Bytes(random() % 40), random() % 80);
        }
        Bytes file = writer.bytes();
        for (unsigned i = random() % 4; i > 0; --i) {
            file[4 + random() % (file.size() - 4)] = static_cast<std::uint8_t>(random());
        }
        file.resize(file.size() - random() % 5);
        file.shrink_to_fit();
        ASSERT_TRUE(test::agrees<PcapReader>(file, reference::read_pcap(file), 1 + random() % 90)) << round;
    }
}

}  // namespace
}  // namespace echotap
