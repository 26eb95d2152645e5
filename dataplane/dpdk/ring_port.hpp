// SPDX-License-Identifier: Apache-2.0
// Loopback ports with as much room and as many queues as one asks for: a port's string goes in, rings and a port come
// out.
//
// The rings of DPDK's own net_ring hold 1,023 frames each, which is less than any NIC. `net_ring0,slots=4096,queues=2`
// is a port of the same driver over rings that are made here. Whoever fills them (Replayer) does what a NIC would do by
// RSS: frames of a pair of addresses go into one queue.
#pragma once

#include <rte_ring.h>

#include <cstdint>

#include "dataplane/dpdk/port_spec.hpp"

namespace echotap {

/// Makes rings and port as `spec` says, and returns the port's number. The rings live as long as the EAL. REQUIRES: an
/// Eal; spec.slots != 0. Throws std::runtime_error where there is no memory for them.
std::uint16_t make_ring_port(const PortSpec& spec);

/// The ring behind receive queue `queue` of such a port; for one thread to put frames into. Throws std::runtime_error
/// where there is none.
rte_ring* ring_of(const PortSpec& spec, unsigned queue);

}  // namespace echotap
