// SPDX-License-Identifier: Apache-2.0
// Receive-side scaling (RSS) as we need it: on IP addresses only, the same for both directions; and whether what a NIC
// says it does is that.
#pragma once

#include <rte_ethdev.h>

#include <cstdint>
#include <string>
#include <vector>

namespace echotap {

/// The hash types that look at addresses and at nothing else, fragments included. Without IPV6_EX, which takes the home
/// address of mobile IPv6 instead of the one in the header, so that the two directions would part.
inline constexpr std::uint64_t address_hashes = RTE_ETH_RSS_IP & ~std::uint64_t{RTE_ETH_RSS_IPV6_EX};

/// The key 0x6d5a over and over: with it, Toeplitz gives the same for both directions, because every address, and
/// every half of one, meets the same 16 bits of key (Woo and Park, "Scalable TCP Session Monitoring with Symmetric
/// Receive-side Scaling", 2012). `size` is in octets.
std::vector<std::uint8_t> symmetric_key(std::size_t size);

/// Why a port whose hash types and key are these does not spread as we need; empty where it does. Both IPv4 and IPv6
/// must be hashed, by addresses only, with a symmetric key. Pure.
std::string spreading_fault(std::uint64_t hash_types, const std::vector<std::uint8_t>& key);

/// The names of hash types, as in `ipv4 ipv4-frag ipv6`.
std::string hash_type_names(std::uint64_t hash_types);

/// What the port has accepted, read back; then as spreading_fault(). Also sets its redirection table, in which queue
/// (i modulo `pattern`) modulo `queues` takes entry i, so that ports with tables of different sizes agree on the worker
/// of a pair of addresses. The port has been started. Empty where all is well; otherwise why not.
std::string check_spreading(std::uint16_t port, const rte_eth_dev_info& device, std::uint16_t queues,
                            std::uint16_t pattern, std::uint64_t& hash_types);

}  // namespace echotap
