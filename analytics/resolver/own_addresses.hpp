// SPDX-License-Identifier: Apache-2.0
// From which addresses our own questions for names leave this host: the configuration of the resolver goes in,
// addresses for LineConfig::own_resolver_addresses come out.
//
// A tap may see our own questions, or those that a recursive server asks on our behalf, and they look like backscatter.
// What a server elsewhere asks cannot be told from here: where it serves nobody else, its addresses are to be
// configured.
#pragma once

#include <vector>

#include "config/ip_address.hpp"
#include "config/line_config.hpp"
#include "config/resolver_config.hpp"

namespace echotap {

/// The source address towards each server, and all addresses of this host where a server is on it, since what that asks
/// leaves the host from one of them. Ascending; without loopback and link-local addresses, which no tap sees. Sends
/// nothing. A server to which there is no route adds nothing. Throws std::runtime_error where a configured source
/// address is not this host's.
std::vector<IpAddress> own_addresses(const ResolverConfig& config);

/// Adds them to those that the line leaves out, so that what we ask never counts as backscatter. Returns which ones;
/// none where no server is configured. Throws what own_addresses() throws.
std::vector<IpAddress> leave_out_own_questions(LineConfig& line, const ResolverConfig& config);

}  // namespace echotap
