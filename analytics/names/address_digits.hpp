// SPDX-License-Identifier: Apache-2.0
// Whether a name was made from its host's address: a name and an address go in, yes or no comes out. Fukuda and
// Heidemann (IMC 2015), section 3.3: "The name includes digits of the IP address"; docs/name_categories.md, reading A7.
#pragma once

#include <string_view>

#include "config/ip_address.hpp"

namespace echotap {

/// Whether `name` (plain_name() of name_encoding.hpp) holds, anywhere, of an IPv4 address
///
/// - two to four neighbouring octets in decimal, in the order of the address or in reverse, each in one to three digits
///   (so with zeros in front or without), at most one octet that is no digit between two of them, and no further digit
///   before the first or after the last; or
/// - all four as eight hexadecimal digits in a row, in either order;
///
/// and of an IPv6 address
///
/// - eight or more neighbouring nibbles that are not all zero, in either order, at most one octet that is no
/// hexadecimal
///   digit between two of them; or
/// - two neighbouring groups that are not both zero, in either order, each in one to four hexadecimal digits, one octet
///   that is neither letter nor digit between them. An end of the pair may not cut a run of letters or of digits: 1:db8
///   is in "ip1-db8f" but not in "11-db8".
///
/// A few microseconds for the longest of names.
bool has_address_digits(std::string_view name, const IpAddress& address);

}  // namespace echotap
