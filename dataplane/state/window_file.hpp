// SPDX-License-Identifier: Apache-2.0
// A closed window goes in, a file comes out; and back. Equal windows make equal files.
//
// The file, all little-endian: 8 octets "ECHOTAPW"; version of the body (u32); reserved, 0 (u32); octets of the file
// (u64); octets of the body (u64); the body (see window_body.hpp) as one zstd frame; XXH3-128 of all before. A file
// that was cut, lengthened or damaged anywhere is refused: nothing is read from it but its size before the checksum has
// agreed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/state/closed_window.hpp"
#include "dataplane/state/window_body.hpp"

namespace echotap {

/// Unless told otherwise, files whose body is larger than this are refused before anything is allocated.
inline constexpr std::uint64_t window_body_octets_max = std::uint64_t{8} << 30U;

/// The octets of the file.
std::vector<std::uint8_t> encode_window(const ClosedWindow& window);

/// The window in the octets of a file; `name` is for messages. Memory stays within about 30 times
/// `body_octets_max`, whatever the file claims. Throws WindowFileError.
ClosedWindow decode_window(Octets file, const std::string& name,
                           std::uint64_t body_octets_max = window_body_octets_max);

/// Under `path` there is the old file or the whole new one, whatever happens (WholeFile). Mode 0600. Throws
/// std::system_error.
void write_window(const ClosedWindow& window, const std::string& path);

/// Throws WindowFileError where the file is no whole window, std::system_error where it cannot be read.
ClosedWindow read_window(const std::string& path, std::uint64_t body_octets_max = window_body_octets_max);

}  // namespace echotap
