// SPDX-License-Identifier: Apache-2.0
// Random streams of queries, and windows of them, for the tests of closed windows.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "dataplane/state/assemble.hpp"
#include "dataplane/state/state_query.hpp"
#include "dataplane/state/window_part.hpp"

namespace echotap::test {

inline constexpr HashKey sample_key{17, 19};
inline constexpr Timestamp stream_start{std::chrono::seconds(1'700'000'000)};

inline IpAddress address_v6(std::uint64_t number) {
    std::array<std::uint8_t, 16> octets{0x20, 0x01, 0x0d, 0xb8};
    for (unsigned i = 0; i < 8; ++i) {
        octets[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    return IpAddress::from_v6(octets.data());
}

/// A stream in which few originators have many queriers and most have one, of all kinds and families, in `hours`.
inline std::vector<StateQuery> random_queries(std::uint64_t seed, std::size_t size, std::size_t querier_range = 500) {
    constexpr HashKey table_key{5, 7};
    std::mt19937_64 random(seed);
    const auto skewed = [&](std::uint64_t range) { return random() % (random() % range + 1); };
    std::vector<StateQuery> queries;
    for (std::size_t i = 0; i < size; ++i) {
        const Timestamp time = stream_start + std::chrono::microseconds(i * 40'000'000'000 / size);
        const std::uint64_t from = skewed(querier_range);
        const IpAddress querier =
            random() % 4 == 0 ? address_v6(from) : v4_address(static_cast<std::uint32_t>(from * 2'654'435'761U));
        const auto about = static_cast<std::uint32_t>(skewed(300));
        if (random() % 5 == 0) {
            const Prefix prefix(v4_address(about << 24U), 104 + 8 * static_cast<unsigned>(random() % 3));
            queries.push_back(StateQuery::of(
                table_key, MinimisedQuery{.time = time, .prefix = prefix, .querier = querier, .authority = {}}, time));
            continue;
        }
        const IpAddress originator = random() % 4 == 0 ? address_v6(std::uint64_t{about} << 32U) : v4_address(about);
        queries.push_back(StateQuery::of(
            table_key, ReverseQuery{.time = time, .originator = originator, .querier = querier, .authority = {}},
            time));
    }
    return queries;
}

struct MakerSettings {
    std::size_t workers = 1;
    std::uint32_t sample_size = 65'536;
    std::uint64_t process = 1;  // keys of tables follow from it
    unsigned halvings = 0;      // of the table of all queriers
};

/// The window of queries that all count, by workers that own the queriers between them.
inline ClosedWindow make_window(std::span<const StateQuery> queries, WindowHeader header = {},
                                const MakerSettings& settings = {}) {
    const HashKey table_key{settings.process * 0x9e37'79b9'7f4a'7c15U, settings.process * 0xd6e8'feb8'6659'fd93U};
    BlockPool pool(std::size_t{512} << 20U);
    std::vector<std::unique_ptr<WindowPart>> parts;
    std::vector<const WindowPart*> views;
    for (std::size_t i = 0; i < settings.workers; ++i) {
        parts.push_back(std::make_unique<WindowPart>(
            PartConfig{.table_key = table_key, .sample_key = sample_key, .sample_size = settings.sample_size}, pool));
        for (unsigned halving = 0; halving < settings.halvings; ++halving) {
            parts[i]->halve_queriers();
        }
        views.push_back(parts.back().get());
    }
    for (StateQuery query : queries) {
        // Hashed anew, as a process with this key would.
        query.originator_hash = query.kind == OriginatorKind::v4 ? table_hash(table_key, v4_number(query.originator))
                                                                 : table_hash(table_key, query.originator);
        query.querier_hash = query.querier_is_v4 ? table_hash(table_key, v4_number(query.querier))
                                                 : table_hash(table_key, query.querier);
        parts[partition_of(query) * settings.workers / partition_count]->add({&query, 1});
    }
    header.sample_size = settings.sample_size;
    return assemble(std::move(header), views, sample_key);
}

}  // namespace echotap::test
