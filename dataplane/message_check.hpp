// SPDX-License-Identifier: Apache-2.0
// Is this a DNS message beyond doubt? Octets go in, a verdict comes out (RFC 1035 sections 4.1 and 3.1).
//
// A TCP stream that was joined late, or that has a gap, is picked up again where a message certainly starts. So this
// is no parser for messages: it refuses much that is legal (NOTIFY, UPDATE, transfers without a question) because a
// boundary missed costs one message, and a boundary imagined costs the rest of the stream.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/octets.hpp"

namespace echotap {

enum class Certainty : std::uint8_t {
    refused,     // no message, or not certainly one
    unfinished,  // nothing speaks against it in the octets that are there
    certain,     // every octet of it is where a DNS message has it
};

/// Looks at `there`, the first octets of what a length prefix says is a message of `size` octets.
///
/// Certain is: opcode QUERY; one question, uncompressed, of class IN, CH, HS or ANY; a query without answer and
/// authority records, with at most two additional ones (OPT, TSIG) and without flags that only responses set; and all
/// records together end with the last octet. RDATA is not looked into. Compression pointers must lead back.
///
/// there.size() <= size; with fewer octets the verdict is never `certain`. A verdict of `refused` stands whatever
/// octets follow. Takes time linear in there.size(). Reads nothing outside `there`.
Certainty check_message(Octets there, std::size_t size);

/// The smallest message that can be certain: a header and a question for the root.
inline constexpr std::size_t certain_size_min = 17;

}  // namespace echotap
