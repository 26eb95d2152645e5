// SPDX-License-Identifier: Apache-2.0
// The speed of state alone: reverse queries in memory go in, the state of their originators is kept, in several ways.
//
// Every way must come to the totals that the naive one comes to, or the benchmark is an error. items_per_second is
// reverse queries per second of CPU time; of the slower worker where there are two. ECHOTAP_MIX_FRAMES sets the size of
// the mixes.
#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <functional>
#include <latch>
#include <map>
#include <thread>

#include "benchmarks/checked_run.hpp"
#include "benchmarks/state_rivals.hpp"
#include "benchmarks/timing.hpp"
#include "dataplane/line.hpp"
#include "tools/mixes/mixes.hpp"

namespace {

using namespace echotap;

struct Collector {
    std::vector<ReverseQuery>& queries;
    void operator()(const ReverseQuery& query) { queries.push_back(query); }
    void operator()(const MinimisedQuery&) {}
};

/// The reverse queries of a mix, whole and split by the worker of two that owns their querier, and what they come to.
struct Queries {
    std::vector<ReverseQuery> all;
    std::array<std::vector<ReverseQuery>, 2> split;
    StateTotals expected;

    explicit Queries(MixShape shape) {
        const Mix mix(shape, mix_frames(), mix_seed_default, Pages::ordinary);
        Line line{LineConfig{}};
        line.feed(mix.frames(), Collector{all});
        line.finish(Collector{all});
        NaiveState naive;
        naive.feed(all);
        expected = naive.totals();
        for (const ReverseQuery& query : all) {
            const StateQuery state = StateQuery::of(benchmark_table_key, query, query.time);
            split[partition_of(state) * 2 / partition_count].push_back(query);
        }
    }
};

const Queries& queries_of(MixShape shape) {
    static std::map<MixShape, Queries> all;
    return all.try_emplace(shape, shape).first->second;
}

/// Our own state, one worker's.
class Worker {
public:
    Worker(BlockPool& pool, unsigned first_partition, unsigned end_partition)
        : filter_(benchmark_filter_octets, benchmark_interval, first_partition, end_partition),
          part_({.table_key = benchmark_table_key, .sample_key = benchmark_sample_key}, pool) {
        filter_.populate();
    }

    /// At most WindowPart::batch_max of them.
    void apply(std::span<const ReverseQuery> queries) {
        std::array<StateQuery, WindowPart::batch_max> batch;
        std::array<std::uint64_t, WindowPart::batch_max> hashes;
        for (std::size_t i = 0; i < queries.size(); ++i) {
            batch[i].assign(benchmark_table_key, queries[i], queries[i].time);
            hashes[i] = question_hash(benchmark_table_key, batch[i]);
            filter_.prefetch(hashes[i]);
        }
        std::size_t counted = 0;
        for (std::size_t i = 0; i < queries.size(); ++i) {
            if (filter_.counts(hashes[i], batch[i].time, batch[i].time)) {
                part_.prefetch(batch[i]);
                batch[counted++] = batch[i];
            }
        }
        part_.add({batch.data(), counted});
    }

    void feed(std::span<const ReverseQuery> queries) {
        for (std::size_t i = 0; i < queries.size(); i += WindowPart::batch_max) {
            apply(queries.subspan(i, std::min(WindowPart::batch_max, queries.size() - i)));
        }
    }

    StateTotals totals() const {
        StateTotals totals{.counted = part_.counts().queries, .queriers = part_.querier_count()};
        for (const OriginatorKind kind : {OriginatorKind::v4, OriginatorKind::v6}) {
            totals.originators += part_.originator_count(kind);
            part_.for_each_originator(kind, [&](const OriginatorView& view) {
                totals.pairs += view.queriers_v4.size() + view.queriers_v6.size();
            });
        }
        return totals;
    }

    const WindowPart& part() const { return part_; }

private:
    RepeatFilter filter_;
    WindowPart part_;
};

/// What memory allows: the five cache lines that a query touches, at random in memory as large as the state's (the
/// filter's bucket, the places in the index, among the queriers and in the set, and the slot), fetched a pass ahead.
void memory_floor(benchmark::State& state, std::size_t octets_each) {
    constexpr std::size_t lines_per_query = 5;
    constexpr std::size_t batches = 50'000;
    std::array<HugeBuffer, lines_per_query> memory;
    for (std::size_t i = 0; i < memory.size(); ++i) {
        memory[i] = HugeBuffer(i == 0 ? benchmark_filter_octets * partition_count : octets_each);
        memory[i].populate();
    }
    std::uint64_t random = 0x2545'f491'4f6c'dd1d;
    std::uint64_t sum = 0;
    for (auto _ : state) {
        const double start = thread_seconds();
        std::array<std::array<std::uint64_t*, 64>, lines_per_query> places;
        for (std::size_t batch = 0; batch < batches; ++batch) {
            for (std::size_t i = 0; i < memory.size(); ++i) {
                for (std::uint64_t*& place : places[i]) {
                    random ^= random << 13U;
                    random ^= random >> 7U;
                    random ^= random << 17U;
                    place = &memory[i].at<std::uint64_t>((random & (memory[i].octets() / 64 - 1)) * 8);
                    fetch_line(place);
                }
            }
            for (const auto& lines : places) {
                for (std::uint64_t* const place : lines) {
                    sum += ++*place;
                }
            }
        }
        state.SetIterationTime(thread_seconds() - start);
    }
    benchmark::DoNotOptimize(sum);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batches * 64));
}

void report(benchmark::State& state, const Queries& queries, const StateTotals& totals,
            bool originators_add_up = true) {
    StateTotals expected = queries.expected;
    if (!originators_add_up) {
        expected.originators = totals.originators;  // workers share originators; each has counted its own
    }
    if (totals != expected) {
        state.SkipWithError(fmt::format("counted {} originators {} pairs {} queriers {}, not {} {} {} {}",
                                        totals.counted, totals.originators, totals.pairs, totals.queriers,
                                        expected.counted, expected.originators, expected.pairs, expected.queriers)
                                .c_str());
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(queries.all.size()));
}

/// Runs `work(worker, its queries)` on `workers` threads at once; returns the CPU seconds of the slowest.
double run_workers(const Queries& queries, unsigned workers,
                   const std::function<void(unsigned, std::span<const ReverseQuery>)>& work) {
    std::vector<double> seconds(workers);
    std::latch ready(workers);
    std::vector<std::thread> threads;
    for (unsigned worker = 0; worker < workers; ++worker) {
        threads.emplace_back([&, worker] {
            ready.arrive_and_wait();
            const double start = thread_seconds();
            work(worker, workers == 1 ? queries.all : queries.split[worker]);
            seconds[worker] = thread_seconds() - start;
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    return *std::max_element(seconds.begin(), seconds.end());
}

unsigned begin_of(unsigned worker, unsigned workers) {
    return worker * partition_count / workers;
}

void private_parts(benchmark::State& state, MixShape shape, unsigned workers) {
    const Queries& queries = queries_of(shape);
    StateTotals totals;
    for (auto _ : state) {
        BlockPool pool(std::size_t{4} << 30U);
        std::vector<std::unique_ptr<Worker>> all;
        for (unsigned worker = 0; worker < workers; ++worker) {
            all.push_back(std::make_unique<Worker>(pool, begin_of(worker, workers), begin_of(worker + 1, workers)));
        }
        state.SetIterationTime(run_workers(
            queries, workers, [&](unsigned worker, std::span<const ReverseQuery> own) { all[worker]->feed(own); }));
        totals = {};
        std::size_t octets = 0;
        for (const auto& worker : all) {
            totals += worker->totals();
            octets += worker->part().octets() - worker->part().octets_free();
        }
        state.counters["MB"] = static_cast<double>(octets) / 1e6;
    }
    report(state, queries, totals, workers == 1);
}

void naive(benchmark::State& state, MixShape shape) {
    const Queries& queries = queries_of(shape);
    StateTotals totals;
    for (auto _ : state) {
        NaiveState naive_state;
        state.SetIterationTime(
            run_workers(queries, 1, [&](unsigned, std::span<const ReverseQuery> own) { naive_state.feed(own); }));
        totals = naive_state.totals();
    }
    report(state, queries, totals);
}

void tbb_shared(benchmark::State& state, MixShape shape, unsigned workers, bool by_shard) {
    const Queries& queries = queries_of(shape);
    StateTotals totals;
    for (auto _ : state) {
        SharedMap map(by_shard ? queries.expected.originators : 0);
        std::vector<std::unique_ptr<RivalWorker>> all;
        for (unsigned worker = 0; worker < workers; ++worker) {
            all.push_back(std::make_unique<RivalWorker>(begin_of(worker, workers), begin_of(worker + 1, workers)));
        }
        state.SetIterationTime(run_workers(queries, workers, [&](unsigned worker, std::span<const ReverseQuery> own) {
            RivalWorker& rival = *all[worker];
            const auto apply = [&](const Delta& delta) { apply_to_shared(map, delta, rival.totals); };
            DeltaBuffer buffer;
            if (by_shard) {
                rival.feed(own, [&](const Delta& delta) { buffer.add(delta, apply); });
                buffer.flush(apply);
            } else {
                rival.feed(own, apply);
            }
        }));
        totals = {};
        for (const auto& worker : all) {
            totals += worker->totals;
        }
    }
    report(state, queries, totals);
}

void robin_shards(benchmark::State& state, MixShape shape) {
    const Queries& queries = queries_of(shape);
    StateTotals totals;
    for (auto _ : state) {
        RobinShards shards(queries.expected.originators);
        RivalWorker rival(0, partition_count);
        state.SetIterationTime(run_workers(queries, 1, [&](unsigned, std::span<const ReverseQuery> own) {
            const auto apply = [&](const Delta& delta) { shards.apply(delta, rival.totals); };
            DeltaBuffer buffer;
            rival.feed(own, [&](const Delta& delta) { buffer.add(delta, apply); });
            buffer.flush(apply);
        }));
        totals = rival.totals;
    }
    report(state, queries, totals);
}

/// The longest that one batch of 64 queries takes, in CPU time of its thread, when blocks are kept ready as for live
/// workers. items_per_second means nothing here.
void longest_batch(benchmark::State& state, MixShape shape) {
    const Queries& queries = queries_of(shape);
    std::vector<double> batches;
    StateTotals totals;
    for (auto _ : state) {
        BlockPool pool(std::size_t{4} << 30U, 16);
        std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the pool makes blocks ready
        Worker worker(pool, 0, partition_count);
        batches.clear();
        state.SetIterationTime(run_workers(queries, 1, [&](unsigned, std::span<const ReverseQuery> own) {
            for (std::size_t i = 0; i < own.size(); i += WindowPart::batch_max) {
                const double start = thread_seconds();
                worker.apply(own.subspan(i, std::min(WindowPart::batch_max, own.size() - i)));
                batches.push_back(thread_seconds() - start);
            }
        }));
        totals = worker.totals();
    }
    std::sort(batches.begin(), batches.end());
    state.counters["longest_us"] = batches.back() * 1e6;
    state.counters["99.99%_us"] = batches[batches.size() - 1 - batches.size() / 10'000] * 1e6;
    state.counters["median_us"] = batches[batches.size() / 2] * 1e6;
    report(state, queries, totals);
}

/// Octets for each of 5 million originators with one querier, all told (fewer where the mixes are small).
void one_querier_each(benchmark::State& state) {
    const auto count = static_cast<std::uint32_t>(mix_frames());
    double octets_each = 0;
    for (auto _ : state) {
        BlockPool pool(std::size_t{4} << 30U);
        WindowPart part({.table_key = benchmark_table_key, .sample_key = benchmark_sample_key}, pool);
        std::array<StateQuery, WindowPart::batch_max> batch;
        const double start = thread_seconds();
        for (std::uint32_t i = 0; i < count; i += WindowPart::batch_max) {
            const std::size_t size = std::min<std::size_t>(WindowPart::batch_max, count - i);
            for (std::uint32_t j = 0; j < size; ++j) {
                const ReverseQuery query{.time = mix_start,
                                         .originator = v4_address((i + j) * 2'654'435'761U),
                                         .querier = v4_address((i + j) % 1000),
                                         .authority = {}};
                batch[j].assign(benchmark_table_key, query, query.time);
                part.prefetch(batch[j]);
            }
            part.add({batch.data(), size});
        }
        state.SetIterationTime(thread_seconds() - start);
        octets_each = static_cast<double>(part.octets()) / count;
        if (part.originator_count(OriginatorKind::v4) != count) {
            return state.SkipWithError("originators are missing");
        }
    }
    state.counters["octets_each"] = octets_each;
    state.SetItemsProcessed(state.iterations() * count);
}

/// Octets that an originator with `footprint` queriers takes, slot, index and set, without the table of queriers.
void octets_by_footprint(benchmark::State& state, std::uint32_t footprint) {
    const std::uint32_t originators = std::max(300'000 / footprint, 8U);
    std::size_t octets = 0;
    for (auto _ : state) {
        BlockPool pool(std::size_t{4} << 30U);
        PartMemory memory(pool);
        AddressNumbers numbers;
        const TableSurroundings around{memory, benchmark_table_key, benchmark_sample_key, numbers, 65'536};
        OriginatorTable table(OriginatorKind::v4);
        const double start = thread_seconds();
        for (std::uint32_t i = 0; i < originators; ++i) {
            const StateQuery query = StateQuery::of(
                benchmark_table_key,
                ReverseQuery{.time = mix_start, .originator = v4_address(i), .querier = v4_address(1), .authority = {}},
                mix_start);
            OriginatorSlot& slot = *table.add(memory, query);
            for (std::uint32_t querier = 0; querier < footprint; ++querier) {
                const std::uint32_t key = 1 + querier * 2'654'435'761U;
                table.count(around, slot, mix_start,
                            {.hash = table_hash(benchmark_table_key, key), .key = key, .is_v4 = true});
            }
            if (OriginatorTable::footprint(slot) != footprint) {
                return state.SkipWithError("queriers are missing");
            }
        }
        state.SetIterationTime(thread_seconds() - start);
        octets = memory.octets() - memory.octets_free();
    }
    state.counters["octets_each"] = static_cast<double>(octets) / originators;
    state.counters["octets_per_pair"] = static_cast<double>(octets) / originators / footprint;
    state.SetItemsProcessed(state.iterations() * originators * footprint);
}

void add(const std::string& name, const std::function<void(benchmark::State&)>& body) {
    benchmark::RegisterBenchmark(name.c_str(), body)->UseManualTime()->Unit(benchmark::kMillisecond);
}

}  // namespace

int main(int argc, char** argv) {
    for (const MixShape shape : {MixShape::reverse, MixShape::wide}) {
        const std::string mix(name_of(shape));
        const std::size_t octets_each = std::size_t{shape == MixShape::wide ? 32U : 16U} << 20U;
        add("state/" + mix + "/memory_floor", [=](auto& state) { memory_floor(state, octets_each); });
        add("state/" + mix + "/private_parts", [=](auto& state) { private_parts(state, shape, 1); });
        add("state/" + mix + "/private_parts/workers:2", [=](auto& state) { private_parts(state, shape, 2); });
        add("state/" + mix + "/robin_shards_by_delta", [=](auto& state) { robin_shards(state, shape); });
        add("state/" + mix + "/tbb_by_delta", [=](auto& state) { tbb_shared(state, shape, 1, true); });
        add("state/" + mix + "/tbb_by_delta/workers:2", [=](auto& state) { tbb_shared(state, shape, 2, true); });
        add("state/" + mix + "/tbb_shared", [=](auto& state) { tbb_shared(state, shape, 1, false); });
        add("state/" + mix + "/tbb_shared/workers:2", [=](auto& state) { tbb_shared(state, shape, 2, false); });
        add("state/" + mix + "/std_unordered", [=](auto& state) { naive(state, shape); });
        add("state/" + mix + "/longest_batch", [=](auto& state) { longest_batch(state, shape); });
    }
    add("state/one_querier_each", one_querier_each);
    for (const std::uint32_t footprint :
         {1U, 5U, 6U, 16U, 17U, 24U, 48U, 100U, 200U, 500U, 1'000U, 5'000U, 10'000U, 60'000U}) {
        add(fmt::format("state/octets/footprint:{}", footprint),
            [=](auto& state) { octets_by_footprint(state, footprint); });
    }
    return run_checked(argc, argv);
}
