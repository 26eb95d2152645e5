// SPDX-License-Identifier: Apache-2.0
// Names as the matcher reads them: a name in presentation format (RFC 1035 section 5.1) goes in, a plain text of few
// octets comes out, and out of that a text in which every rule is a fixed string.
//
// Plain: lower case, no dot after the last component, and "?" for every octet but letters, digits, "-", "_" and the
// dots between components; so also for a dot inside of a label. Names are hostile: any octets, of any length, can be
// read.
//
// Encoded: words stand between spaces, the public end is in upper case, a dot stands in front of every component and a
// line feed at the end. "mail-1.Example.net" is ". mail -1. example .NET\n". Then "mail" as a word is " mail ", "send"
// as the beginning of one is " send", and "example.net" as the end of the name is ". example .NET\n": literals, which
// are what Hyperscan is fastest at, and which cannot match across two names in one block.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace echotap {

/// Octets of a plain name at most. A domain name has 255 on the wire (RFC 1035 section 2.3.4), 253 as text without
/// escapes; what is longer is no name and matches nothing.
inline constexpr std::size_t plain_name_max = 255;

/// Octets of an encoded name at most: each a word of its own, and the marks at both ends.
inline constexpr std::size_t encoded_name_max = 2 * plain_name_max + 2;

/// Writes `name` in plain form to `to`, which has room for plain_name_max octets; returns their number, or nothing
/// where they would be more. `\.` and `\DDD` stand for one octet; a backslash that begins neither, nor quotes an octet,
/// for itself. One dot at the end is left out.
std::optional<std::size_t> write_plain_name(std::string_view name, char* to);

/// The same as text; nothing where the name is too long. For what is not hot.
std::optional<std::string> plain_name(std::string_view name);

/// Writes the encoded form of `plain`, whose public end begins at `public_begin`, to `to`, which has room for
/// 2 * plain.size() + 2 octets; returns its end.
char* write_encoded_name(std::string_view plain, std::size_t public_begin, char* to);

}  // namespace echotap
