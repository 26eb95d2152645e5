// SPDX-License-Identifier: Apache-2.0
// Originators to hide in a flood: 500 of them, each with 40 to 800 queriers who ask over 26 hours, as rows to be
// counted; and what is known of any querier, so that each of them has all features.
//
// They differ in all that features tell: who comes back and who asks once, by day and by night, from a few networks or
// from everywhere, in IPv6, in short names, shared with others. A quarter begins when the flood is at its height.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "analytics/features/querier_directory.hpp"
#include "dataplane/state/state_query.hpp"

namespace echotap::test {

inline constexpr std::uint32_t true_originator_count = 500;
inline constexpr Timestamp flood_start{std::chrono::seconds(1'700'000'000)};
inline constexpr std::chrono::nanoseconds flood_length = std::chrono::hours(26);

/// SplitMix64's last step: any number to one that looks random.
inline std::uint64_t scramble(std::uint64_t number) {
    number = (number ^ number >> 30U) * 0xbf58'476d'1ce4'e5b9U;
    number = (number ^ number >> 27U) * 0x94d0'49bb'1331'11ebU;
    return number ^ number >> 31U;
}

inline IpAddress v6_address(std::uint64_t high, std::uint64_t low) {
    std::array<std::uint8_t, 16> octets{};
    for (unsigned i = 0; i < 8; ++i) {
        octets[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
        octets[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
    }
    return IpAddress::from_v6(octets.data());
}

/// Every tenth is an IPv6 one, each in a /48 of its own.
inline IpAddress true_originator(std::uint32_t number) {
    return number % 10 == 9 ? v6_address(0x2001'0db8'0000'0000U | number << 16U, 1) : v4_address(0xcb00'0000U + number);
}

/// Below 128.0.0.0, where no spoofed querier is: one that the flood hits by chance is truly shared.
inline IpAddress true_querier(std::uint32_t originator, std::uint32_t number) {
    const std::uint64_t chance = scramble(std::uint64_t{originator} << 32U | number);
    if (number % 4 == 0) {
        return v4_address(0x2000'0000U + static_cast<std::uint32_t>(chance % 2'000) * 7'919);  // shared
    }
    if (number % 10 == originator % 10) {
        return v6_address(0x2600'0000'0000'0000U | (chance & 0x003f'000f'0000'0000U), chance);
    }
    switch (originator % 3) {
        case 0:
            return v4_address(static_cast<std::uint32_t>(chance) & 0x7fff'ffffU);  // everywhere
        case 1:
            return v4_address(0x0a00'0000U + originator * 1'024 + number);  // in four networks at most
        default:
            return v4_address(0x4000'0000U + (number << 12U) + originator);  // each in its own, in one /8
    }
}

struct TrueQuery {
    Timestamp time;
    std::uint32_t originator;
    std::uint32_t querier;
    bool is_minimised;
};

/// What the true ones' queriers ask, in the order of time.
inline std::vector<TrueQuery> true_queries() {
    std::mt19937_64 random(2);
    std::vector<TrueQuery> queries;
    const auto time_of = [&](std::uint32_t originator) {
        constexpr auto nanoseconds = static_cast<std::uint64_t>(flood_length.count());
        constexpr std::uint64_t period = 600'000'000'000;
        switch (originator % 4) {
            case 2:
                return nanoseconds / 2 + random() % (nanoseconds / 2);  // begins late
            case 3:
                return random() % 24 * 2 * period + random() % period;  // every other period of eight hours
            default:
                return random() % nanoseconds;
        }
    };
    for (std::uint32_t originator = 0; originator < true_originator_count; ++originator) {
        const std::uint32_t queriers = 40 * (1 + originator % 20);
        const unsigned times = originator % 4 == 1 ? 1 : 1 + originator % 4 + originator % 3;
        for (std::uint32_t querier = 0; querier < queriers; ++querier) {
            const bool minimises = scramble(querier) % 8 < originator % 8;
            for (unsigned i = 0; i < times; ++i) {
                const Timestamp time = flood_start + std::chrono::nanoseconds(time_of(originator));
                queries.push_back({time, originator, querier, false});
                if (random() % 8 == 0) {
                    queries.push_back({time + std::chrono::seconds(10), originator, querier, false});  // a repeat
                }
                if (i == 0 && minimises) {
                    queries.push_back({time - std::chrono::milliseconds(20), originator, querier, true});
                }
            }
        }
    }
    std::ranges::stable_sort(queries, {}, &TrueQuery::time);
    return queries;
}

/// Networks and countries of true queriers; spoofed ones bring as many more as stand behind.
inline constexpr std::uint32_t true_ases = 3'000;
inline constexpr std::uint32_t true_countries = 150;
inline constexpr std::uint32_t spoofed_ases = 2'000;
inline constexpr std::uint32_t spoofed_countries = 50;

/// What anybody may be called and where they stand, by address: all categories and some without a name, some of no
/// network that is known.
inline void fill_by_address(QuerierDirectory& directory) {
    for (QuerierDirectory::Place place = 0; place < directory.size(); ++place) {
        const IpAddress address = directory.address(place);
        const bool is_spoofed = address.is_v4() && v4_number(address) >= 0x8000'0000U;
        const std::uint64_t chance = scramble(table_hash(HashKey{1, 2}, address));
        const std::uint64_t skewed = std::min(chance % 20, chance / 32 % 20);  // some categories are common
        directory.names[place] = skewed < name_category_count ? static_cast<std::uint8_t>(skewed) : name_unknown;
        const auto network = static_cast<std::uint32_t>(scramble(chance) % (is_spoofed ? spoofed_ases : true_ases));
        if (chance / 1'024 % 16 != 0) {
            directory.as_numbers[place] = 1 + network + (is_spoofed ? true_ases : 0);
            directory.countries[place] = static_cast<std::uint16_t>(
                0x4141 + (is_spoofed ? true_countries + network % spoofed_countries : network % true_countries));
        }
    }
}

}  // namespace echotap::test
