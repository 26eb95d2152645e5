// SPDX-License-Identifier: Apache-2.0
// Fuzzes a part of a window beside its definition. The first octet is k; each four octets after that are a query (what
// it asks about, who asks, when) or something that happens to the part between two batches.
#include <cstdlib>
#include <vector>

#include "dataplane/state/window_part.hpp"
#include "tests/reference/window_part_reference.hpp"

namespace {

using namespace echotap;

constexpr HashKey table_key{0x243f'6a88'85a3'08d3U, 0x1319'8a2e'0370'7344U};
constexpr HashKey sample_key{0xa409'3822'299f'31d0U, 0x082e'fa98'ec4e'6c89U};

IpAddress address_of(unsigned number, bool is_v4) {
    return is_v4 ? v4_address(number * 0x0101'0101U) : mark_prefix(Prefix(v4_address(number), 120 + number % 8));
}

StateQuery query_of(const std::uint8_t* octets) {
    const Timestamp time(std::chrono::minutes(octets[3] * 7) - std::chrono::hours(10));
    const IpAddress querier = address_of(octets[2] + 256U * (octets[0] & 7U), (octets[0] & 8U) != 0);
    if ((octets[0] & 0x30U) == 0x30U) {
        const MinimisedQuery query{.time = time,
                                   .prefix = Prefix(v4_address(unsigned{octets[1]} << 24U), 104),
                                   .querier = querier,
                                   .authority = {}};
        return StateQuery::of(table_key, query, time);
    }
    const ReverseQuery query{.time = time,
                             .originator = address_of(octets[1], (octets[0] & 0x10U) != 0),
                             .querier = querier,
                             .authority = {}};
    return StateQuery::of(table_key, query, time);
}

void check(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    static BlockPool pool(std::size_t{64} << 20U);
    const std::uint32_t k = 1 + octets[0] * 4U;
    std::uint32_t k_now = k;
    WindowPart part({.table_key = table_key, .sample_key = sample_key, .sample_size = k}, pool);
    WindowPartReference reference;
    bool is_exact = true;  // nobody was refused or evicted
    std::uint64_t given = 0;
    std::vector<StateQuery> batch;
    const auto apply = [&] {
        part.add(batch);
        batch.clear();
    };
    for (std::size_t i = 1; i + 4 <= size; i += 4) {
        if (octets[i] < 0xc0U) {
            batch.push_back(query_of(octets + i));
            reference.add(batch.back());
            ++given;
            if (batch.size() == WindowPart::batch_max) {
                apply();
            }
            continue;
        }
        apply();
        switch (octets[i] & 3U) {
            case 0:
                is_exact &= part.evict_some(octets[i + 1], octets[i + 2] % 2 == 0) == 0;
                break;
            case 1:
                part.thin_some(octets[i + 1]);
                break;
            case 2:
                k_now = std::min(k_now, 1 + octets[i + 1] * 4U);
                part.limit_sample(k_now);
                break;
            default:
                is_exact &= octets[i + 1] % 8 != 0;
                check(part.guard(octets[i + 1] % 8 == 0));
        }
    }
    apply();
    const WindowPartReference read = WindowPartReference::of(part);
    std::uint64_t kept = 0;
    for (const auto& [name, originator] : read.originators) {
        kept += originator.queries;
        check(reference.originators.contains(name));
    }
    check(kept + part.counts().refused + part.counts().evicted_queries == given);
    check(kept + part.counts().evicted_queries == part.counts().queries + part.counts().minimised);
    if (is_exact) {
        check(WindowPartReference::difference_of_originators(read.sampled(sample_key, k_now),
                                                             reference.sampled(sample_key, k_now))
                  .empty());
        check(WindowPartReference::difference_of_queriers(read, reference).empty());
    }
    return 0;
}
