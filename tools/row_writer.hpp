// SPDX-License-Identifier: Apache-2.0
// Reverse queries go in, rows on standard output come out: `time originator querier authority transport`.
//
// Rows are printed by the million, so they are put together in one buffer without allocation.
#pragma once

#include <string>
#include <vector>

#include "dataplane/reverse_query.hpp"
#include "tools/command_line.hpp"

namespace echotap {

class RowWriter {
public:
    /// Writes to the file descriptor `to`, which must outlive the writer.
    RowWriter(RowFormat format, int to);

    /// Appends a row; throws std::runtime_error where the output cannot be written.
    void write(const ReverseQuery& query);

    /// Writes what is buffered. Call it at the end, and whenever a reader waits for rows.
    void flush();

private:
    RowFormat format_;
    int to_;
    std::vector<char> buffer_;
    std::size_t size_ = 0;
};

/// Seconds since 1970 with `digits` decimals (0 to 9), rounded down; `to` needs room for 31 octets. Returns the end.
char* write_time(char* to, Timestamp time, unsigned digits);

}  // namespace echotap
