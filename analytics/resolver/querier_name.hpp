// SPDX-License-Identifier: Apache-2.0
// What is known of a querier's reverse name: the one answer of every source of names.
#pragma once

#include <cstdint>
#include <string>

namespace echotap {

enum class NameState : std::uint8_t {
    unknown,   // nobody has asked, or nobody has answered yet
    name,      // it has one
    nxdomain,  // its authority says that it has none
    unreach,   // its authority cannot be reached or does not answer
};

struct QuerierName {
    NameState state = NameState::unknown;
    std::string name;  // presentation format (RFC 1035 section 5.1), without the last dot; empty unless there is one

    bool operator==(const QuerierName&) const = default;
};

}  // namespace echotap
