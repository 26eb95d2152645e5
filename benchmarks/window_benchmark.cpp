// SPDX-License-Identifier: Apache-2.0
// The speed of the whole line with state: frames in memory or in a capture go in, closed windows come out. And of what
// happens to windows afterwards: putting together, merging, writing, reading.
//
// What comes out is compared with naive containers over the same queries, and is an error where it differs.
// items_per_second is frames (or originators) per second: of CPU time for one worker, of real time for two.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <filesystem>
#include <map>
#include <optional>

#include "benchmarks/checked_run.hpp"
#include "benchmarks/state_rivals.hpp"
#include "benchmarks/timing.hpp"
#include "dataplane/capture/capture_file.hpp"
#include "dataplane/line.hpp"
#include "dataplane/state/assemble.hpp"
#include "dataplane/state/merge_windows.hpp"
#include "dataplane/state/window_file.hpp"
#include "dataplane/state/window_team.hpp"
#include "tools/mixes/mixes.hpp"

namespace {

using namespace echotap;

/// A mix, and what naive containers make of its reverse queries.
struct Case {
    Mix mix;
    StateTotals expected;

    explicit Case(MixShape shape) : mix(shape, mix_frames(), mix_seed_default, Pages::ordinary) {
        NaiveState naive;
        const auto sink = [&](const auto& query) {
            if constexpr (std::is_same_v<std::decay_t<decltype(query)>, ReverseQuery>) {
                naive.feed({&query, 1});
            }
        };
        Line line{LineConfig{}};
        line.feed(mix.frames(), sink);
        line.finish(sink);
        expected = naive.totals();
        expected.pairs = naive.pairs_up_to(WindowConfig{}.sample_size);
    }
};

const Case& case_of(MixShape shape) {
    static std::map<MixShape, Case> all;
    return all.try_emplace(shape, shape).first->second;
}

/// Empty where the window says what naive containers say.
std::string difference(const ClosedWindow& window, const Case& truth) {
    StateTotals totals{.counted = window.header.counts.parts.queries,
                       .originators = window.originators.size(),
                       .pairs = window.originators.pairs(),
                       .queriers = 0};
    const auto has_full = [](const AskedCounts& counts) { return counts.full != 0; };
    totals.queriers = static_cast<std::uint64_t>(std::ranges::count_if(window.queriers.v4_counts, has_full) +
                                                 std::ranges::count_if(window.queriers.v6_counts, has_full));
    // The filter forgets a question now and then when a bucket is full, and counts that.
    const std::uint64_t forgotten = totals.counted - truth.expected.counted;
    totals.counted -= std::min(forgotten, window.header.counts.filter_overflows);
    if (totals != truth.expected) {
        return fmt::format("counted {} originators {} pairs {} queriers {}, not {} {} {} {}", totals.counted,
                           totals.originators, totals.pairs, totals.queriers, truth.expected.counted,
                           truth.expected.originators, truth.expected.pairs, truth.expected.queriers);
    }
    return window.header.counts.reverse == truth.mix.truth().reverse_queries()
               ? ""
               : "the number of reverse queries differs";
}

/// Runs a source of bursts through a team; the windows are put together outside of what is timed.
class Run {
public:
    explicit Run(unsigned workers)
        : team_(LineConfig{}, config_, workers,
                [this](ClosingWindow&& window) { closing_.emplace(std::move(window)); }) {}

    WindowTeam& team() { return team_; }
    const ClosingWindow& closing() const { return *closing_; }
    ClosedWindow assembled() const {
        return assemble(closing_->header, closing_->parts(), {config_.sample_key[0], config_.sample_key[1]});
    }

private:
    WindowConfig config_;
    WindowTeam team_;
    std::optional<ClosingWindow> closing_;  // behind the team, whose memory it holds
};

void check(benchmark::State& state, const Case& truth, const Run& run) {
    if (const std::string wrong = difference(run.assembled(), truth); !wrong.empty()) {
        state.SkipWithError(wrong.c_str());
    }
}

void line_with_state(benchmark::State& state, MixShape shape, unsigned workers) {
    const Case& truth = case_of(shape);
    const std::size_t burst = LineTeam::burst_size_for(workers);
    const auto seconds = workers == 1 ? thread_seconds : wall_seconds;
    const Burst frames = truth.mix.frames();
    for (auto _ : state) {
        Run run(workers);
        const double start = seconds();
        for (std::size_t first = 0; first < frames.size(); first += burst) {
            run.team().feed(frames.subspan(first, std::min(burst, frames.size() - first)));
        }
        run.team().finish();
        state.SetIterationTime(seconds() - start);
        check(state, truth, run);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(frames.size()));
}

/// A mix on disk for as long as the run lasts.
class MixFile {
public:
    explicit MixFile(const Mix& mix)
        : path_(std::filesystem::temp_directory_path() / fmt::format("echotap_window_{}.pcap", ::getpid())) {
        mix.write_pcap(path_);
    }
    MixFile(const MixFile&) = delete;
    MixFile& operator=(const MixFile&) = delete;
    ~MixFile() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

void capture_to_window(benchmark::State& state, MixShape shape) {
    const Case& truth = case_of(shape);
    const MixFile file(truth.mix);
    for (auto _ : state) {
        Run run(1);
        Ledger source;
        const double start = thread_seconds();
        CaptureFile capture(file.path(), source);
        for (Burst burst = capture.next_burst(); !burst.empty(); burst = capture.next_burst()) {
            run.team().feed(burst);
        }
        run.team().finish(source);
        state.SetIterationTime(thread_seconds() - start);
        check(state, truth, run);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(truth.mix.frames().size()));
}

void assemble_window(benchmark::State& state, MixShape shape) {
    const Case& truth = case_of(shape);
    Run run(1);
    run.team().feed(truth.mix.frames());
    run.team().finish();
    for (auto _ : state) {
        const double start = wall_seconds();
        const ClosedWindow window = run.assembled();
        state.SetIterationTime(wall_seconds() - start);
        if (const std::string wrong = difference(window, truth); !wrong.empty()) {
            return state.SkipWithError(wrong.c_str());
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(truth.expected.originators));
}

/// Originators `first` to `first + count`, three queriers each, of which `salt` decides; as if of another site.
ClosedWindow made_window(std::uint32_t first, std::uint32_t count, std::uint32_t salt) {
    BlockPool pool(std::size_t{4} << 30U);
    WindowPart part({.table_key = benchmark_table_key, .sample_key = benchmark_sample_key}, pool);
    std::array<StateQuery, 3> batch;
    for (std::uint32_t i = first; i < first + count; ++i) {
        for (std::uint32_t j = 0; j < batch.size(); ++j) {
            const ReverseQuery query{.time = mix_start,
                                     .originator = v4_address(i * 2'654'435'761U),
                                     .querier = v4_address((i % 100'000) * 8 + salt + j),
                                     .authority = {}};
            batch[j].assign(benchmark_table_key, query, query.time);
            part.prefetch(batch[j]);
        }
        part.add(batch);
    }
    WindowHeader header;
    header.sources = {SourceDigest::of({reinterpret_cast<const std::uint8_t*>(&salt), sizeof salt})};
    const std::array<const WindowPart*, 1> parts{&part};
    return assemble(header, parts, benchmark_sample_key);
}

/// Two windows of as many originators as a mix has frames / 5 (a million), half of them in both, with one querier of
/// three in common.
struct TwoWindows {
    std::uint32_t count = static_cast<std::uint32_t>(mix_frames() / 5);
    ClosedWindow left = made_window(0, count, 0);
    ClosedWindow right = made_window(count / 2, count, 2);
};

const TwoWindows& two_windows() {
    static const TwoWindows windows;
    return windows;
}

void merge_windows(benchmark::State& state) {
    const TwoWindows& windows = two_windows();
    for (auto _ : state) {
        const double start = wall_seconds();
        const ClosedWindow merged = merge(windows.left, windows.right, benchmark_sample_key);
        state.SetIterationTime(wall_seconds() - start);
        const std::size_t both = windows.count - windows.count / 2;
        const std::size_t originators = windows.count + windows.count / 2;
        if (merged.originators.size() != originators || merged.originators.pairs() != originators * 3 + both * 2) {
            return state.SkipWithError("the merged window has not what both have");
        }
    }
    state.SetItemsProcessed(state.iterations() * windows.count * 2);
}

void write_and_read(benchmark::State& state) {
    const ClosedWindow& window = two_windows().left;
    std::size_t octets = 0;
    for (auto _ : state) {
        const double start = thread_seconds();
        const std::vector<std::uint8_t> file = encode_window(window);
        const double encoded = thread_seconds();
        const ClosedWindow back = decode_window(file, "benchmark");
        const double decoded = thread_seconds();
        state.SetIterationTime(decoded - start);
        state.counters["encode_ms"] = (encoded - start) * 1e3;
        state.counters["decode_ms"] = (decoded - encoded) * 1e3;
        octets = file.size();
        if (back != window) {
            return state.SkipWithError("what was read is not what was written");
        }
    }
    state.counters["octets_per_originator"] =
        static_cast<double>(octets) / static_cast<double>(window.originators.size());
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(window.originators.size()));
}

void add(const std::string& name, const std::function<void(benchmark::State&)>& body) {
    benchmark::RegisterBenchmark(name.c_str(), body)->UseManualTime()->Unit(benchmark::kMillisecond);
}

}  // namespace

int main(int argc, char** argv) {
    for (const MixShape shape : {MixShape::root, MixShape::reverse, MixShape::wide}) {
        const std::string mix(name_of(shape));
        add("window/" + mix, [=](auto& state) { line_with_state(state, shape, 1); });
        add("window/" + mix + "/workers:2", [=](auto& state) { line_with_state(state, shape, 2); });
        add("window_from_capture/" + mix, [=](auto& state) { capture_to_window(state, shape); });
        add("assemble/" + mix, [=](auto& state) { assemble_window(state, shape); });
    }
    add("merge", merge_windows);
    add("write_and_read", write_and_read);
    return run_checked(argc, argv);
}
