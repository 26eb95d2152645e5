// SPDX-License-Identifier: Apache-2.0
#include "tools/row_writer.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>

namespace echotap {
namespace {

std::string time_text(std::int64_t nanoseconds, unsigned digits) {
    std::array<char, 32> text;
    return {text.data(), write_time(text.data(), Timestamp(std::chrono::nanoseconds(nanoseconds)), digits)};
}

TEST(RowWriter, prints_time_with_the_resolution_of_the_capture) {
    EXPECT_EQ(time_text(1397559600'000001000, 6), "1397559600.000001");
    EXPECT_EQ(time_text(1397559600'000001002, 9), "1397559600.000001002");
    EXPECT_EQ(time_text(1397559600'999999999, 6), "1397559600.999999") << "rounded down, never into the next second";
    EXPECT_EQ(time_text(1397559600'999999999, 0), "1397559600");
    EXPECT_EQ(time_text(1397559600'050000000, 3), "1397559600.050");
    EXPECT_EQ(time_text(0, 6), "0.000000");
}

TEST(RowWriter, prints_times_before_1970) {
    EXPECT_EQ(time_text(-250'000'000, 2), "-0.25");
    EXPECT_EQ(time_text(-1'250'000'000, 2), "-1.25");
    EXPECT_EQ(time_text(-1'000'000'000, 6), "-1.000000");
}

/// What a writer of `format` prints for one query.
std::string row(RowFormat format, const ReverseQuery& query) {
    std::array<int, 2> ends{};
    EXPECT_EQ(pipe(ends.data()), 0);
    RowWriter writer(format, ends[1]);
    writer.write(query);
    writer.flush();
    close(ends[1]);
    std::string text(1024, '\0');
    text.resize(static_cast<std::size_t>(read(ends[0], text.data(), text.size())));
    close(ends[0]);
    return text;
}

TEST(RowWriter, prints_a_row_per_query) {
    const ReverseQuery query{.time = Timestamp(std::chrono::microseconds(1'500'000)),
                             .originator = *IpAddress::parse("2001:db8::1"),
                             .querier = *IpAddress::parse("192.0.2.1"),
                             .authority = *IpAddress::parse("198.51.100.53"),
                             .transport = Transport::tcp};
    EXPECT_EQ(row(RowFormat::tsv, query), "1.500000\t2001:db8::1\t192.0.2.1\t198.51.100.53\ttcp\n");
    EXPECT_EQ(row(RowFormat::jsonl, query), R"({"time":1.500000,"originator":"2001:db8::1","querier":"192.0.2.1",)"
                                            R"("authority":"198.51.100.53","transport":"tcp"})"
                                            "\n");
}

TEST(RowWriter, says_when_rows_cannot_be_written) {
    RowWriter writer(RowFormat::tsv, -1);
    writer.write(ReverseQuery{});
    EXPECT_THROW(writer.flush(), std::runtime_error);
}

}  // namespace
}  // namespace echotap
