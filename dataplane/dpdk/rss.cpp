// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/rss.hpp"

#include <fmt/format.h>
#include <rte_errno.h>

#include <array>
#include <string_view>

namespace echotap {

namespace {

struct HashType {
    std::uint64_t bit;
    std::string_view name;
};

constexpr auto hash_types_table = std::to_array<HashType>({
    {RTE_ETH_RSS_IPV4, "ipv4"},
    {RTE_ETH_RSS_FRAG_IPV4, "ipv4-frag"},
    {RTE_ETH_RSS_NONFRAG_IPV4_OTHER, "ipv4-other"},
    {RTE_ETH_RSS_IPV6, "ipv6"},
    {RTE_ETH_RSS_FRAG_IPV6, "ipv6-frag"},
    {RTE_ETH_RSS_NONFRAG_IPV6_OTHER, "ipv6-other"},
});

}  // namespace

std::vector<std::uint8_t> symmetric_key(std::size_t size) {
    std::vector<std::uint8_t> key(size);
    for (std::size_t i = 0; i < size; ++i) {
        key[i] = i % 2 == 0 ? 0x6d : 0x5a;
    }
    return key;
}

std::string hash_type_names(std::uint64_t hash_types) {
    std::string names;
    for (const auto& [bit, name] : hash_types_table) {
        if ((hash_types & bit) != 0) {
            names += fmt::format("{}{}", names.empty() ? "" : " ", name);
            hash_types &= ~bit;
        }
    }
    return hash_types == 0 ? names : fmt::format("{}{}others {:#x}", names, names.empty() ? "" : " ", hash_types);
}

std::string spreading_fault(std::uint64_t hash_types, const std::vector<std::uint8_t>& key) {
    const std::uint64_t needed = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6;
    if ((hash_types & needed) != needed) {
        return fmt::format("it hashes {}, not both ipv4 and ipv6 addresses",
                           hash_types == 0 ? "nothing" : hash_type_names(hash_types));
    }
    if ((hash_types & ~address_hashes) != 0) {
        return fmt::format("it insists on hashing more than addresses ({})", hash_type_names(hash_types));
    }
    if (key != symmetric_key(key.size())) {
        return "it keeps a key of its own, which is not symmetric";
    }
    return {};
}

std::string check_spreading(std::uint16_t port, const rte_eth_dev_info& device, std::uint16_t queues,
                            std::uint16_t pattern, std::uint64_t& hash_types) {
    std::vector<std::uint8_t> key(device.hash_key_size != 0 ? device.hash_key_size : 40);
    rte_eth_rss_conf accepted{};
    accepted.rss_key = key.data();
    accepted.rss_key_len = static_cast<std::uint8_t>(key.size());
    if (const int error = rte_eth_dev_rss_hash_conf_get(port, &accepted); error != 0) {
        return fmt::format("what it hashes cannot be read back ({})", rte_strerror(-error));
    }
    hash_types = accepted.rss_hf;
    if (std::string fault = spreading_fault(hash_types, key); !fault.empty()) {
        return fault;
    }
    if (pattern < queues) {
        return fmt::format("its redirection table of {} entries is too small", pattern);
    }
    std::vector<rte_eth_rss_reta_entry64> table((device.reta_size + RTE_ETH_RETA_GROUP_SIZE - 1U) /
                                                RTE_ETH_RETA_GROUP_SIZE);
    for (unsigned i = 0; i < device.reta_size; ++i) {
        auto& group = table[i / RTE_ETH_RETA_GROUP_SIZE];
        group.mask |= std::uint64_t{1} << i % RTE_ETH_RETA_GROUP_SIZE;
        group.reta[i % RTE_ETH_RETA_GROUP_SIZE] = static_cast<std::uint16_t>(i % pattern % queues);
    }
    if (const int error = rte_eth_dev_rss_reta_update(port, table.data(), device.reta_size); error != 0) {
        return fmt::format("its redirection table cannot be set ({})", rte_strerror(-error));
    }
    return {};
}

}  // namespace echotap
