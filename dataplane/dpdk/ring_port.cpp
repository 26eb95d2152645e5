// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/ring_port.hpp"

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_lcore.h>

#include <stdexcept>
#include <string>
#include <vector>

namespace echotap {

namespace {

std::string ring_name(const PortSpec& spec, unsigned queue) {
    return fmt::format("{}_queue{}", spec.name, queue);
}

}  // namespace

std::uint16_t make_ring_port(const PortSpec& spec) {
    std::vector<rte_ring*> rings;
    for (unsigned queue = 0; queue < spec.queues; ++queue) {
        // One fills it, one empties it. A ring holds one element less than its size, unless it is told to be exact.
        rte_ring* const ring =
            rte_ring_create(ring_name(spec, queue).c_str(), spec.slots, static_cast<int>(rte_socket_id()),
                            RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
        if (ring == nullptr) {
            throw std::runtime_error(fmt::format("port {}: no memory for a ring of {} slots ({}): raise memory_mib",
                                                 spec.text, spec.slots, rte_strerror(rte_errno)));
        }
        rings.push_back(ring);
    }
    const int number =
        rte_eth_from_rings(spec.name.c_str(), rings.data(), spec.queues, rings.data(), spec.queues, rte_socket_id());
    if (number < 0) {
        throw std::runtime_error(fmt::format("port {}: DPDK cannot make it: {}", spec.text, rte_strerror(rte_errno)));
    }
    return static_cast<std::uint16_t>(number);
}

rte_ring* ring_of(const PortSpec& spec, unsigned queue) {
    rte_ring* const ring = rte_ring_lookup(ring_name(spec, queue).c_str());
    if (ring == nullptr) {
        throw std::runtime_error(fmt::format("port {} has no ring for queue {}", spec.text, queue));
    }
    return ring;
}

}  // namespace echotap
