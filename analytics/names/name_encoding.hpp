// SPDX-License-Identifier: Apache-2.0
// Names as the matcher reads them: a name in presentation format (RFC 1035 section 5.1) goes in, a plain text of few
// kinds of octets comes out, and out of that a text in which every keyword is a fixed string.
//
// Plain: lower case, no dot after the last component, and "?" for every octet but letters, digits, "-", "_" and the
// dots between components; so also for a dot inside of a label. Names are hostile: any octets, of any length, can be
// read.
//
// Encoded: everything but letters is a space, the public end is in upper case, and a space stands before the name, a
// line feed after it: "mail-1.example.net" is " mail   example NET\n". Then "mail" as a word is " mail ", and "send" as
// the beginning of one " send". These are literals, which Hyperscan is fastest at; they match neither in the public end
// nor across two names of one block; and the text is as long as the name, so that it is written 16 octets at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace echotap {

/// Octets of a plain name at most. A domain name has 255 on the wire (RFC 1035 section 2.3.4), 253 as text without
/// escapes; what is longer is no name and matches nothing.
inline constexpr std::size_t plain_name_max = 255;

struct PlainName {
    std::array<char, plain_name_max + 1> octets{};
    std::uint16_t size = 0;
    bool is_too_long = false;  // then size is 0

    std::string_view text() const { return {octets.data(), size}; }
};

/// Octets that write_encoded_name() may touch: the name's, one before and one after it.
inline constexpr std::size_t encoded_name_room = plain_name_max + 3;

/// Reads `name` into `plain`. `\.` and `\DDD` stand for one octet; a backslash that begins neither, nor quotes another
/// octet, for itself. One dot at the end is left out.
void read_plain_name(std::string_view name, PlainName& plain);

/// Writes the encoded form of `plain`, whose public end begins at octet `public_begin`, to `to`, where there is room
/// for encoded_name_room octets; returns its end, plain.size + 2 on. The octets after that may be changed.
char* write_encoded_name(const PlainName& plain, std::size_t public_begin, char* to);

}  // namespace echotap
