// SPDX-License-Identifier: Apache-2.0
// Names of queriers as they are met, and as nobody should meet them, from a seed: for tests and benchmarks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/ip_address.hpp"
#include "tools/simulator/random.hpp"

namespace echotap {

/// A name in presentation format and, mostly, the address that has it.
struct GeneratedName {
    std::string name;
    std::optional<IpAddress> address;
};

enum class NameManners {
    plausible,  // shapes of hosts, resolvers, mail servers, providers; 5 % IPv6
    hostile,    // the same with octets changed, put in and taken away, escapes, empty labels, up to 300 octets
};

class NameGrammar {
public:
    NameGrammar(std::uint64_t seed, NameManners manners) : random_(seed), manners_(manners) {}

    GeneratedName next();

private:
    IpAddress address();
    std::string digits(const IpAddress& address);
    std::string digits_v4(const IpAddress& address);
    std::string digits_v6(const IpAddress& address);
    std::string word();
    std::string domain();
    std::string number();
    void spoil(std::string& name);

    template <class Texts>
    const auto& one_of(const Texts& texts) {
        return texts[random_.below(static_cast<std::uint32_t>(std::size(texts)))];
    }

    Random random_;
    NameManners manners_;
};

}  // namespace echotap
