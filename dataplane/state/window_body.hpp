// SPDX-License-Identifier: Apache-2.0
// The body of a window file: a closed window goes in, octets come out, and back. Neither compressed nor checksummed.
//
// The header, then columns. Numbers are LEB128 varints of the fewest octets (DWARF 4, section 7.6), a column is its
// length in octets and its values, what ascends is written as differences less one. Every window has one body, and
// every body that is accepted is the body of its window: equal files are equal windows and the other way round.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "dataplane/state/closed_window.hpp"

namespace echotap {

/// A file that is no whole window: the message names the file, the position and the cure.
class WindowFileError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Of the layout that is written. The first one lacked the families of originators and where sources lie.
inline constexpr std::uint32_t window_body_version = 2;

/// REQUIRES: a canonical window, as assemble() and merge() make it.
std::vector<std::uint8_t> encode_window_body(const ClosedWindow& window);

/// The window; `name` is for messages. A body of version 1 is of a window of all families as far as it says, and its
/// sources lie everywhere in it. REQUIRES: `version` is 1 to window_body_version. Throws WindowFileError where the
/// octets are not the body of a canonical window. Allocates as it reads, nothing ahead on the word of a number: at most
/// about 30 octets for one of the body.
ClosedWindow decode_window_body(Octets body, const std::string& name, std::uint32_t version = window_body_version);

}  // namespace echotap
