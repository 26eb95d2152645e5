// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/pcapng.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "tests/capture_writer.hpp"
#include "tests/reference/capture_agreement.hpp"

namespace echotap {
namespace {

using reference::CaptureContent;
using test::Bytes;
using test::bytes_of;
using test::PcapngWriter;

constexpr std::int64_t second = 1'000'000'000;

CaptureContent content_of(const PcapngWriter& writer) {
    const Bytes exact(writer.bytes());
    EXPECT_TRUE(test::agrees<PcapngReader>(exact, reference::read_pcapng(exact), 11));
    return test::content_of<PcapngReader>(OctetStream(Octets(exact)), 256);
}

std::string problem_of(const Bytes& file) {
    OctetStream stream{Octets(file)};
    PcapngReader reader;
    std::vector<Frame> frames(10);
    while (reader.read(stream, frames) != 0) {
    }
    return reader.losses().problem;
}

TEST(Pcapng, reads_packet_blocks_of_all_kinds_in_either_byte_order) {
    for (const bool is_big_endian : {false, true}) {
        PcapngWriter writer(is_big_endian);
        writer.interface({.link = 1}).interface({.link = 113, .resolution = std::uint8_t{9}});
        writer.enhanced(0, 1'700'000'000'000'001, bytes_of("enhanced"), 99);
        writer.enhanced(1, 1'700'000'000'000'000'002, bytes_of("other interface"));
        writer.simple(bytes_of("simple")).obsolete(1, 3, bytes_of("obsolete"));
        const CaptureContent expected{.frames = {{bytes_of("enhanced"), 99, 1'700'000'000'000'001'000, 1, 6},
                                                 {bytes_of("other interface"), 15, 1'700'000'000'000'000'002, 113, 9},
                                                 {bytes_of("simple"), 6, 1'700'000'000'000'000'002, 1, 0},
                                                 {bytes_of("obsolete"), 8, 3, 113, 9}}};
        EXPECT_EQ(content_of(writer), expected) << is_big_endian;
    }
}

TEST(Pcapng, recognises_a_section_header_and_nothing_else) {
    EXPECT_TRUE(PcapngReader::recognises(PcapngWriter(false).bytes()));
    EXPECT_TRUE(PcapngReader::recognises(PcapngWriter(true).bytes()));
    EXPECT_FALSE(PcapngReader::recognises(Octets(PcapngWriter().bytes()).first(11)));
    EXPECT_FALSE(PcapngReader::recognises(test::PcapWriter().bytes()));
    EXPECT_FALSE(PcapngReader::recognises(Bytes{0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 1, 2, 3, 4}));
}

TEST(Pcapng, begins_anew_with_every_section) {
    PcapngWriter writer(false);
    writer.interface({.link = 101}).enhanced(0, second / 1000, {1});
    writer.section(true, 12345).enhanced(0, 1, {2});  // no interface yet: corrupt, and passed over
    writer.interface({.link = 0, .resolution = std::uint8_t{0}}).enhanced(0, 2, {3});
    const CaptureContent expected{
        .frames = {{{1}, 1, second, 101, 6}, {{3}, 1, 2 * second, 0, 0}}, .corrupt = 1, .is_complete = false};
    EXPECT_EQ(content_of(writer), expected);
}

struct ScaleRow {
    const char* story;
    std::uint8_t resolution;
    std::int64_t offset;
    std::uint64_t ticks;
    std::int64_t time;
    unsigned digits;
};

TEST(Pcapng, counts_time_in_any_resolution_and_from_any_offset) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
    constexpr std::uint64_t ticks_max = std::numeric_limits<std::uint64_t>::max();
    const ScaleRow rows[] = {
        {"seconds", 0, 0, 7, 7 * second, 0},
        {"milliseconds", 3, 0, 7001, 7 * second + 1'000'000, 3},
        {"microseconds", 6, 0, 7'000'001, 7 * second + 1000, 6},
        {"nanoseconds", 9, 0, 7, 7, 9},
        {"picoseconds", 12, 0, 7999, 7, 9},
        {"10^-28", 28, 0, ticks_max, 1, 9},
        {"10^-29", 29, 0, ticks_max, 0, 9},
        {"10^-127", 127, 0, ticks_max, 0, 9},
        {"whole seconds as a power of two", 0x80, 0, 3, 3 * second, 9},
        {"2^-10", 0x8a, 0, 1024 + 512, second + second / 2, 9},
        {"2^-32", 0xa0, 0, (std::uint64_t{1} << 32U) + (1U << 31U), second + second / 2, 9},
        {"2^-63", 0xbf, 0, ticks_max, 2 * second - 1, 9},
        {"2^-127", 0xff, 0, ticks_max, 0, 9},
        {"an offset", 6, 1'000'000, 5, 1'000'000 * second + 5000, 6},
        {"an offset back", 9, -5, 1, -5 * second + 1, 9},
        {"too far ahead", 0, 0, ticks_max, most, 0},
        {"too far ahead by offset", 9, std::numeric_limits<std::int64_t>::max(), 0, most, 9},
        {"too far back", 9, std::numeric_limits<std::int64_t>::min(), 0, least, 9},
    };
    for (const ScaleRow& row : rows) {
        PcapngWriter writer;
        writer.interface({.link = 1, .resolution = row.resolution, .offset = row.offset}).enhanced(0, row.ticks, {1});
        const CaptureContent got = content_of(writer);
        ASSERT_EQ(got.frames.size(), 1U) << row.story;
        EXPECT_EQ(got.frames[0].time, row.time) << row.story;
        EXPECT_EQ(got.frames[0].time_digits, row.digits) << row.story;
    }
}

TEST(Pcapng, cuts_simple_packets_where_the_snap_length_says) {
    PcapngWriter writer;
    writer.simple({9});  // before any interface
    writer.interface({.link = 1, .snap_length = 4}).interface({.link = 2, .snap_length = 2});
    writer.simple(bytes_of("four"), 60).simple(bytes_of("few")).simple(bytes_of("padding!"), 60);
    writer.simple(bytes_of("fo"), 3).simple({}, 1);  // the last lacks the octet it promises
    const CaptureContent expected{.frames = {{bytes_of("four"), 60, 0, 1, 0},
                                             {bytes_of("few"), 3, 0, 1, 0},
                                             {bytes_of("padd"), 60, 0, 1, 0},
                                             {{'f', 'o', 0}, 3, 0, 1, 0}},
                                  .corrupt = 2,
                                  .is_complete = false};
    EXPECT_EQ(content_of(writer), expected);
}

TEST(Pcapng, passes_over_blocks_that_it_does_not_know) {
    PcapngWriter writer;
    writer.block(5, Bytes(24)).block(0x0bad, bytes_of("custom..")).interface({.link = 1});
    writer.block(0x80000001, Bytes(3'000'000)).enhanced(0, 1, {1}).block(10, {}).enhanced(0, 2, {2});
    const Bytes& file = writer.bytes();
    const CaptureContent got =
        test::content_of<PcapngReader>(OctetStream(std::make_unique<test::PiecemealOctets>(file, 100'000), 4096), 256);
    EXPECT_EQ(got, reference::read_pcapng(file));
    EXPECT_EQ(got.frames.size(), 2U);
    EXPECT_TRUE(got.is_complete);
}

TEST(Pcapng, does_not_hold_a_huge_block_to_pass_over_it) {
    // Four gigabytes announced, and some of them there: an unknown block, and a packet that none could be.
    for (const std::uint32_t type : {77U, 6U}) {
        PcapngWriter writer;
        writer.interface({.link = 1}).enhanced(0, 1, {1}).block(type, Bytes(100), 0xfffffffc, 0);
        EXPECT_THAT(problem_of(writer.bytes()), testing::StartsWith("breaks off at octet"));
        const CaptureContent got = content_of(writer);
        EXPECT_EQ(got.frames.size(), 1U);
        EXPECT_EQ(got.truncated, type == 6 ? 1U : 0U);
    }
}

TEST(Pcapng, counts_a_packet_that_contradicts_itself_and_goes_on) {
    PcapngWriter writer;
    writer.interface({.link = 1});
    writer.enhanced(1, 1, {1});                      // an interface that is not there
    writer.enhanced(0, 1, {1, 2, 3, 4}, {}, 5);      // more captured than the block holds
    writer.enhanced(0, 1, {1}, {}, 0xffffffff);      //
    writer.block(6, Bytes(16)).block(2, Bytes(16));  // too small for its fields
    writer.block(3, {});                             //
    writer.enhanced(0, 1, Bytes(262'145));           // larger than any writer makes
    writer.enhanced(0, 1, Bytes(262'144)).enhanced(0, 7, {7});
    const CaptureContent got = test::content_of<PcapngReader>(OctetStream(Octets(writer.bytes())), 256);
    EXPECT_EQ(got, reference::read_pcapng(writer.bytes()));
    EXPECT_EQ(got.frames.size(), 2U);
    EXPECT_EQ(got.corrupt, 7U);
    EXPECT_THAT(problem_of(writer.bytes()), testing::HasSubstr("damaged at octet 64:"));
}

struct CorruptRow {
    const char* story;
    PcapngWriter writer;
    std::uint64_t corrupt;
    const char* problem;
};

TEST(Pcapng, stops_where_the_next_block_can_no_longer_be_found) {
    const auto good = [] { return PcapngWriter().interface({.link = 1}).enhanced(0, 1, {1}); };
    const CorruptRow rows[] = {
        {"lengths differ", good().block(6, Bytes(24), 36, 40), 1, "two lengths, 36 and 40, differ"},
        {"lengths of another block differ", good().block(5, Bytes(8), 20, 24), 0, "two lengths"},
        {"length under 12", good().block(5, {}, 8, 8), 0, "cannot have 8 octets"},
        {"length 0", good().block(6, {}, 0, 0), 1, "cannot have 0 octets"},
        {"length no multiple of 4", good().block(5, Bytes(8), 21, 21), 0, "cannot have 21 octets"},
        {"interface too small", good().block(1, Bytes(4)), 0, "cannot have 16 octets"},
        {"section too small", good().block(0x0a0d0d0a, {0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0}), 0, "have 20 octets"},
        {"section without magic", good().block(0x0a0d0d0a, Bytes(16)), 0, "without byte-order magic"},
        {"section of version 2", good().section(false, 0, 2), 0, "version 2"},
    };
    for (CorruptRow row : rows) {
        const std::size_t position = good().bytes().size();
        row.writer.enhanced(0, 2, {2});
        const CaptureContent got = content_of(row.writer);
        EXPECT_EQ(got.frames.size(), 1U) << row.story;
        EXPECT_EQ(got.corrupt, row.corrupt) << row.story;
        EXPECT_THAT(problem_of(row.writer.bytes()),
                    testing::AllOf(testing::StartsWith("is damaged at octet " + std::to_string(position)),
                                   testing::HasSubstr(row.problem)))
            << row.story;
    }
}

TEST(Pcapng, reads_interface_options_only_as_far_as_they_are_well_formed) {
    test::ByteWriter body(false);
    body.put(std::uint16_t{1}).put(std::uint16_t{0}).put(std::uint32_t{0});
    body.put(std::uint16_t{9}).put(std::uint16_t{1}).put(std::uint32_t{9});
    body.put(std::uint16_t{14}).put(std::uint16_t{200}).put(std::uint32_t{0});
    PcapngWriter writer;
    writer.block(1, body.bytes()).enhanced(0, 5, {1});
    writer.block(1, Bytes(8)).enhanced(1, 5, {1});  // no options at all
    const CaptureContent got = content_of(writer);
    ASSERT_EQ(got.frames.size(), 2U);
    EXPECT_EQ(got.frames[0].time, 5);
    EXPECT_EQ(got.frames[1].time, 5000);
}

TEST(Pcapng, knows_a_bounded_number_of_interfaces) {
    PcapngWriter writer;
    for (std::size_t i = 0; i <= PcapngReader::interfaces_max; ++i) {
        writer.block(1, Bytes(8));
    }
    writer.enhanced(PcapngReader::interfaces_max - 1, 1, {1}).enhanced(PcapngReader::interfaces_max, 1, {2});
    const CaptureContent got = test::content_of<PcapngReader>(OctetStream(Octets(writer.bytes())), 256);
    EXPECT_EQ(got.frames.size(), 1U);
    EXPECT_EQ(got.corrupt, 1U);
}

TEST(Pcapng, cut_at_any_octet_gives_the_frames_before_and_says_where) {
    for (const bool is_big_endian : {false, true}) {
        PcapngWriter writer(is_big_endian);
        std::vector<std::size_t> clean{writer.bytes().size()};
        std::vector<std::size_t> frame_ends;
        const auto mark = [&](bool is_frame) {
            clean.push_back(writer.bytes().size());
            if (is_frame) {
                frame_ends.push_back(writer.bytes().size());
            }
        };
        writer.interface({.link = 1, .resolution = std::uint8_t{9}});
        mark(false);
        writer.enhanced(0, 1, bytes_of("enhanced"));
        mark(true);
        writer.simple(bytes_of("simple"));
        mark(true);
        writer.block(5, Bytes(12));
        mark(false);
        writer.section(!is_big_endian);
        mark(false);
        writer.interface({.link = 1}).obsolete(0, 1, bytes_of("obsolete"));
        clean.push_back(writer.bytes().size() - 32 - 8);
        mark(true);
        for (std::size_t cut = PcapngReader::magic_size; cut <= writer.bytes().size(); ++cut) {
            const Bytes part(writer.bytes().begin(), writer.bytes().begin() + static_cast<std::ptrdiff_t>(cut));
            ASSERT_TRUE(test::agrees<PcapngReader>(part, reference::read_pcapng(part), 5)) << cut;
            const CaptureContent got = test::content_of<PcapngReader>(OctetStream(Octets(part)), 256);
            const bool is_clean = std::ranges::find(clean, cut) != clean.end();
            ASSERT_EQ(got.frames.size(),
                      static_cast<std::size_t>(std::ranges::count_if(frame_ends, [&](auto e) { return e <= cut; })));
            ASSERT_EQ(got.is_complete, is_clean) << cut;
            const std::string where = "breaks off at octet " + std::to_string(cut) + " ";
            ASSERT_THAT(problem_of(part), testing::StartsWith(is_clean ? "" : where));
        }
    }
}

TEST(Pcapng, agrees_with_the_reference_on_random_damage) {
    std::mt19937 engine(42);
    const auto random = [&] { return static_cast<std::uint32_t>(engine()); };
    for (int round = 0; round < 3000; ++round) {
        PcapngWriter writer(random() % 2 == 0);
        for (unsigned i = 1 + random() % 10; i > 0; --i) {
            const Bytes octets(random() % 30);
            switch (random() % 6) {
                case 0:
                    writer.section(random() % 2 == 0);
                    break;
                case 1:
                    writer.interface({.link = static_cast<std::uint16_t>(random()),
                                      .snap_length = random() % 3 == 0 ? 0U : static_cast<unsigned>(random() % 40),
                                      .resolution = static_cast<std::uint8_t>(random()),
                                      .offset = static_cast<std::int64_t>(random())});
                    break;
                case 2:
                    writer.simple(octets, random() % 40);
                    break;
                case 3:
                    writer.obsolete(static_cast<std::uint16_t>(random() % 2), random(), octets);
                    break;
                default:
                    writer.enhanced(random() % 2, (std::uint64_t{random()} << 32U) + random(), octets);
            }
        }
        Bytes file = writer.bytes();
        for (unsigned i = random() % 4; i > 0; --i) {
            file[12 + random() % (file.size() - 12)] = static_cast<std::uint8_t>(random());
        }
        file.resize(file.size() - random() % 5);
        file.shrink_to_fit();
        ASSERT_TRUE(test::agrees<PcapngReader>(file, reference::read_pcapng(file), 1 + random() % 90)) << round;
    }
}

}  // namespace
}  // namespace echotap
