// SPDX-License-Identifier: Apache-2.0
// The body of a window file: a closed window goes in, octets come out, and back. Neither compressed nor checksummed.
//
// Numbers are LEB128 varints of the fewest octets. What ascends is written as differences. Header first, then column by
// column. Every window has one body and every body that is accepted is the body of its window, so equal files are equal
// windows and the other way round.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/state/closed_window.hpp"

namespace echotap {

std::vector<std::uint8_t> encode_window_body(const ClosedWindow& window);

/// What is wrong with a body, and where.
struct BodyError {
    std::uint64_t position = 0;  // octet of the body
    std::string message;
};

/// The window, or nothing and `error`. Allocates a bounded multiple of the body's octets, whatever they claim.
std::optional<ClosedWindow> decode_window_body(Octets body, BodyError& error);

}  // namespace echotap
