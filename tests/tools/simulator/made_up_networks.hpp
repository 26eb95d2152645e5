// SPDX-License-Identifier: Apache-2.0
// A list of networks that no registry has: 40 countries over 200 /8s, so that worlds can be made where libloc's is
// missing.
#pragma once

#include <fmt/format.h>

#include <string>

#include "tools/simulator/networks.hpp"

namespace echotap::test {

inline std::string made_up_network_list() {
    std::string text;
    std::uint32_t as_number = 64'512;
    for (unsigned octet = 1; octet < 200; ++octet) {
        for (unsigned second = 0; second < 256; second += 8) {
            // Country i has about 1 / (i + 1) of the space.
            const std::uint64_t chance = scramble(octet << 8U | second) % 4096;
            unsigned country = 0;
            for (double mass = 957; country < 39 && mass < static_cast<double>(chance); ++country) {
                mass += 957.0 / (country + 2);
            }
            text += fmt::format("{}.{}.0.0/13\t{}{}\t{}\n", octet, second, static_cast<char>('A' + country / 8),
                                static_cast<char>('A' + country % 8), as_number + scramble(country) % 50);
        }
        text += fmt::format("2001:{:x}::/32\tA{}\t{}\n", octet, static_cast<char>('A' + octet % 8), as_number);
    }
    return text;
}

inline const Networks& made_up_networks() {
    static const Networks networks = Networks::parse(made_up_network_list(), "made-up networks");
    return networks;
}

}  // namespace echotap::test
