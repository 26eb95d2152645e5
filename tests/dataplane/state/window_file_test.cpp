// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/window_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "dataplane/capture/compression.hpp"
#include "dataplane/state/checksum.hpp"
#include "dataplane/state/varint.hpp"
#include "tests/dataplane/state/window_maker.hpp"
#include "tests/temporary_folder.hpp"

namespace echotap {
namespace {

using test::make_window;
using test::random_queries;

WindowHeader full_header() {
    WindowHeader header;
    header.view = "2001:db8::/32";
    header.length = std::chrono::hours(24);
    header.families = OriginatorFamilies::v6;
    header.anchor = Timestamp(std::chrono::hours(-5));
    header.sampling = 10;
    header.sites = {"ams", "lax"};
    header.sources = {SourceDigest::of({})};
    const auto hour = [](int number) { return test::stream_start + std::chrono::hours(number); };
    header.absences = {{header.sources[0], hour(0), hour(5)}, {header.sources[0], hour(6), hour(24)}};
    header.start = test::stream_start;
    header.end = test::stream_start + std::chrono::hours(24);
    header.revision = 3;
    for (const DropInfo& row : drop_table) {
        header.ledger.drop(row.drop, 1 + static_cast<std::uint64_t>(row.drop) * 1000);
    }
    header.ledger.enter(Stage::frame, ~std::uint64_t{0});
    header.ledger.minimised = 12;
    header.counts = {
        .reverse = 1, .minimised = 2, .repeats = 3, .late = 4, .queue_drops = 5, .filter_overflows = 6, .parts = {}};
    header.add_gap(Gap::frames_lost);
    header.completeness = Completeness::no;
    header.is_estimated = true;
    return header;
}

std::string refusal(Octets file) {
    try {
        decode_window(file, "file.window");
    } catch (const WindowFileError& error) {
        return error.what();
    }
    return "";
}

TEST(WindowFile, gives_back_what_was_written) {
    const ClosedWindow empty = make_window({}, {});
    EXPECT_EQ(decode_window(encode_window(empty), ""), empty);
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        const ClosedWindow window =
            make_window(random_queries(seed, 4'000), full_header(),
                        {.sample_size = seed % 2 == 0 ? 9U : 65'536U, .halvings = seed % 3 == 0 ? 1U : 0U});
        const std::vector<std::uint8_t> file = encode_window(window);
        const ClosedWindow read = decode_window(file, "");
        EXPECT_EQ(read, window) << "seed " << seed;
        EXPECT_EQ(encode_window(read), file);
    }
}

TEST(WindowFile, is_the_same_whatever_the_workers_and_the_keys_of_the_process) {
    const std::vector<StateQuery> queries = random_queries(9, 10'000);
    const std::vector<std::uint8_t> one = encode_window(make_window(queries, full_header()));
    EXPECT_EQ(encode_window(make_window(queries, full_header(), {.workers = 4, .process = 77})), one);
}

TEST(WindowFile, holds_the_extremes_of_every_number) {
    ClosedWindow window = make_window(random_queries(1, 50), full_header());
    window.header.start = Timestamp::min();
    window.header.end = Timestamp::max();
    window.header.absences = {{window.header.sources[0], Timestamp(std::chrono::seconds(0)), Timestamp::max()}};
    window.header.anchor = Timestamp::min();
    const std::array<std::int32_t, 2> periods{std::numeric_limits<std::int32_t>::min(),
                                              std::numeric_limits<std::int32_t>::max()};
    const std::array<std::uint32_t, 2> queriers{0, ~std::uint32_t{0}};
    window.originators = {};
    for (const std::uint8_t octet : {std::uint8_t{0x00}, std::uint8_t{0xff}}) {
        const std::array<std::uint8_t, 16> octets{octet, octet, octet, octet, octet, octet, octet, octet,
                                                  octet, octet, octet, octet, octet, octet, octet, octet};
        window.originators.push_back({.address = IpAddress::from_v6(octets.data()),
                                      .queries = ~std::uint64_t{0},
                                      .first = Timestamp::max(),
                                      .last = Timestamp::min(),
                                      .bound = octet,
                                      .periods = periods,
                                      .queriers_v4 = queriers,
                                      .queriers_v6 = {}});
    }
    window.forget_unused_queriers();
    EXPECT_EQ(decode_window(encode_window(window), ""), window);
}

TEST(WindowFile, is_refused_when_cut_at_any_octet) {
    const std::vector<std::uint8_t> file = encode_window(make_window(random_queries(2, 40), full_header()));
    for (std::size_t size = 0; size < file.size(); ++size) {
        const std::vector<std::uint8_t> cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_THAT(refusal(cut),
                    testing::AllOf(testing::StartsWith("file.window: octet "), testing::HasSubstr("again")))
            << "cut to " << size << " octets";
    }
    std::vector<std::uint8_t> longer = file;
    longer.push_back(0);
    EXPECT_NE(refusal(longer), "");
}

TEST(WindowFile, is_refused_with_any_bit_flipped) {
    std::vector<std::uint8_t> file = encode_window(make_window(random_queries(2, 40), full_header()));
    for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
        file[bit / 8] = static_cast<std::uint8_t>(file[bit / 8] ^ 1U << bit % 8);
        EXPECT_THAT(refusal(file), testing::StartsWith("file.window: octet ")) << "bit " << bit;
        file[bit / 8] = static_cast<std::uint8_t>(file[bit / 8] ^ 1U << bit % 8);
    }
    EXPECT_EQ(refusal(file), "");
}

/// A file around any body, with every size and the checksum right.
std::vector<std::uint8_t> seal(Octets body, std::uint64_t declared, std::uint8_t version = 2) {
    std::vector<std::uint8_t> file = encode_window(make_window({}, {}));
    file.resize(32);
    file[8] = version;
    const std::vector<std::uint8_t> packed = pack_zstd(body);
    file.insert(file.end(), packed.begin(), packed.end());
    for (unsigned i = 0; i < 8; ++i) {
        file[16 + i] = static_cast<std::uint8_t>((file.size() + 16) >> (i < 4 ? 8 * i : 63));
        file[24 + i] = static_cast<std::uint8_t>(declared >> (8 * i));
    }
    const ChecksumOctets sum = checksum(file);
    file.insert(file.end(), sum.begin(), sum.end());
    return file;
}

TEST(WindowFile, with_a_right_checksum_and_a_wrong_body_is_refused) {
    const ClosedWindow window = make_window(random_queries(2, 40), full_header());
    const std::vector<std::uint8_t> body = encode_window_body(window);
    EXPECT_EQ(decode_window(seal(body, body.size()), ""), window);
    EXPECT_THAT(refusal(seal(body, body.size() + 1)), testing::HasSubstr("does not unpack"));
    EXPECT_THAT(refusal(seal(body, body.size() - 1)), testing::HasSubstr("does not unpack"));
    EXPECT_THAT(refusal(seal(body, std::uint64_t{1} << 60U)), testing::HasSubstr("raise the limit"));
    for (std::size_t size = 0; size < body.size(); ++size) {
        const std::vector<std::uint8_t> cut(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_THAT(refusal(seal(cut, size)), testing::HasSubstr("of the unpacked window")) << size << " octets";
    }
}

TEST(WindowFile, of_the_first_version_is_read_as_a_window_of_all_families) {
    WindowHeader header = full_header();
    header.families = OriginatorFamilies::all;
    header.absences.clear();
    const ClosedWindow window = make_window(random_queries(2, 40), header);
    std::vector<std::uint8_t> body = encode_window_body(window);
    // What version 1 lacked: the families behind view and length (3 octets), the absences of the one source behind the
    // times.
    const std::size_t families = 1 + header.view.size() + 3;
    VarintWriter times;
    times.signed_number(header.start.time_since_epoch().count());
    times.signed_number((header.end - header.start).count());
    const std::vector<std::uint8_t> written = times.take();
    const auto found = std::search(body.begin(), body.end(), written.begin(), written.end());
    ASSERT_NE(found, body.end());
    const auto behind = found + static_cast<std::ptrdiff_t>(written.size());
    ASSERT_EQ(*behind, 0) << "no absences";
    body.erase(behind);
    ASSERT_EQ(body[families], 0) << "all families";
    body.erase(body.begin() + static_cast<std::ptrdiff_t>(families));
    EXPECT_EQ(decode_window(seal(body, body.size(), 1), ""), window);
    EXPECT_NE(refusal(seal(body, body.size())), "") << "as version 2 it is no window";
}

TEST(WindowFile, of_a_later_version_says_which_one_is_needed) {
    std::vector<std::uint8_t> file = encode_window(make_window({}, {}));
    file[8] = 3;
    EXPECT_THAT(refusal(file), testing::HasSubstr("version 3"));
    file[8] = 0;
    EXPECT_THAT(refusal(file), testing::HasSubstr("version 0"));
}

TEST(WindowFile, is_written_whole_and_for_its_owner_only) {
    const test::TemporaryFolder folder;
    const std::string path = (folder.path() / "day.window").string();
    const ClosedWindow first = make_window(random_queries(1, 500), full_header());
    const ClosedWindow second = make_window(random_queries(2, 500), full_header());
    write_window(first, path);
    EXPECT_EQ(read_window(path), first);
    write_window(second, path);
    EXPECT_EQ(read_window(path), second);
    struct stat status {};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1) << "a temporary file was left";
}

TEST(WindowFile, that_cannot_be_written_or_read_names_itself) {
    const test::TemporaryFolder folder;
    const std::string path = (folder.path() / "nowhere" / "day.window").string();
    EXPECT_THROW(write_window(make_window({}, {}), path), std::system_error);
    try {
        read_window(path);
        ADD_FAILURE() << "read a file that is not there";
    } catch (const std::system_error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("day.window"));
    }
    EXPECT_THROW(read_window(folder.path().string()), std::exception);
    // A folder in its place: the rename fails, and the temporary file goes.
    const std::string taken = (folder.path() / "taken").string();
    std::filesystem::create_directories(taken + "/inside");
    EXPECT_THROW(write_window(make_window({}, {}), taken), std::system_error);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(SourceDigests, tell_sources_apart_and_are_the_same_from_memory_and_file) {
    const test::TemporaryFolder folder;
    std::vector<std::uint8_t> octets(3'000'000);
    for (std::size_t i = 0; i < octets.size(); ++i) {
        octets[i] = static_cast<std::uint8_t>(i * 31 >> 3U);
    }
    const std::string path = folder.write("one.pcap", octets);
    EXPECT_EQ(SourceDigest::of_file(path), SourceDigest::of(octets));
    const std::vector<std::uint8_t> packed = pack_zstd(octets);
    EXPECT_EQ(SourceDigest::of_file(folder.write("one.pcap.zst", packed)), SourceDigest::of(octets));
    const std::vector<std::uint8_t> cut(packed.begin(), packed.end() - 9);
    EXPECT_NE(SourceDigest::of_file(folder.write("cut.zst", cut)), SourceDigest::of(octets));
    EXPECT_EQ(SourceDigest::of_file(folder.write("none.pcap", std::vector<std::uint8_t>())), SourceDigest::of({}));
    octets[1'234'567] ^= 1U;
    EXPECT_NE(SourceDigest::of_file(path), SourceDigest::of(octets));
    EXPECT_NE(SourceDigest::of_live("ams", {}, test::stream_start),
              SourceDigest::of_live("lax", {}, test::stream_start));
    // XXH3-128 of nothing, as its authors publish it.
    EXPECT_EQ(SourceDigest::of({}).to_string(), "99aa06d3014798d86001c324468d497f");
    EXPECT_THROW(SourceDigest::of_file(path + "x"), std::runtime_error);
}

}  // namespace
}  // namespace echotap
