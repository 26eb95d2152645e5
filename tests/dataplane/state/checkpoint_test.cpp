// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/checkpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "dataplane/capture/compression.hpp"
#include "dataplane/state/window_body.hpp"
#include "tests/dataplane/state/window_maker.hpp"

namespace echotap {
namespace {

using test::make_window;
using test::random_queries;

RunBooks books_of(std::uint64_t seed, const HashKey& table_key) {
    std::mt19937_64 random(seed);
    RunBooks books;
    books.frames = random();
    books.first = Timestamp::min();
    books.last = Timestamp::max();
    for (std::uint64_t series = 0; series < seed % 4; ++series) {
        books.series.push_back({.number = -static_cast<std::int64_t>(random() % 1000), .windows = {}});
        for (std::uint64_t window = 0; window < random() % 5; ++window) {
            OpenBooks& open = books.series.back().windows[static_cast<std::int32_t>(random())];
            open.ledger.enter(Stage::frame, random());
            open.ledger.drop(Drop::icmp, random() % 3);
            open.ledger.drop(Drop::response, random());
            open.is_interrupted = random() % 2 == 0;
        }
    }
    books.fragments_held = 3;
    books.segments_held = 4;
    for (StateQuery query : random_queries(seed, seed % 5)) {
        const Timestamp time = query.time;
        query = query.kind == OriginatorKind::prefix
                    ? StateQuery::of(table_key,
                                     MinimisedQuery{.time = {},
                                                    .prefix = unmark_prefix(query.originator),
                                                    .querier = query.querier,
                                                    .authority = {},
                                                    .view = 3},
                                     time)
                    : StateQuery::of(
                          table_key,
                          ReverseQuery{
                              .time = {}, .originator = query.originator, .querier = query.querier, .authority = {}},
                          time);
        books.waiting.push_back({.query = query, .time = time, .clock = time + std::chrono::hours(2)});
    }
    return books;
}

CheckpointHead head_of(std::uint64_t seed) {
    CheckpointHead head;
    head.settings = {{"window lengths", "86400 s"}, {"anchor", ""}};
    head.sources = {SourceDigest::of({})};
    head.table_key = {seed * 77, ~std::uint64_t{0}};
    head.filter_octets = 4096;
    head.books = books_of(seed, head.table_key);
    head.books.series.resize(2);
    return head;
}

/// A filter of which the middle is empty.
std::vector<std::byte> filter_of(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<std::byte> filter(4096);
    for (std::size_t i = 0; i < filter.size(); ++i) {
        filter[i] = i < 1000 || i >= 3000 ? static_cast<std::byte>(random() % 3) : std::byte{0};
    }
    return filter;
}

const WindowKey day{.length = 0, .view = 1, .number = -7};
const WindowKey week{.length = 1, .view = 0, .number = 1'000'000};

std::vector<std::uint8_t> encode(std::uint64_t seed, const std::vector<ClosedWindow>& windows) {
    std::vector<std::uint8_t> file;
    CheckpointWriter writer([&](Octets octets) { file.insert(file.end(), octets.begin(), octets.end()); },
                            head_of(seed));
    const std::vector<std::byte> filter = filter_of(seed);
    writer.add_filter(0, std::span(filter).first(1000));
    writer.add_filter(3000, std::span(filter).subspan(3000));
    for (std::size_t i = 0; i < windows.size(); ++i) {
        writer.add_window(i == 0 ? day : week, windows[i]);
    }
    writer.finish();
    return file;
}

std::vector<std::uint8_t> octets_of(const CheckpointHead& head) {
    VarintWriter to;
    write_checkpoint_head(to, head);
    return to.take();
}

std::string refusal(Octets file, std::uint64_t octets_max = checkpoint_octets_max) {
    try {
        decode_checkpoint(file, "file.state", octets_max);
    } catch (const CheckpointError& error) {
        return error.what();
    }
    return "";
}

TEST(Checkpoints, give_back_what_was_written) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const std::vector<ClosedWindow> windows{make_window(random_queries(seed, 500)),
                                                make_window(random_queries(seed + 100, 50), {}, {.sample_size = 9}),
                                                make_window({})};
        const Checkpoint read = decode_checkpoint(encode(seed, windows), "");
        EXPECT_EQ(octets_of(read.head), octets_of(head_of(seed))) << "seed " << seed;
        EXPECT_EQ(read.head.settings, head_of(seed).settings);
        EXPECT_TRUE(read.head.books.is_at(head_of(seed).books));
        EXPECT_EQ(read.head.books.series, head_of(seed).books.series);
        ASSERT_EQ(read.head.books.waiting.size(), seed % 5);
        for (std::size_t i = 0; i < seed % 5; ++i) {
            const StateQuery& query = read.head.books.waiting[i].query;
            const StateQuery expected = head_of(seed).books.waiting[i].query;
            EXPECT_EQ(query.time, expected.time);
            EXPECT_EQ(query.originator_hash, expected.originator_hash);
            EXPECT_EQ(query.querier_hash, expected.querier_hash);
            EXPECT_EQ(query.view, expected.view);
            EXPECT_EQ(query.kind, expected.kind);
        }
        EXPECT_EQ(read.filter, filter_of(seed));
        ASSERT_EQ(read.windows.size(), windows.size());
        for (std::size_t i = 0; i < windows.size(); ++i) {
            EXPECT_EQ(read.windows[i].key, i == 0 ? day : week);
            EXPECT_EQ(read.windows[i].window, windows[i]);
        }
    }
}

TEST(Checkpoints, are_refused_when_cut_at_any_octet) {
    const std::vector<std::uint8_t> file = encode(3, {make_window(random_queries(2, 10))});
    ASSERT_EQ(refusal(file), "");
    for (std::size_t size = 0; size < file.size(); ++size) {
        const std::vector<std::uint8_t> cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_THAT(refusal(cut), testing::AllOf(testing::StartsWith("file.state: octet "),
                                                 testing::HasSubstr("remove the checkpoint")))
            << "cut to " << size << " octets";
    }
    std::vector<std::uint8_t> longer = file;
    longer.push_back(0);
    EXPECT_NE(refusal(longer), "");
}

TEST(Checkpoints, are_refused_with_any_bit_flipped) {
    std::vector<std::uint8_t> file = encode(3, {make_window(random_queries(2, 10))});
    for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
        file[bit / 8] = static_cast<std::uint8_t>(file[bit / 8] ^ 1U << bit % 8);
        EXPECT_THAT(refusal(file), testing::StartsWith("file.state: octet ")) << "bit " << bit;
        file[bit / 8] = static_cast<std::uint8_t>(file[bit / 8] ^ 1U << bit % 8);
    }
    EXPECT_EQ(refusal(file), "");
}

/// A file of these sections, with a right checksum. `declared` is what the last one says that it unpacks to; 0: the
/// truth.
std::vector<std::uint8_t> file_of(const std::vector<std::vector<std::uint8_t>>& sections, std::uint64_t declared = 0,
                                  bool has_end = true) {
    std::vector<std::uint8_t> file{'E', 'C', 'H', 'O', 'T', 'A', 'P', 'C', 2, 0, 0, 0, 0, 0, 0, 0};
    const auto append_u64 = [&](std::uint64_t value) {
        for (unsigned i = 0; i < 8; ++i) {
            file.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
        }
    };
    for (const std::vector<std::uint8_t>& section : sections) {
        const std::vector<std::uint8_t> packed = pack_zstd(section);
        append_u64(packed.size());
        append_u64(&section == &sections.back() && declared != 0 ? declared : section.size());
        file.insert(file.end(), packed.begin(), packed.end());
    }
    if (has_end) {
        append_u64(0);
        append_u64(0);
    }
    const ChecksumOctets sum = checksum(file);
    file.insert(file.end(), sum.begin(), sum.end());
    return file;
}

std::vector<std::uint8_t> section(std::uint8_t kind, std::vector<std::uint8_t> body) {
    body.insert(body.begin(), kind);
    return body;
}

TEST(Checkpoints, with_a_right_checksum_and_wrong_sections_are_refused) {
    const auto head = section(0, octets_of(head_of(3)));
    const std::vector<std::uint8_t> window_octets = encode_window_body(make_window(random_queries(2, 10)));
    auto window = section(2, {0, 0, 0});
    window.insert(window.end(), window_octets.begin(), window_octets.end());
    const auto filter = section(1, {8, 1, 2, 3});
    ASSERT_EQ(refusal(file_of({head, filter, section(1, {11, 4}), window})), "");
    ASSERT_EQ(refusal(file_of({head})), "");
    const struct {
        std::vector<std::uint8_t> file;
        const char* part;
    } rows[] = {
        {file_of({}), "octets are missing"},
        {file_of({filter}), "the head is missing"},
        {file_of({head, head}), "sections out of order"},
        {file_of({head, window, filter}), "sections out of order"},
        {file_of({head, filter, section(1, {10, 4})}), "in no place of its own"},
        {file_of({head, section(1, {0xfe, 0x1f, 1, 2, 3})}), "in no place of its own"},
        {file_of({head, section(2, {2, 0, 0})}), "no configured length"},
        {file_of({head, section(2, {0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 1})}), "the number of no window"},
        {file_of({head, section(2, {0, 0, 0, 1})}), "of the unpacked window"},
        {file_of({head, section(3, {})}), "too large"},
        {file_of({head}, head.size() + 1), "does not unpack"},
        {file_of({head}, head.size() - 1), "does not unpack"},
        {file_of({head}, std::uint64_t{1} << 50U), "more octets than are allowed"},
        {file_of({head}, 0, false), "the end is missing"},
    };
    for (const auto& row : rows) {
        EXPECT_THAT(refusal(row.file),
                    testing::AllOf(testing::StartsWith("file.state: "), testing::HasSubstr(row.part)));
    }
    EXPECT_THAT(refusal(file_of({head}), 4000), testing::HasSubstr("more octets than are allowed"));
    for (std::size_t size = 1; size < head.size(); ++size) {
        const std::vector<std::uint8_t> cut(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_THAT(refusal(file_of({cut})), testing::HasSubstr("in the section before, octet")) << size << " octets";
    }
}

TEST(Checkpoints, of_a_later_version_say_which_one_is_needed) {
    std::vector<std::uint8_t> file = file_of({section(0, octets_of(head_of(1)))});
    file.resize(file.size() - 16);
    file[8] = 3;
    const ChecksumOctets sum = checksum(file);
    file.insert(file.end(), sum.begin(), sum.end());
    EXPECT_THAT(refusal(file), testing::HasSubstr("version 3"));
}

}  // namespace
}  // namespace echotap
