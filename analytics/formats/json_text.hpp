// SPDX-License-Identifier: Apache-2.0
// Text that somebody typed becomes a string of JSON (RFC 8259 section 7).
#pragma once

#include <string>
#include <string_view>

namespace echotap {

/// With its quotes. Octets above 0x7f stay as they are: what was UTF-8 is UTF-8.
std::string quoted(std::string_view text);

}  // namespace echotap
