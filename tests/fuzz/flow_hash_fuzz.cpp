// SPDX-License-Identifier: Apache-2.0
// flow_hash() against its reference: the first octet chooses the link type, the rest is the frame.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "dataplane/flow_hash.hpp"
#include "tests/reference/flow_hash_reference.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size) {
    using echotap::LinkType;
    constexpr std::array links{LinkType::ethernet, LinkType::raw, LinkType::null, LinkType::linux_sll,
                               LinkType::linux_sll2};
    if (size == 0) {
        return 0;
    }
    const LinkType link = links[input[0] % links.size()];
    const std::vector<std::uint8_t> octets(input + 1, input + size);
    echotap::Frame frame;
    frame.octets = octets.data();
    frame.captured = static_cast<std::uint32_t>(octets.size());
    frame.link = link;
    const auto addresses = echotap::reference::outermost_addresses(octets, link);
    if (echotap::flow_hash(frame) != (addresses ? echotap::flow_hash(addresses->first, addresses->second) : 0)) {
        std::abort();
    }
    return 0;
}
