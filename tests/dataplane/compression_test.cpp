// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/compression.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lzma.h>

#include <random>

#include "tests/capture_packer.hpp"
#include "tests/capture_writer.hpp"
#include "tests/reference/capture_agreement.hpp"

namespace echotap {
namespace {

using test::Bytes;
using test::gzip;
using test::lz4;
using test::xz;
using test::zstd;

Bytes operator+(Bytes one, const Bytes& other) {
    one.insert(one.end(), other.begin(), other.end());
    return one;
}

Bytes skippable(std::uint32_t number, const Bytes& body) {
    test::ByteWriter out(false);
    out.put(std::uint32_t{0x184d2a50} + number).put(static_cast<std::uint32_t>(body.size())).put(body);
    return out.bytes();
}

/// Text that packs somewhat, so that blocks end in odd places.
Bytes sample(std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    Bytes octets(size);
    for (auto& octet : octets) {
        octet = static_cast<std::uint8_t>('a' + random() % 12);
    }
    return octets;
}

struct Unpacked {
    Bytes octets;
    std::string compression;
    std::string problem;
};

Unpacked unpack_all(const Bytes& packed, std::size_t piece = 1U << 20U, std::size_t window = 1U << 16U) {
    OctetStream stream = unpack(OctetStream(std::make_unique<test::PiecemealOctets>(packed, piece), window), window);
    Unpacked all;
    while (stream.fill(1)) {
        all.octets.insert(all.octets.end(), stream.window().begin(), stream.window().end());
        stream.consume(stream.window().size());
    }
    all.compression = stream.compression();
    all.problem = stream.problem();
    EXPECT_EQ(stream.progress().octets_total, packed.size());
    return all;
}

struct Format {
    const char* name;
    Bytes (*pack)(const Bytes&);
};

const Format formats[] = {{"gzip", gzip}, {"zstd", zstd}, {"xz", xz}, {"lz4", lz4}};

TEST(Compression, is_undone_by_content_whatever_the_sizes_of_reads_and_windows) {
    const Bytes octets = sample(700'000, 1);
    for (const Format& format : formats) {
        const Bytes packed = format.pack(octets);
        for (const std::size_t piece : {std::size_t{13}, std::size_t{4096}, std::size_t{1} << 20U}) {
            for (const std::size_t window : {std::size_t{100}, std::size_t{1} << 16U}) {
                const Unpacked got = unpack_all(packed, piece, window);
                EXPECT_EQ(got.compression, format.name);
                EXPECT_EQ(got.problem, "") << format.name;
                EXPECT_TRUE(got.octets == octets) << format.name << ' ' << piece << ' ' << window;
            }
        }
    }
}

TEST(Compression, is_undone_member_after_member) {
    const Bytes one = sample(100'000, 1);
    const Bytes other = sample(1000, 2);
    for (const Format& format : formats) {
        const Unpacked got = unpack_all(format.pack(one) + format.pack({}) + format.pack(other));
        EXPECT_EQ(got.problem, "") << format.name;
        EXPECT_TRUE(got.octets == one + other) << format.name;
    }
}

TEST(Compression, passes_over_skippable_frames_and_padding) {
    const Bytes octets = sample(5000, 1);
    for (const auto pack : {zstd, lz4}) {
        const Bytes packed = skippable(0, {1, 2, 3, 4}) + skippable(15, Bytes(300'000)) + pack(octets) +
                             skippable(3, {9}) + pack(octets);
        const Unpacked got = unpack_all(packed);
        EXPECT_EQ(got.problem, "");
        EXPECT_TRUE(got.octets == octets + octets);
    }
    EXPECT_EQ(unpack_all(gzip(octets) + Bytes(512)).problem, "");
    EXPECT_EQ(unpack_all(xz(octets) + Bytes(512)).problem, "");
}

TEST(Compression, that_breaks_off_gives_what_is_before_and_says_where) {
    const Bytes octets = sample(20'000, 1);
    for (const Format& format : formats) {
        const Bytes packed = format.pack(octets);
        for (std::size_t cut = 6; cut < packed.size(); cut += cut < 40 || cut + 40 > packed.size() ? 1 : 97) {
            const Bytes part(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(cut));
            const Unpacked got = unpack_all(part);
            ASSERT_TRUE(got.octets.size() <= octets.size() &&
                        std::equal(got.octets.begin(), got.octets.end(), octets.begin()))
                << format.name << cut;
            ASSERT_THAT(got.problem, testing::StartsWith("breaks off at octet " + std::to_string(cut))) << format.name;
        }
    }
}

TEST(Compression, that_breaks_off_in_a_later_block_gives_the_blocks_before) {
    const Bytes octets = sample(700'000, 1);
    for (const Format& format : formats) {
        const Bytes packed = format.pack(octets);
        const Bytes part(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(packed.size() / 2));
        const Unpacked got = unpack_all(part);
        ASSERT_GT(got.octets.size(), 200'000U) << format.name;
        EXPECT_TRUE(std::equal(got.octets.begin(), got.octets.end(), octets.begin())) << format.name;
    }
}

TEST(Compression, that_is_damaged_says_so_and_gives_what_is_before) {
    const Bytes octets = sample(700'000, 1);
    for (const Format& format : formats) {
        Bytes packed = format.pack(octets);
        std::fill(packed.begin() + static_cast<std::ptrdiff_t>(packed.size() * 3 / 4), packed.end(), 0xff);
        // With a window for all of it, one call could unpack what is before the damage and lose it.
        const Unpacked got = unpack_all(packed, 2U << 20U, 2U << 20U);
        // To gzip the damage can look like literals without end, and then it is the end that is missing.
        EXPECT_THAT(got.problem, testing::AnyOf(testing::HasSubstr("is damaged at octet"),
                                                testing::HasSubstr("breaks off at octet")))
            << format.name;
        ASSERT_GT(got.octets.size(), 300'000U) << format.name;
        EXPECT_TRUE(std::equal(octets.begin(), octets.begin() + 300'000, got.octets.begin())) << format.name;
    }
}

TEST(Compression, followed_by_something_else_says_so) {
    const Bytes octets = sample(1000, 1);
    for (const Format& format : formats) {
        const Unpacked got = unpack_all(format.pack(octets) + test::bytes_of("something else"));
        EXPECT_TRUE(got.octets == octets) << format.name;
        EXPECT_THAT(got.problem, testing::HasSubstr("damaged at octet")) << format.name;
    }
}

TEST(Compression, that_wants_too_much_memory_is_refused) {
    lzma_options_lzma options;
    ASSERT_FALSE(lzma_lzma_preset(&options, 0));
    options.dict_size = 256U << 20U;
    lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
    Bytes packed(1000);
    std::size_t size = 0;
    // Packing needs gigabytes for such a dictionary, so only a header is made, which is what unpackers go by.
    lzma_stream_flags flags{};
    flags.check = LZMA_CHECK_CRC32;
    ASSERT_EQ(lzma_stream_header_encode(&flags, packed.data()), LZMA_OK);
    lzma_block block{};
    block.check = LZMA_CHECK_CRC32;
    block.filters = filters;
    block.compressed_size = LZMA_VLI_UNKNOWN;
    block.uncompressed_size = LZMA_VLI_UNKNOWN;
    ASSERT_EQ(lzma_block_header_size(&block), LZMA_OK);
    ASSERT_EQ(lzma_block_header_encode(&block, packed.data() + LZMA_STREAM_HEADER_SIZE), LZMA_OK);
    size = LZMA_STREAM_HEADER_SIZE + block.header_size;
    packed.resize(size + 100);
    EXPECT_THAT(unpack_all(packed).problem, testing::HasSubstr("more than 128 MiB"));

    // A zstd frame header whose window descriptor asks for 2^31 octets (RFC 8878 section 3.1.1.1.2).
    EXPECT_THAT(unpack_all({0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00, 0x00}).problem,
                testing::HasSubstr("too much memory"));
}

TEST(Compression, of_unpacked_octets_leaves_them_as_they_are) {
    for (const Bytes& octets : {Bytes{}, Bytes{0x1f}, Bytes{0x28, 0xb5}, test::bytes_of("not packed at all")}) {
        const Unpacked got = unpack_all(octets);
        EXPECT_EQ(got.octets, octets);
        EXPECT_EQ(got.compression, "");
        EXPECT_EQ(got.problem, "");
    }
}

TEST(Compression, of_random_octets_behind_a_magic_ends) {
    std::mt19937 random(1);
    for (const Format& format : formats) {
        const Bytes good = format.pack(sample(300, 3));
        for (int i = 0; i < 300; ++i) {
            Bytes packed = good;
            for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
                packed[6 + random() % (packed.size() - 6)] = static_cast<std::uint8_t>(random());
            }
            EXPECT_LT(unpack_all(packed, 50, 128).octets.size(), 10'000'000U);
        }
    }
}

}  // namespace
}  // namespace echotap
