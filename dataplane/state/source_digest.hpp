// SPDX-License-Identifier: Apache-2.0
// What a window was made of: the octets of a capture, or a site and a span of time, go in; 16 octets come out.
//
// Counts are not idempotent, so a window lists the digests of its sources, and windows that have a source in common are
// not merged. XXH3-128 at memory speed: it tells captures apart, it does not defend against whoever forges one.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "dataplane/frame.hpp"
#include "dataplane/state/checksum.hpp"

namespace echotap {

struct SourceDigest {
    ChecksumOctets octets{};

    /// Of a whole source in memory. What comes by and by, such as standard input, is added to a Checksum.
    static SourceDigest of(Octets source);
    /// Of what is in a file, unpacked: packed copies are the same. Throws std::runtime_error where it cannot be read.
    static SourceDigest of_file(const std::string& path);
    /// Of what a site heard live between two times.
    static SourceDigest of_live(std::string_view site, Timestamp start, Timestamp end);

    /// 32 hexadecimal digits.
    std::string to_string() const;

    friend auto operator<=>(const SourceDigest&, const SourceDigest&) = default;
};

}  // namespace echotap
