// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/octet_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <numeric>
#include <random>
#include <thread>

#include "tests/capture_writer.hpp"
#include "tests/reference/capture_agreement.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using test::Bytes;
using test::TemporaryFolder;

Bytes counted_octets(std::size_t size) {
    Bytes octets(size);
    for (std::size_t i = 0; i < size; ++i) {
        octets[i] = static_cast<std::uint8_t>(i * 7 + (i >> 8U));
    }
    return octets;
}

Bytes drain(OctetStream& stream) {
    Bytes all;
    while (stream.fill(1)) {
        const Octets window = stream.window();
        all.insert(all.end(), window.begin(), window.end());
        stream.consume(window.size());
    }
    return all;
}

TEST(OctetStream, gives_the_same_octets_however_they_are_cut_into_reads_and_windows) {
    const Bytes octets = counted_octets(20'000);
    std::mt19937 random(1);
    for (const std::size_t piece : {1U, 7U, 64U, 4096U, 30'000U}) {
        for (const std::size_t window : {1U, 100U, 5000U, 65'536U}) {
            OctetStream stream(std::make_unique<test::PiecemealOctets>(octets, piece), window);
            std::size_t at = 0;
            while (at < octets.size()) {
                const std::size_t wanted = std::min<std::size_t>(random() % 600, octets.size() - at);
                ASSERT_TRUE(stream.fill(wanted));
                ASSERT_EQ(stream.position(), at);
                ASSERT_TRUE(std::ranges::equal(stream.window().first(wanted), Octets(octets).subspan(at, wanted)));
                stream.consume(wanted);
                at += wanted;
            }
            EXPECT_FALSE(stream.fill(1));
        }
    }
}

TEST(OctetStream, keeps_the_window_in_place_while_it_holds_what_is_wanted) {
    const Bytes octets = counted_octets(1000);
    OctetStream stream(std::make_unique<test::PiecemealOctets>(octets, 500), 500);
    ASSERT_TRUE(stream.fill(200));
    const std::uint8_t* before = stream.window().data();
    stream.consume(150);
    ASSERT_TRUE(stream.fill(50));
    EXPECT_EQ(stream.window().data(), before + 150);
}

TEST(OctetStream, grows_for_a_record_larger_than_its_window) {
    const Bytes octets = counted_octets(300'000);
    OctetStream stream(std::make_unique<test::PiecemealOctets>(octets, 1000), 256);
    ASSERT_TRUE(stream.skip(5));
    ASSERT_TRUE(stream.fill(299'995));
    EXPECT_TRUE(std::ranges::equal(stream.window(), Octets(octets).subspan(5)));
    EXPECT_FALSE(stream.fill(299'996));
    EXPECT_EQ(stream.window().size(), 299'995U);
}

TEST(OctetStream, skips_more_than_it_could_hold_and_says_when_there_is_less) {
    const Bytes octets = counted_octets(100'000);
    OctetStream stream(std::make_unique<test::PiecemealOctets>(octets, 333), 64);
    EXPECT_TRUE(stream.skip(99'990));
    EXPECT_EQ(stream.position(), 99'990U);
    ASSERT_TRUE(stream.fill(10));
    EXPECT_EQ(stream.window().front(), octets[99'990]);
    EXPECT_FALSE(stream.skip(11));
}

TEST(OctetStream, over_memory_is_that_memory) {
    const Bytes octets = counted_octets(10);
    OctetStream stream{Octets(octets)};
    EXPECT_EQ(stream.window().data(), octets.data());
    EXPECT_TRUE(stream.fill(10));
    EXPECT_FALSE(stream.fill(11));
    EXPECT_EQ(stream.progress().octets_total, 10U);
}

TEST(OctetSource, reads_a_file_and_knows_how_far_it_is) {
    const TemporaryFolder folder;
    const Bytes octets = counted_octets(600'000);
    OctetStream stream(DescriptorOctets::open(folder.write("file", octets)));
    ASSERT_TRUE(stream.fill(1));
    EXPECT_LT(stream.progress().octets_read, 600'000U);
    EXPECT_EQ(stream.progress().octets_total, 600'000U);
    EXPECT_EQ(drain(stream), octets);
    EXPECT_EQ(stream.progress().octets_read, 600'000U);
    EXPECT_EQ(stream.problem(), "");
}

TEST(OctetSource, reads_a_file_that_grows_to_its_end) {
    const TemporaryFolder folder;
    const Bytes octets = counted_octets(300'000);
    const std::string path = folder.write("file", octets);
    OctetStream stream(DescriptorOctets::open(path));
    ASSERT_TRUE(stream.fill(1));
    std::ofstream(path, std::ios::binary | std::ios::app) << "grown";
    Bytes expected = octets;
    expected.insert(expected.end(), {'g', 'r', 'o', 'w', 'n'});
    EXPECT_EQ(drain(stream), expected);
    EXPECT_EQ(stream.problem(), "");
    EXPECT_EQ(stream.progress().octets_total, 300'005U);
}

TEST(OctetSource, says_when_a_file_shrinks_while_it_is_read) {
    const TemporaryFolder folder;
    const std::string path = folder.write("file", counted_octets(1'000'000));
    for (const std::size_t left : {std::size_t{400'000}, std::size_t{0}}) {
        OctetStream stream(DescriptorOctets::open(path));
        const std::uint64_t before = std::filesystem::file_size(path);
        ASSERT_TRUE(stream.fill(1));
        std::filesystem::resize_file(path, left);
        drain(stream);
        EXPECT_THAT(std::string(stream.problem()),
                    testing::StartsWith("shrank from " + std::to_string(before) + " to " + std::to_string(left) +
                                        " octets while it was read"));
    }
}

TEST(OctetSource, reads_a_pipe_as_the_octets_come) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const int standard_input = ::dup(STDIN_FILENO);
    ASSERT_GE(::dup2(ends[0], STDIN_FILENO), 0);
    ::close(ends[0]);
    const Bytes octets = counted_octets(300'000);
    ASSERT_EQ(::write(ends[1], octets.data(), 1), 1);
    OctetStream stream(DescriptorOctets::standard_input());
    EXPECT_TRUE(stream.fill(1)) << "one octet is there and must not wait for more";
    std::thread writer([&] {
        std::size_t at = 1;
        while (at < octets.size()) {
            const ssize_t put = ::write(ends[1], octets.data() + at, std::min<std::size_t>(7001, octets.size() - at));
            if (put <= 0) {
                break;
            }
            at += static_cast<std::size_t>(put);
        }
        ::close(ends[1]);
    });
    EXPECT_EQ(drain(stream), octets);
    writer.join();
    EXPECT_EQ(stream.progress().octets_total, std::nullopt);
    ::dup2(standard_input, STDIN_FILENO);
    ::close(standard_input);
}

TEST(OctetSource, names_the_path_that_it_cannot_open_and_the_cure) {
    const TemporaryFolder folder;
    try {
        DescriptorOctets::open(folder.path() / "absent");
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("absent"), testing::HasSubstr("No such file"),
                                                 testing::HasSubstr("check the path")));
    }
    EXPECT_THROW(DescriptorOctets::open(folder.path()), std::runtime_error);
}

}  // namespace
}  // namespace echotap
