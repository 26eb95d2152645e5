// SPDX-License-Identifier: Apache-2.0
// Link, tunnel and IP layers: the straight path, the general walk and the reference must say the same of any frame.
//
// Input: an octet that picks the link type, an octet for the depth that is allowed, the frame.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "tests/reference/layers_agreement.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    using echotap::LinkType;
    constexpr std::array links{LinkType::ethernet,     LinkType::raw,    LinkType::linux_sll,
                               LinkType::linux_sll2,   LinkType::null,   LinkType::loop,
                               LinkType::arcnet_linux, LinkType::raw_v6, LinkType{9999}};
    if (size < 2) {
        return 0;
    }
    const LinkType link = links[octets[0] % links.size()];
    const std::vector<std::uint8_t> frame(octets + 2, octets + size);
    const std::string difference = echotap::reference::disagreement(link, frame, octets[1]);
    if (!difference.empty()) {
        std::fprintf(stderr, "%s\n", difference.c_str());
        std::abort();
    }
    return 0;
}
