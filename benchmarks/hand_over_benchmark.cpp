// SPDX-License-Identifier: Apache-2.0
// Does anything stall a live worker? Bursts of 64 frames of the wide mix are fed as fast as they are taken, while
// windows of a million originators close, are put together, and are copied for snapshots.
//
// What is measured is the worker's own CPU time for each burst: real time would tell of other programs. The mix is fed
// twice, the second time as of the ten minutes that follow, so that one window closes in the middle of the run and
// another one begins. Three such runs: what software does in a burst it does again in the next run, while what the
// machine does (interrupts, time that a hypervisor takes from a guest) hits another burst. longest_us is the longest of
// all bursts; again_us is the longest of what each burst took at least; machine_us is the longest that a loop without
// memory, as long as a burst, takes in as many rounds.
#include <benchmark/benchmark.h>
#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <limits>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "benchmarks/checked_run.hpp"
#include "benchmarks/timing.hpp"
#include "dataplane/state/live_windows.hpp"
#include "tools/mixes/mixes.hpp"

namespace {

using namespace echotap;

constexpr std::size_t burst_size = 64;
constexpr unsigned passes = 2;
constexpr unsigned runs = 3;
constexpr double limit_us = 100;

/// The same for all runs, so that tables grow in the same bursts.
constexpr HashKey table_key{0x0123'4567'89ab'cdefU, 0xfedc'ba98'7654'3211U};

/// A small mix is over before anyone can ask for a snapshot.
constexpr std::size_t frames_for_snapshots = 1'000'000;

/// Larger than the others', so that more than a million originators come together within a window.
std::size_t frames_in_mix() {
    return mix_frames() / 5 * 8;
}

/// What else happened in a burst, for those that take long.
enum class During : std::uint8_t { counting, closing, snapshot };

struct BurstTime {
    float microseconds = 0;
    During during = During::counting;
    std::uint16_t faults = 0;  // pages that the kernel gave meanwhile
};

std::uint64_t page_faults() {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return static_cast<std::uint64_t>(usage.ru_minflt);
}

/// Feeds the mix `passes` times, every time later by its length, and times each burst.
std::vector<BurstTime> feed_all(LiveWorker& worker, const Mix& mix, std::atomic<std::uint64_t>& fed) {
    const std::vector<Frame>& frames = mix.frames();
    std::vector<BurstTime> times(passes * ((frames.size() + burst_size - 1) / burst_size));
    auto next = times.begin();
    std::array<Frame, burst_size> burst;
    worker.warm_up();
    for (unsigned pass = 0; pass < passes; ++pass) {
        for (std::size_t first = 0; first < frames.size(); first += burst_size) {
            const std::size_t size = std::min(burst_size, frames.size() - first);
            for (std::size_t i = 0; i < size; ++i) {
                burst[i] = frames[first + i];
                burst[i].time += pass * mix_span;
                burst[i].clock += pass * mix_span;
                burst[i].sequence = static_cast<std::uint32_t>(i);
            }
            const bool copies = worker.snapshot().is_due();
            const Timestamp closed = worker.closed_to();
            const std::uint64_t faults = page_faults();
            const double start = thread_seconds();
            worker.feed({burst.data(), size});
            next->microseconds = static_cast<float>((thread_seconds() - start) * 1e6);
            next->faults = static_cast<std::uint16_t>(page_faults() - faults);
            next->during = worker.closed_to() != closed ? During::closing
                           : copies                     ? During::snapshot
                                                        : During::counting;
            ++next;
            fed.store(fed.load(std::memory_order_relaxed) + size, std::memory_order_relaxed);
        }
    }
    worker.finish();
    worker.end();
    return times;
}

/// What came out of a run besides its times.
struct Outcome {
    std::size_t windows = 0;
    std::size_t snapshots = 0;
    std::size_t originators = 0;  // in the largest window
    std::uint64_t reverse = 0;
    std::uint64_t evicted = 0;
};

std::vector<BurstTime> run_once(const Mix& mix, std::size_t budget, Outcome& outcome) {
    WindowConfig config;
    config.lengths = {WindowLength{.length = mix_span}};
    config.memory_budget = budget;
    const HashKey sample_key{config.sample_key[0], config.sample_key[1]};
    const auto put_aside = [&](ClosingWindow&& closing) {
        const ClosedWindow window = put_together(std::move(closing), sample_key);
        ++outcome.windows;
        outcome.originators = std::max(outcome.originators, window.originators.size());
        outcome.reverse += window.header.counts.reverse;
        outcome.evicted += window.header.counts.parts.evicted_originators;
    };
    LiveWindows windows("benchmark", LineConfig{}, config, 1, {}, put_aside, table_key);
    std::vector<BurstTime> times;
    std::atomic<std::uint64_t> fed = 0;
    std::atomic<bool> is_done = false;
    std::thread worker([&] {
        times = feed_all(windows.worker(0), mix, fed);
        is_done = true;
    });
    // Snapshots at a third and at two thirds of every window.
    const std::uint64_t interval = mix.frames().size() / 3;
    std::uint64_t next_snapshot = interval;
    while (!is_done) {
        if (windows.poll({}) == 0) {
            std::this_thread::sleep_for(std::chrono::microseconds(500));
        }
        if (fed >= next_snapshot) {
            next_snapshot += interval;
            windows.request_snapshot();
        }
        outcome.snapshots += windows.take_snapshot().size();
    }
    worker.join();
    windows.finish({});
    return times;
}

/// The longest that a loop which touches no memory takes in as many rounds as there are bursts, each as long as a
/// burst: what the machine adds.
double machine_us(std::size_t rounds, double microseconds) {
    const auto spin = [](std::uint64_t steps) {
        std::uint64_t sum = 1;
        for (std::uint64_t i = 0; i < steps; ++i) {
            benchmark::DoNotOptimize(sum = sum * 6364136223846793005U + 1442695040888963407U);
        }
    };
    constexpr std::uint64_t some = 1'000'000;
    const double begin = thread_seconds();
    spin(some);
    const double each = (thread_seconds() - begin) * 1e6 / some;
    double longest = 0;
    for (std::size_t i = 0; i < rounds; ++i) {
        const double start = thread_seconds();
        spin(static_cast<std::uint64_t>(microseconds / each));
        longest = std::max(longest, (thread_seconds() - start) * 1e6);
    }
    return longest;
}

double percentile(const std::vector<float>& sorted, double share) {
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1))];
}

/// The bursts of several runs.
class Stalls {
public:
    void add(const std::vector<BurstTime>& run) {
        least_.resize(run.size(), {.microseconds = std::numeric_limits<float>::max()});
        for (std::size_t i = 0; i < run.size(); ++i) {
            all_.push_back(run[i].microseconds);
            least_[i] = std::min(least_[i], run[i], [](const BurstTime& one, const BurstTime& other) {
                return one.microseconds < other.microseconds;
            });
        }
    }

    double seconds() const { return std::accumulate(all_.begin(), all_.end(), 0.0) * 1e-6; }

    void report(benchmark::State& state) {
        std::ranges::sort(all_);
        state.counters["median_us"] = percentile(all_, 0.5);
        state.counters["99.9%_us"] = percentile(all_, 0.999);
        state.counters["99.99%_us"] = percentile(all_, 0.9999);
        state.counters["longest_us"] = all_.back();
        state.counters["over_100us"] =
            static_cast<double>(all_.end() - std::ranges::upper_bound(all_, static_cast<float>(limit_us)));
        state.counters["again_us"] = longest([](const BurstTime&) { return true; });
        state.counters["again_closing_us"] = longest([](const auto& time) { return time.during == During::closing; });
        state.counters["again_snapshot_us"] = longest([](const auto& time) { return time.during == During::snapshot; });
        state.counters["again_faulting_us"] = longest([](const auto& time) { return time.faults != 0; });
        state.counters["machine_us"] = machine_us(all_.size(), percentile(all_, 0.5));
    }

private:
    template <class Which>
    double longest(Which&& which) const {
        double longest = 0;
        for (const BurstTime& time : least_) {
            longest = which(time) ? std::max<double>(longest, time.microseconds) : longest;
        }
        return longest;
    }

    std::vector<float> all_;        // microseconds, of all runs
    std::vector<BurstTime> least_;  // by burst, from the run in which it took least
};

void stalls(benchmark::State& state, std::size_t budget) {
    const Mix mix(MixShape::wide, frames_in_mix(), mix_seed_default);
    for (auto _ : state) {
        Stalls stalls;
        Outcome outcome;
        for (unsigned run = 0; run < runs; ++run) {
            stalls.add(run_once(mix, budget, outcome));
        }
        state.SetIterationTime(stalls.seconds());
        stalls.report(state);
        state.counters["originators"] = static_cast<double>(outcome.originators);
        state.counters["snapshots"] = static_cast<double>(outcome.snapshots) / runs;
        state.counters["evicted"] = static_cast<double>(outcome.evicted) / runs;
        if (outcome.windows != runs * passes || outcome.reverse != runs * passes * mix.truth().reverse_queries()) {
            state.SkipWithError("windows or queries are missing");
        }
        if (outcome.snapshots == 0 && mix.frames().size() >= frames_for_snapshots) {
            state.SkipWithError("no snapshot was taken");
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(runs * passes * mix.frames().size()));
}

void add(const std::string& name, std::size_t budget) {
    benchmark::RegisterBenchmark(name.c_str(), [=](auto& state) { stalls(state, budget); })
        ->UseManualTime()
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
}

}  // namespace

int main(int argc, char** argv) {
    add("hand_over/plenty", std::size_t{2} << 30U);
    add("hand_over/pressure", std::size_t{384} << 20U);
    return run_checked(argc, argv);
}
