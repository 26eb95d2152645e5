// SPDX-License-Identifier: Apache-2.0
// The speed of features: a window of 2 million originators and 20 million pairs in memory goes in, the features of the
// 20,000 with 20 queriers or more come out. On one core, and on all.
//
// Each run is checked against sums that are taken slowly. ECHOTAP_ORIGINATORS sets the size of the window.
#include <benchmark/benchmark.h>
#include <fmt/core.h>
#include <oneapi/tbb/global_control.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <set>

#include "analytics/features/features.hpp"
#include "benchmarks/checked_run.hpp"

namespace {

using namespace echotap;

std::size_t originator_count() {
    const char* count = std::getenv("ECHOTAP_ORIGINATORS");
    return count == nullptr ? 2'000'000 : std::stoull(count);
}

/// A hundredth of the originators have 20 queriers or more, by a power law as in requirements 3.6 but with a heavier
/// tail, so that there are ten pairs per originator; the others have 1 to 19, most of them 1. 1.5 queriers per
/// originator; a fifth of them ask for half of everything.
struct World {
    ClosedWindow window;
    std::size_t eligible = 0;
    std::uint64_t eligible_pairs = 0;

    World() {
        const std::size_t count = originator_count();
        std::mt19937_64 random(1);
        std::vector<std::uint32_t>& queriers = window.queriers.v4;
        for (std::size_t i = 0; i < count * 3 / 2; ++i) {
            // Half of the addresses in farms: 8,192 networks of a /24.
            const auto word = static_cast<std::uint32_t>(random());
            queriers.push_back(i % 2 == 0 ? word : (word >> 8U & 0x1fffU) * 0x1234'5600U + (word & 0xffU));
        }
        std::ranges::sort(queriers);
        queriers.erase(std::unique(queriers.begin(), queriers.end()), queriers.end());
        window.queriers.v4_counts.assign(queriers.size(), {1, 0});
        window.header.length = std::chrono::hours(24);
        window.header.end = Timestamp(std::chrono::hours(24));
        std::vector<std::uint32_t> own;
        std::vector<std::int32_t> periods;
        // Nobody has most of the queriers of a small world: they are drawn until enough differ.
        const std::size_t largest = std::min<std::size_t>(60'000, queriers.size() / 8);
        for (std::uint32_t i = 0; i < count; ++i) {
            const bool is_large = i % 100 == 0;
            const double chance = static_cast<double>(random() >> 11U) * 0x1p-53;
            const double size = is_large ? 20 * std::pow(1 - chance, -1 / 0.7) : std::pow(1 - chance, -1 / 0.9);
            const std::size_t wanted = std::min(static_cast<std::size_t>(size), is_large ? largest : 19);
            own.clear();
            while (own.size() < wanted) {
                const std::uint64_t place =
                    random() % 2 == 0 ? random() % queriers.size() : random() % (queriers.size() / 5) * 5;
                own.push_back(queriers[place]);
                if (own.size() == wanted) {
                    std::ranges::sort(own);
                    own.erase(std::unique(own.begin(), own.end()), own.end());
                }
            }
            periods.clear();
            for (std::int32_t period = 0; period < 144; ++period) {
                if (random() % 145 < own.size() || period == 0) {
                    periods.push_back(period);
                }
            }
            std::array<std::uint8_t, 4> octets{static_cast<std::uint8_t>(i >> 24U), static_cast<std::uint8_t>(i >> 16U),
                                               static_cast<std::uint8_t>(i >> 8U), static_cast<std::uint8_t>(i)};
            window.originators.push_back({.address = IpAddress::from_v4(octets.data()),
                                          .queries = own.size() * 2,
                                          .first = {},
                                          .last = {},
                                          .periods = periods,
                                          .queriers_v4 = own,
                                          .queriers_v6 = {}});
            eligible += is_large ? 1 : 0;
            eligible_pairs += is_large ? own.size() : 0;
        }
        fmt::print("{} originators, {} pairs, {} queriers; {} originators with {} pairs reach 20 queriers\n",
                   window.originators.size(), window.originators.pairs(), queriers.size(), eligible, eligible_pairs);
    }

    void fill(QuerierDirectory& directory) const {
        for (QuerierDirectory::Place place = 0; place < directory.size(); ++place) {
            const std::uint32_t network = directory.v4()[place] >> 12U;
            const std::uint32_t mixed = network * 0x9e37'79b9U >> 8U;
            directory.names[place] = static_cast<std::uint8_t>(place % name_category_count);
            directory.as_numbers[place] = 1 + mixed % 40'000;
            directory.countries[place] = static_cast<std::uint16_t>(1 + mixed % 235);
        }
    }
};

const World& world() {
    static const World made;
    return made;
}

void features(benchmark::State& state) {
    const World& made = world();
    const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                            static_cast<std::size_t>(state.range(0)));
    QuerierDirectory directory(made.window);
    made.fill(directory);
    FeatureMatrix matrix;
    for (auto _ : state) {
        const Ranking ranking = rank_originators(made.window, {.top = made.window.originators.size()});
        matrix = compute_features(made.window, directory, ranking);
    }
    double pairs = 0;
    double names = 0;
    for (std::size_t i = 0; i < matrix.rows.size(); ++i) {
        pairs += matrix.rows[i].footprint.value;
        for (std::size_t j = 0; j < name_category_count; ++j) {
            names += matrix.values[i * feature_count + j];
        }
    }
    if (matrix.rows.size() != made.eligible || pairs != static_cast<double>(made.eligible_pairs) ||
        std::abs(names - static_cast<double>(made.eligible)) > 1e-6) {
        state.SkipWithError("the features are not those of the window");
    }
    state.counters["originators"] = static_cast<double>(matrix.rows.size());
    state.counters["ns_per_pair"] =
        benchmark::Counter(static_cast<double>(made.window.originators.pairs()) * 1e-9,
                           benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void directory(benchmark::State& state) {
    const World& made = world();
    for (auto _ : state) {
        QuerierDirectory directory(made.window);
        benchmark::DoNotOptimize(directory.names.data());
    }
}

void ranking(benchmark::State& state) {
    const World& made = world();
    for (auto _ : state) {
        const Ranking ranking = rank_originators(made.window, {.top = made.window.originators.size()});
        benchmark::DoNotOptimize(ranking.originators.data());
    }
}

BENCHMARK(features)->Name("features/threads")->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(directory)->Name("directory")->Unit(benchmark::kMillisecond);
BENCHMARK(ranking)->Name("ranking")->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
    return echotap::run_checked(argc, argv);
}
