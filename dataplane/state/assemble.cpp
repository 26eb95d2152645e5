// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/assemble.hpp"

#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_sort.h>

#include <algorithm>
#include <initializer_list>
#include <type_traits>
#include <utility>

#include "dataplane/state/originator_union.hpp"
#include "dataplane/state/sample_hash.hpp"
#include "dataplane/state/state_query.hpp"

namespace echotap {

namespace {

/// What one shard or piece of one part holds: rows in no order, IPv6 queriers by the numbers of the part.
struct GatheredShard {
    std::size_t part;
    OriginatorColumns rows;
};

/// Where a row lies, under the address by which rows are put in order.
struct RowPlace {
    IpAddress address;
    std::uint32_t shard;
    std::uint32_t row;
    friend auto operator<=>(const RowPlace&, const RowPlace&) = default;
};

std::vector<GatheredShard> gather(std::span<const WindowPart* const> parts,
                                  std::initializer_list<OriginatorKind> kinds) {
    std::vector<GatheredShard> shards;
    std::vector<std::pair<OriginatorKind, std::size_t>> places;
    for (std::size_t part = 0; part < parts.size(); ++part) {
        for (const OriginatorKind kind : kinds) {
            for (std::size_t shard = 0; shard < parts[part]->shard_count(kind); ++shard) {
                shards.push_back({part, {}});
                places.emplace_back(kind, shard);
            }
        }
    }
    oneapi::tbb::parallel_for(std::size_t{0}, shards.size(), [&](std::size_t i) {
        GatheredShard& to = shards[i];
        const auto& [kind, shard] = places[i];
        parts[to.part]->for_each_originator(kind, shard, [&](const OriginatorView& view) {
            // Only whether it is sampled counts here: the bound is found when all parts have met.
            to.rows.push_back({.address = view.address,
                               .queries = view.queries,
                               .first = view.first,
                               .last = view.last,
                               .bound = view.is_sampled ? 0 : ~std::uint64_t{0},
                               .periods = view.periods,
                               .queriers_v4 = view.queriers_v4,
                               .queriers_v6 = view.queriers_v6});
        });
    });
    return shards;
}

/// For every part, the index in the window's table of IPv6 queriers by the number in the part.
using PartIndices = std::vector<std::vector<std::uint32_t>>;

/// Marks in `is_used`, by part, the numbers that shards refer to.
void mark_used(std::span<const GatheredShard> shards, std::vector<std::vector<bool>>& is_used) {
    for (const GatheredShard& shard : shards) {
        std::vector<bool>& used = is_used[shard.part];
        for (const std::uint32_t number : shard.rows.queriers_v6()) {
            if (number >= used.size()) {
                used.resize(std::size_t{number} + 1);
            }
            used[number] = true;
        }
    }
}

template <class Key>
struct Asked {
    Key querier;
    AskedCounts counts;
};

/// Sorts by querier, adds what equal ones have, and splits into two columns.
template <class Key>
void fill(std::vector<Asked<Key>>& asked, std::vector<Key>& queriers, std::vector<AskedCounts>& counts) {
    oneapi::tbb::parallel_sort(asked.begin(), asked.end(), [](const Asked<Key>& one, const Asked<Key>& other) {
        return one.querier < other.querier;
    });
    queriers.reserve(asked.size());
    counts.reserve(asked.size());
    for (const Asked<Key>& one : asked) {
        if (queriers.empty() || queriers.back() != one.querier) {
            queriers.push_back(one.querier);
            counts.push_back(one.counts);
        } else {
            counts.back() += one.counts;
        }
    }
}

/// The table of all queriers: those that are counted up to the bound, and IPv6 ones that originators refer to.
template <class Part>
PartIndices fill_queriers(ClosedWindow& window, std::span<Part* const> parts, const HashKey& sample_key,
                          const std::vector<std::vector<bool>>& is_used) {
    std::vector<Asked<std::uint32_t>> v4;
    std::vector<Asked<IpAddress>> v6;
    for (std::size_t part = 0; part < parts.size(); ++part) {
        // A copy may hold some that the bound left out later.
        const bool has_all = std::is_same_v<Part, const WindowPart>
                                 ? parts[part]->querier_bound() <= window.header.querier_bound
                                 : window.header.querier_bound == WindowHeader::no_bound;
        parts[part]->for_each_querier([&](const IpAddress& querier, std::uint64_t full, std::uint64_t minimised) {
            if (!has_all && sample_hash(sample_key, querier) > window.header.querier_bound) {
                return;
            }
            if (querier.is_v4()) {
                v4.push_back({v4_number(querier), {full, minimised}});
            } else {
                v6.push_back({querier, {full, minimised}});
            }
        });
        for (std::size_t number = 1; number < is_used[part].size(); ++number) {
            if (is_used[part][number]) {
                v6.push_back({parts[part]->querier_address(static_cast<std::uint32_t>(number)), {}});
            }
        }
    }
    QuerierColumns& queriers = window.queriers;
    fill(v4, queriers.v4, queriers.v4_counts);
    fill(v6, queriers.v6, queriers.v6_counts);
    PartIndices indices(parts.size());
    for (std::size_t part = 0; part < parts.size(); ++part) {
        indices[part].resize(is_used[part].size());
        oneapi::tbb::parallel_for(std::size_t{0}, is_used[part].size(), [&](std::size_t number) {
            if (is_used[part][number]) {
                const IpAddress& address = parts[part]->querier_address(static_cast<std::uint32_t>(number));
                const auto place = std::lower_bound(queriers.v6.begin(), queriers.v6.end(), address);
                indices[part][number] = static_cast<std::uint32_t>(place - queriers.v6.begin());
            }
        });
    }
    return indices;
}

OriginatorColumns put_together(std::vector<GatheredShard> shards, const PartIndices& indices,
                               const ClosedWindow& window, const HashKey& sample_key) {
    std::vector<RowPlace> places;
    for (std::size_t shard = 0; shard < shards.size(); ++shard) {
        const std::vector<IpAddress>& addresses = shards[shard].rows.addresses();
        for (std::size_t row = 0; row < addresses.size(); ++row) {
            places.push_back({addresses[row], static_cast<std::uint32_t>(shard), static_cast<std::uint32_t>(row)});
        }
    }
    oneapi::tbb::parallel_sort(places.begin(), places.end());

    constexpr std::size_t piece_rows = 16'384;
    std::vector<OriginatorColumns> pieces(places.size() / piece_rows + 1);
    // A piece begins with the first row of an originator, wherever the even cut falls.
    const auto first_of_piece = [&](std::size_t piece) {
        std::size_t first = std::min(piece * piece_rows, places.size());
        while (first != 0 && first < places.size() && places[first].address == places[first - 1].address) {
            ++first;
        }
        return first;
    };
    oneapi::tbb::parallel_for(std::size_t{0}, pieces.size(), [&](std::size_t piece) {
        OriginatorUnion originator(sample_key, window.header.sample_size, window.queriers.v6);
        const std::size_t end = first_of_piece(piece + 1);
        for (std::size_t i = first_of_piece(piece); i < end; ++i) {
            const GatheredShard& shard = shards[places[i].shard];
            originator.add(shard.rows[places[i].row], indices[shard.part]);
            if (i + 1 == end || places[i + 1].address != places[i].address) {
                originator.finish(pieces[piece]);
            }
        }
    });
    shards.clear();
    return OriginatorColumns::join(std::move(pieces));
}

/// `Part` is a WindowPart or a PartCopy; `originators` and `prefixes` are its rows.
template <class Part>
ClosedWindow unite(WindowHeader header, std::span<Part* const> parts, const HashKey& sample_key,
                   std::vector<GatheredShard> originators, std::vector<GatheredShard> prefixes) {
    ClosedWindow window;
    const std::uint32_t configured_sample_size = header.sample_size;
    for (const auto* const part : parts) {
        header.counts.parts += part->counts();
        header.sample_size = std::min(header.sample_size, part->sample_size());
        header.querier_bound = std::min(header.querier_bound, part->querier_bound());
    }
    header.is_sample_reduced |= header.sample_size < configured_sample_size;
    header.sample_key_fingerprint = fingerprint(sample_key);
    window.header = std::move(header);

    std::vector<std::vector<bool>> is_used(parts.size());
    mark_used(originators, is_used);
    mark_used(prefixes, is_used);
    const PartIndices indices = fill_queriers(window, parts, sample_key, is_used);
    window.originators = put_together(std::move(originators), indices, window, sample_key);
    window.prefixes = put_together(std::move(prefixes), indices, window, sample_key);
    window.forget_unused_queriers();
    return window;
}

}  // namespace

ClosedWindow assemble(WindowHeader header, std::span<const WindowPart* const> parts, const HashKey& sample_key) {
    return unite(std::move(header), parts, sample_key, gather(parts, {OriginatorKind::v4, OriginatorKind::v6}),
                 gather(parts, {OriginatorKind::prefix}));
}

ClosedWindow assemble(WindowHeader header, std::span<PartCopy* const> copies, const HashKey& sample_key) {
    std::vector<GatheredShard> originators;
    std::vector<GatheredShard> prefixes;
    for (std::size_t part = 0; part < copies.size(); ++part) {
        for (OriginatorColumns& rows : copies[part]->originators()) {
            originators.push_back({part, std::move(rows)});
        }
        for (OriginatorColumns& rows : copies[part]->prefixes()) {
            prefixes.push_back({part, std::move(rows)});
        }
    }
    return unite(std::move(header), copies, sample_key, std::move(originators), std::move(prefixes));
}

}  // namespace echotap
