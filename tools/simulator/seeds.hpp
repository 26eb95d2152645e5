// SPDX-License-Identifier: Apache-2.0
// What a world draws by chance: each has a stream of its own (random_of()), so that one more draw here changes nothing
// there.
#pragma once

#include <cstdint>

namespace echotap::seeds {

inline constexpr std::uint64_t farms = 1;
inline constexpr std::uint64_t population = 2;
inline constexpr std::uint64_t caches = 3;
inline constexpr std::uint64_t querier_name = 4;
inline constexpr std::uint64_t provider_name = 5;
inline constexpr std::uint64_t class_profile = 6;
inline constexpr std::uint64_t operator_traits = 7;
inline constexpr std::uint64_t originators = 8;
inline constexpr std::uint64_t address_traits = 9;
inline constexpr std::uint64_t week_traits = 10;
inline constexpr std::uint64_t activity = 11;
inline constexpr std::uint64_t echoes = 12;
inline constexpr std::uint64_t floods = 13;
inline constexpr std::uint64_t small_originators = 14;
inline constexpr std::uint64_t label_noise = 15;
inline constexpr std::uint64_t networks = 16;

}  // namespace echotap::seeds
