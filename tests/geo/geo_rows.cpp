// SPDX-License-Identifier: Apache-2.0
// What the product says about addresses, for the tests in Python: geo_rows COUNTRY_FILE|- AS_FILE|- < addresses.
//
// A row per line of standard input: `address country as`, `-` where nothing is known. The columns are filled as the
// features fill them: all addresses at once, IPv4 ones as numbers. Exit code 1 with a message where a file is refused.
#include <fmt/core.h>

#include <cstdint>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "analytics/geo/geo_lookup.hpp"
#include "dataplane/octets.hpp"

namespace {

using echotap::GeoFile;
using echotap::IpAddress;

std::vector<std::uint32_t> column(const GeoFile* file, const std::vector<IpAddress>& addresses) {
    std::vector<std::uint32_t> values(addresses.size(), 0);
    if (file == nullptr) {
        return values;
    }
    static_cast<void>(file->find(addresses, values));
    std::vector<std::uint32_t> numbers;
    for (const IpAddress& address : addresses) {
        if (address.is_v4()) {
            numbers.push_back(echotap::load_be32(address.octets().data() + 12));
        }
    }
    std::vector<std::uint32_t> by_number(numbers.size());
    static_cast<void>(file->find(numbers, by_number));
    auto next = by_number.begin();
    for (std::size_t row = 0; row < addresses.size(); ++row) {
        if ((addresses[row].is_v4() && *next++ != values[row]) || file->find(addresses[row]) != values[row]) {
            throw std::runtime_error(addresses[row].to_string() + ": a column differs from a single look-up");
        }
    }
    return values;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        fmt::print(stderr, "usage: {} COUNTRY_FILE|- AS_FILE|-\n", argv[0]);
        return 2;
    }
    try {
        echotap::GeoConfig config;
        config.country_path = argv[1] == std::string("-") ? "" : argv[1];
        config.as_path = argv[2] == std::string("-") ? "" : argv[2];
        const echotap::GeoLookup lookup(config);
        std::vector<IpAddress> addresses;
        for (std::string line; std::getline(std::cin, line);) {
            addresses.push_back(IpAddress::parse(line).value());
        }
        const auto countries = column(lookup.countries(), addresses);
        const auto numbers = column(lookup.as_numbers(), addresses);
        for (std::size_t row = 0; row < addresses.size(); ++row) {
            const std::string country = echotap::text_of_country(static_cast<std::uint16_t>(countries[row]));
            fmt::print("{}\t{}\t{}\n", addresses[row].to_string(), country.empty() ? "-" : country,
                       numbers[row] == 0 ? "-" : std::to_string(numbers[row]));
        }
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
    return 0;
}
