// SPDX-License-Identifier: Apache-2.0
// How fast worlds are made: their setting up, echoes, frames in memory, and frames in a pcap file, each checked against
// the truth while it is timed. Rates are by the CPU time of all threads together: of one core.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "benchmarks/checked_run.hpp"
#include "config/world_library.hpp"
#include "tools/simulator/pcap_writer.hpp"
#include "tools/simulator/world.hpp"

namespace {

using namespace echotap;

/// Some million questions, of networks that need no registry. $ECHOTAP_WORLD_ORIGINATORS makes it smaller.
WorldConfig benchmark_world() {
    WorldConfig world = load_world("demo");
    const char* count = std::getenv("ECHOTAP_WORLD_ORIGINATORS");
    world.population.queriers = 1'000'000;
    world.duration = std::chrono::hours(24);
    world.small = 0;
    world.traffic.minimising_share = 0;
    for (ClassConfig& one : world.classes) {
        one.labelled = 0;
        one.others = 0;
    }
    world.classes[world.class_number("scan")].others =
        count == nullptr ? 20'000U : static_cast<std::uint32_t>(std::strtoul(count, nullptr, 10));
    return world;
}

const Networks& networks() {
    static const Networks all = [] {
        std::string text;
        for (unsigned octet = 1; octet < 224; ++octet) {
            for (unsigned second = 0; second < 256; second += 16) {
                text += fmt::format("{}.{}.0.0/12\t{}{}\t{}\n", octet, second, static_cast<char>('A' + octet % 26),
                                    static_cast<char>('A' + octet % 7), octet * 256 + second);
            }
        }
        text += "2001:db8::/32\tAA\t64500\n";
        return Networks::parse(text, "benchmark");
    }();
    return all;
}

std::uint64_t sent(const World& world) {
    std::uint64_t sum = 0;
    for (const World::TruthRow& row : world.truth()) {
        sum += row.counts.sent;
    }
    return sum;
}

void set_up(benchmark::State& state) {
    for (auto _ : state) {
        const World world(benchmark_world(), networks(), 1);
        benchmark::DoNotOptimize(world.population().size());
    }
}

void echoes(benchmark::State& state) {
    std::uint64_t queries = 0;
    for (auto _ : state) {
        state.PauseTiming();
        World world(benchmark_world(), networks(), 1);
        state.ResumeTiming();
        std::uint64_t found = 0;
        for (auto some = world.next_echoes(); !some.empty(); some = world.next_echoes()) {
            for (const Echo& echo : some) {
                found += echo.kind() != EchoKind::syn && echo.kind() != EchoKind::fin ? 1 : 0;
            }
        }
        if (found != sent(world)) {
            state.SkipWithError("the echoes are not those of the truth");
        }
        queries += found;
    }
    state.counters["reverse queries"] = benchmark::Counter(static_cast<double>(queries), benchmark::Counter::kIsRate);
}

template <class Take>
void frames(benchmark::State& state, Take&& take) {
    std::uint64_t queries = 0;
    for (auto _ : state) {
        state.PauseTiming();
        World world(benchmark_world(), networks(), 1);
        state.ResumeTiming();
        std::uint64_t count = 0;
        for (Burst burst = world.next_burst(); !burst.empty(); burst = world.next_burst()) {
            count += burst.size();
            take(burst);
        }
        if (count != world.frames() || count < sent(world)) {
            state.SkipWithError("frames are missing");
        }
        queries += sent(world);
    }
    state.counters["reverse queries"] = benchmark::Counter(static_cast<double>(queries), benchmark::Counter::kIsRate);
}

void frames_in_memory(benchmark::State& state) {
    frames(state, [](Burst burst) { benchmark::DoNotOptimize(burst.back().octets); });
}

void frames_in_a_pcap(benchmark::State& state) {
    const auto path =
        std::filesystem::temp_directory_path() / fmt::format("echotap-simulator-{}.pcap", static_cast<int>(getpid()));
    PcapWriter pcap(path);
    frames(state, [&](Burst burst) { pcap.write(burst); });
    pcap.close();
    std::filesystem::remove(path);
}

BENCHMARK(set_up)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
BENCHMARK(echoes)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
BENCHMARK(frames_in_memory)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();
BENCHMARK(frames_in_a_pcap)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

}  // namespace

int main(int argc, char** argv) {
    return echotap::run_checked(argc, argv);
}
