// SPDX-License-Identifier: Apache-2.0
// The arguments of DPDK's environment layer (EAL): the configuration and the machine go in, an argument list comes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "config/port_config.hpp"
#include "dataplane/dpdk/port_spec.hpp"

namespace echotap {

/// What the arguments depend on beside the configuration. A value, so that a test can be any machine.
struct Machine {
    std::vector<unsigned> cpus;              // that this process may run on, ascending
    std::size_t huge_pages_free_mib = 0;     // in 2 MiB and 1 GiB pages together
    std::size_t huge_pages_present = 0;      // pages that are reserved, free or not
    std::size_t lockable_octets = SIZE_MAX;  // memory that this process may lock
    int process = 0;                         // its number

    /// This machine and this process.
    static Machine look();
};

/// The ports, parsed, with the rest of `config` checked. Throws std::runtime_error that names the value and its range.
std::vector<PortSpec> check(const PortConfig& config);

/// Memory in MiB that the buffers of these ports can take, with room for DPDK's own.
std::size_t memory_needed_mib(const PortConfig& config, const std::vector<PortSpec>& ports);

/// Whether to use huge pages. Throws std::runtime_error where they are demanded and none is reserved.
bool use_huge_pages(const PortConfig& config, const std::vector<PortSpec>& ports, const Machine& machine);

/// The arguments, program name first. The main thread is lcore 0, worker n lcore n + 1.
std::vector<std::string> eal_arguments(const PortConfig& config, const std::vector<PortSpec>& ports,
                                       const Machine& machine);

}  // namespace echotap
