// SPDX-License-Identifier: Apache-2.0
// Compressed captures: packed octets go in, the octets of the capture come out. Also, in memory, zstd both ways.
//
// gzip (RFC 1952), zstd (RFC 8878), xz (tukaani.org, xz-file-format 1.2) and lz4 frames (lz4_Frame_format 1.6), each
// also as several members one after another. Recognised by content, so that it works on standard input and whatever
// the name. Damaged or cut input yields everything before the damage, as far as the format's own blocks allow.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/capture/octet_stream.hpp"

namespace echotap {

/// An unpacker holds at most this much for its dictionary or window; input that wants more is reported as a problem.
/// The strongest ordinary levels (xz -9, zstd --long) want 65 MiB and 128 MiB.
inline constexpr std::size_t unpack_memory_max = 128U << 20U;

/// One zstd frame of all these octets, level 3; the same octets give the same frame.
std::vector<std::uint8_t> pack_zstd(Octets octets);

/// Unpacks one zstd frame that fills `into` exactly; false where it does not, or is none.
bool unpack_zstd(Octets frame, std::span<std::uint8_t> into);

/// Looks at the first octets of `raw`: returns a stream of what is packed in it, or `raw` itself when it is not
/// compressed. Positions in the new stream count unpacked octets; progress() still counts those of the file.
/// Throws std::runtime_error only where the library cannot be set up (no memory).
OctetStream unpack(OctetStream raw, std::size_t window_size = OctetStream::window_size_default);

}  // namespace echotap
