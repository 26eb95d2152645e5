// SPDX-License-Identifier: Apache-2.0
// A flood of spoofed queries, from random queriers about random originators, with true originators among them: memory
// keeps to its budget, and the true ones keep their footprints.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include "dataplane/state/window_worker.hpp"

namespace echotap {
namespace {

using namespace std::chrono_literals;

std::size_t resident_octets() {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/statm", "r"), std::fclose);
    unsigned long size = 0;
    unsigned long resident = 0;
    if (file == nullptr || std::fscanf(file.get(), "%lu %lu", &size, &resident) != 2) {
        return 0;
    }
    return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ECHOTAP_TEST_HAS_ASAN
#endif
#endif

/// ASan keeps what was freed for a while, and shadows all memory: what is resident then says nothing.
#ifdef ECHOTAP_TEST_HAS_ASAN
constexpr bool is_residence_known = false;
#else
constexpr bool is_residence_known = true;
#endif

TEST(Flood, leaves_memory_within_its_budget_and_true_originators_with_their_footprints) {
    const bool is_long = std::getenv("ECHOTAP_LONG") != nullptr;
    const std::uint64_t queries = is_long ? 50'000'000 : 3'000'000;
    const std::size_t budget = std::size_t{is_long ? 512U : 96U} << 20U;
    constexpr std::uint32_t planted = 500;
    constexpr HashKey table_key{0x0123'4567'89ab'cdefU, 0xfedc'ba98'7654'3211U};

    const std::size_t resident_before = resident_octets();
    StateConfig config{.windows = {}, .table_key = table_key, .filter_octets = budget / 16 / partition_count};
    BlockPool pool(budget - config.filter_octets * partition_count);
    WindowWorker worker(config, pool);
    std::mt19937_64 random(1);
    Timestamp now{std::chrono::seconds(1'700'000'000)};
    // Every fourth query is a true one; the originator of rank r has 40 * (1 + r % 20) queriers.
    const auto queriers_of = [](std::uint32_t originator) { return 40U * (1 + originator % 20); };
    std::vector<std::set<std::uint32_t>> asked(planted);
    std::size_t resident_most = 0;
    for (std::uint64_t i = 0; i < queries; ++i) {
        now += 2us;
        ReverseQuery query;
        query.time = now;
        if (i % 4 == 0) {
            const auto originator = static_cast<std::uint32_t>(random() % planted);
            query.originator = v4_address(0xcb00'0000U + originator);
            const auto querier = static_cast<std::uint32_t>(random() % queriers_of(originator));
            query.querier = v4_address(0x0a00'0000U + originator * 1'000 + querier);
            asked[originator].insert(querier);
        } else {
            // Half of them about originators that come again, so that the doorkeeper alone is not enough.
            const auto number = static_cast<std::uint32_t>(i % 4 == 1 ? random() : random() % 300'000);
            query.originator = v4_address(number | 0xe000'0000U);
            query.querier = v4_address(static_cast<std::uint32_t>(random()) | 0x8000'0000U);
        }
        worker.add(StateQuery::of(table_key, query, query.time), now);
        if (i % 100'000 == 0) {
            resident_most = std::max(resident_most, resident_octets());
        }
    }
    const auto closed = worker.close_due(Timestamp::max());
    ASSERT_EQ(closed.size(), 1U);
    const WindowPart& part = closed.front()->part();
    EXPECT_GT(part.counts().refused, 0U);
    EXPECT_GT(part.counts().evicted_originators, 0U);
    if (is_residence_known) {
        EXPECT_LE(resident_most - resident_before, budget + budget / 10);
    }

    std::uint32_t found = 0;
    part.for_each_originator(OriginatorKind::v4, [&](const OriginatorView& view) {
        const std::uint32_t number = v4_number(view.address) - 0xcb00'0000U;
        if (number < planted) {
            ++found;
            const auto expected = static_cast<double>(asked[number].size());
            EXPECT_NEAR(static_cast<double>(view.queriers_v4.size()), expected, expected * 0.05) << number;
        }
    });
    EXPECT_EQ(found, planted);
    const WindowCounts& counts = closed.front()->counts();
    EXPECT_EQ(counts.reverse, queries);
    EXPECT_EQ(counts.repeats + part.counts().queries + part.counts().refused, queries);
    std::printf("%zu MiB resident of %zu MiB; %llu refused, %llu evicted, %llu incomplete\n",
                (resident_most - resident_before) >> 20U, budget >> 20U,
                static_cast<unsigned long long>(part.counts().refused),
                static_cast<unsigned long long>(part.counts().evicted_originators),
                static_cast<unsigned long long>(part.counts().incomplete));
}

}  // namespace
}  // namespace echotap
