// SPDX-License-Identifier: Apache-2.0
// The networks of the world: a list of prefixes with country and AS goes in, addresses of hosts in a country come out.
//
// The list is what tools/make_networks writes: rows "prefix<TAB>country<TAB>AS number", one per network.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/ip_address.hpp"
#include "tools/simulator/chance.hpp"

namespace echotap {

/// Where a host stands. `country` is an index into Networks::countries().
struct Site {
    std::uint16_t country = 0;
    std::uint32_t as_number = 0;
};

/// A country with networks.
struct NetworkCountry {
    std::array<char, 2> code{};  // ISO 3166-1
    double v4_addresses = 0;
    std::string_view text() const { return {code.data(), 2}; }
};

/// Thread-safe once made.
class Networks {
public:
    /// Reads a list. Throws std::runtime_error with file and line where it cannot be read, where a row is none, and
    /// where there is no IPv4 network at all.
    static Networks read(const std::string& path);
    /// The same for text; `name` stands for the file in errors.
    static Networks parse(std::string_view text, const std::string& name);
    /// Where the list is looked for: $ECHOTAP_NETWORKS, or echotap/geo/networks.tsv in the user's cache folder.
    static std::string default_path();

    /// By number of IPv4 addresses, most first; those with none are not there. At most 65,535.
    const std::vector<NetworkCountry>& countries() const { return countries_; }
    /// The index of a country; throws std::runtime_error where the list has none of this code.
    std::uint16_t country(std::string_view code) const;

    /// The first address of a /24 in the country, networks weighted by size and by how many resolvers their /8 has
    /// there. As a number: a.b.c.0 is a * 2^24 + b * 2^16 + c * 2^8.
    std::uint32_t draw_v4_block(Random& random, std::uint16_t country, Site& site) const;
    /// The first address of a /64 in the country; of any country where it has no IPv6 network.
    IpAddress draw_v6_block(Random& random, std::uint16_t country, Site& site) const;
    bool has_v6() const { return !v6_.empty(); }

    /// 16 hexadecimal digits that stand for the list: worlds made of other networks are other worlds.
    const std::string& digest() const { return digest_; }

private:
    struct V4Network {
        std::uint32_t first = 0;
        std::uint32_t as_number = 0;
        std::uint16_t country = 0;
        std::uint8_t length = 0;
    };
    struct V6Network {
        IpAddress first;
        std::uint32_t as_number = 0;
        std::uint16_t country = 0;
        std::uint8_t length = 0;
    };
    /// Networks of a country lie together.
    struct Range {
        std::uint32_t begin = 0;
        std::uint32_t end = 0;
    };

    void add_row(std::string_view row, const std::string& name, std::size_t line);
    void arrange();

    std::vector<NetworkCountry> countries_;
    std::vector<V4Network> v4_;
    std::vector<V6Network> v6_;
    std::vector<Range> v4_ranges_;  // by country
    std::vector<Range> v6_ranges_;
    std::vector<WeightedIndices> v4_choices_;  // by country, of its range
    std::string digest_;
};

}  // namespace echotap
