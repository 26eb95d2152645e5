// SPDX-License-Identifier: Apache-2.0
// How a row per originator is printed.
#pragma once

namespace echotap {

enum class RowsFormat {
    table,  // for people, in 80 columns
    csv,    // RFC 4180
    jsonl,  // a line of JSON for each row
};

}  // namespace echotap
