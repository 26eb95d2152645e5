// SPDX-License-Identifier: Apache-2.0
// A DNS response to a question for the name of an address goes in; its name comes out, or why there is none.
//
// Sources: RFC 1035 section 4.1 (messages), RFC 2317 (PTR behind CNAME), and readings A11 and A12 of the paper's
// features: no such name and no such record are both "no reverse name exists"; whatever else fails is "cannot reach the
// authority servers"; of several names the first one in canonical order (RFC 4034 section 6.3) counts.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "analytics/resolver/querier_name.hpp"
#include "config/ip_address.hpp"
#include "dataplane/octets.hpp"

namespace echotap {

/// How a question for a name ended.
enum class PtrOutcome : std::uint8_t {
    name,       // it has one
    nxdomain,   // RCODE 3
    nodata,     // the reverse name exists, but no PTR record (or only one of the root) is there
    servfail,   // RCODE 2: the server found no authority that answers
    refused,    // RCODE 5
    other,      // another RCODE
    malformed,  // no response to our question, or broken
    silent,     // no answer in time
    no_server,  // nobody could be asked: no configured server answers any question at all
};
inline constexpr std::size_t ptr_outcome_count = 9;

struct PtrOutcomeInfo {
    std::string_view name;
    NameState state;  // reading A11
};

inline constexpr std::array<PtrOutcomeInfo, ptr_outcome_count> ptr_outcome_table{{
    {"name", NameState::name},
    {"nxdomain", NameState::nxdomain},
    {"nodata", NameState::nxdomain},
    {"servfail", NameState::unreach},
    {"refused", NameState::unreach},
    {"other", NameState::unreach},
    {"malformed", NameState::unreach},
    {"silent", NameState::unreach},
    {"no_server", NameState::unknown},
}};

constexpr const PtrOutcomeInfo& info(PtrOutcome outcome) {
    return ptr_outcome_table[static_cast<std::size_t>(outcome)];
}

/// Whether the answer says something of the address, and so that its server does its work.
constexpr bool is_conclusive(PtrOutcome outcome) {
    return outcome == PtrOutcome::name || outcome == PtrOutcome::nxdomain || outcome == PtrOutcome::nodata;
}

struct PtrReading {
    PtrOutcome outcome = PtrOutcome::malformed;
    std::string name;  // as in QuerierName

    bool operator==(const PtrReading&) const = default;
};

/// What the end of a question says of its address.
struct PtrAnswer {
    IpAddress address;
    PtrReading reading;

    QuerierName known() const { return {info(reading.outcome).state, reading.name}; }
};

/// Reads a whole message (without the length that TCP puts before it). Whatever the octets, nothing outside of them is
/// read, and the work is bounded. The records count that belong to the question's name, or to what CNAMEs make of it.
PtrReading read_ptr_response(Octets message);

/// `4.3.2.1.in-addr.arpa` (RFC 1035 section 3.5), or 32 nibbles under ip6.arpa (RFC 3596 section 2.5).
std::string reverse_name_of(const IpAddress& address);

}  // namespace echotap
