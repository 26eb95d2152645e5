// SPDX-License-Identifier: Apache-2.0
#include "tools/row_writer.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace echotap {

namespace {

constexpr std::size_t buffer_size = 256U << 10U;
constexpr std::size_t row_size_max = 256;  // three addresses of 45, a time of 31, names and punctuation

char* append(char* to, std::string_view text) {
    std::memcpy(to, text.data(), text.size());
    return to + text.size();
}

}  // namespace

char* write_time(char* to, Timestamp time, unsigned digits) {
    constexpr std::int64_t second = 1'000'000'000;
    const std::int64_t nanoseconds = time.time_since_epoch().count();
    std::int64_t seconds = nanoseconds / second;
    std::int64_t rest = nanoseconds % second;
    if (rest < 0) {  // before 1970: -0.25 is second -1 and 0.75 of it
        rest += second;
        --seconds;
    }
    std::int64_t unit = second;
    for (unsigned i = 0; i < digits; ++i) {
        unit /= 10;
    }
    std::int64_t fraction = rest / unit;  // in units of the last digit, rounded down
    const std::int64_t whole = second / unit;
    if (seconds < 0 && fraction > 0) {
        ++seconds;
        fraction = whole - fraction;
        if (seconds == 0) {
            *to++ = '-';
        }
    }
    to = std::to_chars(to, to + 20, seconds).ptr;
    if (digits > 0) {
        *to++ = '.';
        for (unsigned i = digits; i > 0; --i) {
            to[i - 1] = static_cast<char>('0' + fraction % 10);
            fraction /= 10;
        }
        to += digits;
    }
    return to;
}

RowWriter::RowWriter(RowFormat format, int to) : format_(format), to_(to), buffer_(buffer_size) {
}

void RowWriter::write(const ReverseQuery& query) {
    if (buffer_.size() - size_ < row_size_max) {
        flush();
    }
    // The text around the five values, in their order.
    static constexpr std::array<std::string_view, 6> tsv{"", "\t", "\t", "\t", "\t", "\n"};
    static constexpr std::array<std::string_view, 6> jsonl{
        R"({"time":)", R"(,"originator":")", R"(","querier":")", R"(","authority":")", R"(","transport":")", "\"}\n"};
    const auto& around = format_ == RowFormat::tsv ? tsv : jsonl;
    char* to = append(buffer_.data() + size_, around[0]);
    to = write_time(to, query.time, query.time_digits);
    to = query.originator.write_text(append(to, around[1]));
    to = query.querier.write_text(append(to, around[2]));
    to = query.authority.write_text(append(to, around[3]));
    to = append(append(to, around[4]), query.transport == Transport::udp ? "udp" : "tcp");
    to = append(to, around[5]);
    size_ = static_cast<std::size_t>(to - buffer_.data());
}

void RowWriter::flush() {
    std::size_t written = 0;
    while (written < size_) {
        const ssize_t count = ::write(to_, buffer_.data() + written, size_ - written);
        if (count < 0 && errno != EINTR) {
            throw std::runtime_error(fmt::format("cannot write rows to standard output: {}", std::strerror(errno)));
        }
        written += count > 0 ? static_cast<std::size_t>(count) : 0;
    }
    size_ = 0;
}

}  // namespace echotap
