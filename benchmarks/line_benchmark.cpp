// SPDX-License-Identifier: Apache-2.0
// The speed of the line from frames to reverse queries, beside the floor, on the mixes of the same run.
//
// Every benchmark compares what it found with the truth about its mix, and is an error where they differ, so a fast
// wrong answer shows. items_per_second is frames per second: of CPU time for one worker, of real time for two.
// tools/bench runs it all and prints the table; the environment that it reads is described there.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <latch>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "benchmarks/checked_run.hpp"
#include "benchmarks/floor.hpp"
#include "benchmarks/timing.hpp"
#include "dataplane/capture/capture_file.hpp"
#include "dataplane/flow_hash.hpp"
#include "dataplane/line.hpp"
#include "dataplane/line_team.hpp"
#include "tools/mixes/mixes.hpp"

namespace {

using namespace echotap;

constexpr std::size_t burst_size = CaptureFile::burst_size_default;

// Counts what the line finds and sums it up; part of what is timed, so it does no more than that.
struct CheckingSink {
    std::uint64_t reverse = 0;
    std::uint64_t minimised = 0;
    std::uint64_t checksum = 0;

    void operator()(const ReverseQuery& query) {
        ++reverse;
        checksum += reverse_query_mark(query.originator, query.querier, query.time);
    }
    void operator()(const MinimisedQuery&) { ++minimised; }
};

// Empty where ledger and sink say what the truth says; else the first difference.
std::string difference(const Truth& truth, const Ledger& ledger, const CheckingSink& sink) {
    for (std::size_t stage = 0; stage < stage_count; ++stage) {
        if (static_cast<Stage>(stage) != Stage::source &&
            (ledger.in[stage] != truth.ledger.in[stage] || ledger.out[stage] != truth.ledger.out[stage])) {
            return fmt::format("the counts of stage {} differ from the truth", stage_table[stage].name);
        }
    }
    for (const DropInfo& drop : drop_table) {
        const auto i = static_cast<std::size_t>(drop.drop);
        if (drop.stage != Stage::source && ledger.drops[i] != truth.ledger.drops[i]) {
            return fmt::format("drop {} differs from the truth", drop.name);
        }
    }
    if (sink.reverse != truth.reverse_queries() || sink.minimised != truth.ledger.minimised) {
        return "the number of queries differs from the truth";
    }
    return sink.checksum == truth.checksum ? "" : "the checksum over the reverse queries differs from the truth";
}

Pages mix_pages() {
    const char* pages = std::getenv("ECHOTAP_MIX_PAGES");
    return pages != nullptr && std::strcmp(pages, "huge") == 0 ? Pages::huge : Pages::ordinary;
}

// A mix on disk for as long as the run lasts.
class MixFile {
public:
    explicit MixFile(const Mix& mix) {
        std::string name = std::filesystem::temp_directory_path() / "echotap_mix_XXXXXX";
        const int descriptor = ::mkstemp(name.data());
        if (descriptor < 0) {
            throw std::runtime_error("cannot create " + name + ": " + std::strerror(errno));
        }
        ::close(descriptor);
        path_ = name;
        mix.write_pcap(path_);
    }
    MixFile(const MixFile&) = delete;
    MixFile& operator=(const MixFile&) = delete;
    ~MixFile() { ::unlink(path_.c_str()); }

    const std::string& path() const { return path_; }

private:
    std::string path_;
};

// What a worker of two receives: the frames that the flow hash gives it, in memory of its own as from its own queue.
struct Share {
    Arena arena;
    std::vector<Frame> frames;
};

std::vector<Share> split(const Mix& mix, std::size_t workers) {
    std::vector<Share> shares(workers);
    for (std::size_t worker = 0; worker < workers; ++worker) {
        shares[worker].arena = Arena(mix.pcap().size(), mix_pages());
        for (const Frame& frame : mix.frames()) {
            if (worker_of(flow_hash(frame), workers) != worker) {
                continue;
            }
            Frame own = frame;
            own.octets = shares[worker].arena.end() + 16;  // as far apart as in the mix
            std::memcpy(shares[worker].arena.end() + 16, frame.octets, frame.captured);
            shares[worker].arena.grow(16 + frame.captured);
            shares[worker].frames.push_back(own);
        }
    }
    return shares;
}

// The mixes of a run, made when the first benchmark asks for them.
class Workbench {
public:
    const Mix& mix(MixShape shape) {
        std::unique_ptr<Mix>& mix = mixes_[shape];
        if (mix == nullptr) {
            mix = std::make_unique<Mix>(shape, mix_frames(), mix_seed_default, mix_pages());
        }
        return *mix;
    }

    const MixFile& file(MixShape shape) {
        std::unique_ptr<MixFile>& file = files_[shape];
        if (file == nullptr) {
            file = std::make_unique<MixFile>(mix(shape));
        }
        return *file;
    }

    const std::vector<Share>& shares(MixShape shape) {
        std::vector<Share>& shares = shares_[shape];
        if (shares.empty()) {
            shares = split(mix(shape), 2);
        }
        return shares;
    }

private:
    std::map<MixShape, std::unique_ptr<Mix>> mixes_;
    std::map<MixShape, std::unique_ptr<MixFile>> files_;
    std::map<MixShape, std::vector<Share>> shares_;
};

// The processors that this process may use, before it pins itself.
std::vector<int> allowed_processors() {
    cpu_set_t set;
    std::vector<int> processors;
    if (::sched_getaffinity(0, sizeof set, &set) == 0) {
        for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
            if (CPU_ISSET(static_cast<std::size_t>(processor), &set)) {
                processors.push_back(processor);
            }
        }
    }
    return processors;
}

void pin_to(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(processor), &set);
    ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set);
}

void count_frames(benchmark::State& state, const Mix& mix) {
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(mix.frames().size()));
}

void floor_touch(benchmark::State& state, const Mix& mix) {
    const std::uint64_t expected = touch_frames(mix.frames());
    for (auto _ : state) {
        std::uint64_t sum = touch_frames(mix.frames());
        benchmark::DoNotOptimize(sum);
        if (sum != expected) {
            return state.SkipWithError("the sum differs from one pass to the next");
        }
    }
    count_frames(state, mix);
}

void floor_walk(benchmark::State& state, const Mix& mix) {
    for (auto _ : state) {
        std::uint64_t count = walk_frames(mix.frames());
        benchmark::DoNotOptimize(count);
        if (count != mix.shares().ptr) {
            return state.SkipWithError("the number of PTR queries differs from the truth");
        }
    }
    count_frames(state, mix);
}

// Maps the file anew each time, as reading it anew has its price too.
void floor_file(benchmark::State& state, const Mix& mix, const MixFile& file) {
    const std::size_t size = mix.pcap().size();
    for (auto _ : state) {
        const int descriptor = ::open(file.path().c_str(), O_RDONLY | O_CLOEXEC);
        void* mapped = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        ::close(descriptor);
        if (mapped == MAP_FAILED) {
            return state.SkipWithError("the file cannot be mapped");
        }
        std::uint64_t count = walk_pcap({static_cast<const std::uint8_t*>(mapped), size});
        benchmark::DoNotOptimize(count);
        ::munmap(mapped, size);
        if (count != mix.shares().ptr) {
            return state.SkipWithError("the number of PTR queries differs from the truth");
        }
    }
    count_frames(state, mix);
}

template <class Feedable>
void feed(Feedable& line, Burst frames, std::size_t burst, CheckingSink& sink) {
    for (std::size_t first = 0; first < frames.size(); first += burst) {
        line.feed(frames.subspan(first, std::min(burst, frames.size() - first)), sink);
    }
    line.finish(sink);
}

void line_in_memory(benchmark::State& state, const Mix& mix) {
    for (auto _ : state) {
        state.PauseTiming();
        auto line = std::make_unique<Line>(LineConfig{});
        state.ResumeTiming();
        CheckingSink sink;
        feed(*line, mix.frames(), burst_size, sink);
        state.PauseTiming();
        const std::string wrong = difference(mix.truth(), line->ledger(), sink);
        line.reset();
        state.ResumeTiming();
        if (!wrong.empty()) {
            return state.SkipWithError(wrong.c_str());
        }
    }
    count_frames(state, mix);
}

// Two workers start together, each on its own processor; the time is from the first start to the last end. On a machine
// that has other work this tells nothing; busiest_per_second goes by the processor time of the busier worker instead.
void line_two_workers(benchmark::State& state, const Mix& mix, const std::vector<Share>& shares,
                      const std::vector<int>& processors) {
    using Clock = std::chrono::steady_clock;
    struct Worker {
        Line line{LineConfig{}};
        CheckingSink sink;
        Clock::time_point start;
        Clock::time_point end;
        double busy = 0;  // seconds of processor time
    };
    double busiest_sum = 0;
    for (auto _ : state) {
        std::vector<std::unique_ptr<Worker>> workers;
        for (std::size_t i = 0; i < shares.size(); ++i) {
            workers.push_back(std::make_unique<Worker>());
        }
        std::latch ready(static_cast<std::ptrdiff_t>(workers.size()));
        {
            std::vector<std::jthread> threads;
            for (std::size_t i = 0; i < workers.size(); ++i) {
                threads.emplace_back([&, i] {
                    pin_to(processors[i % processors.size()]);
                    ready.arrive_and_wait();
                    const double busy_before = thread_seconds();
                    workers[i]->start = Clock::now();
                    feed(workers[i]->line, shares[i].frames, burst_size, workers[i]->sink);
                    workers[i]->end = Clock::now();
                    workers[i]->busy = thread_seconds() - busy_before;
                });
            }
        }
        Ledger ledger;
        CheckingSink sink;
        Clock::time_point start = Clock::time_point::max();
        Clock::time_point end = Clock::time_point::min();
        double busiest = 0;
        for (const auto& worker : workers) {
            ledger += worker->line.ledger();
            sink.reverse += worker->sink.reverse;
            sink.minimised += worker->sink.minimised;
            sink.checksum += worker->sink.checksum;
            start = std::min(start, worker->start);
            end = std::max(end, worker->end);
            busiest = std::max(busiest, worker->busy);
        }
        busiest_sum += busiest;
        state.SetIterationTime(std::chrono::duration<double>(end - start).count());
        if (const std::string wrong = difference(mix.truth(), ledger, sink); !wrong.empty()) {
            return state.SkipWithError(wrong.c_str());
        }
    }
    const auto frames = static_cast<double>(mix.frames().size()) * static_cast<double>(state.iterations());
    state.counters["busiest_per_second"] = frames / busiest_sum;
    count_frames(state, mix);
}

// Two workers over one source, as `echotap queries --workers 2` reads a capture: what spreading and merging cost.
void line_team(benchmark::State& state, const Mix& mix) {
    constexpr unsigned workers = 2;
    for (auto _ : state) {
        LineTeam team(LineConfig{}, workers);
        CheckingSink sink;
        const auto start = std::chrono::steady_clock::now();
        feed(team, mix.frames(), workers * LineTeam::burst_frames_per_worker, sink);
        state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
        if (const std::string wrong = difference(mix.truth(), team.ledger(), sink); !wrong.empty()) {
            return state.SkipWithError(wrong.c_str());
        }
    }
    count_frames(state, mix);
}

void capture_alone(benchmark::State& state, const Mix& mix, const MixFile& file) {
    for (auto _ : state) {
        Ledger source;
        CaptureFile capture(file.path(), source);
        std::uint64_t octets = 0;
        for (Burst burst = capture.next_burst(); !burst.empty(); burst = capture.next_burst()) {
            for (const Frame& frame : burst) {
                octets += frame.captured;
            }
        }
        if (octets != mix.shares().octets) {
            return state.SkipWithError("the number of octets differs from the truth");
        }
    }
    count_frames(state, mix);
}

void line_from_capture(benchmark::State& state, const Mix& mix, const MixFile& file) {
    for (auto _ : state) {
        state.PauseTiming();
        auto line = std::make_unique<Line>(LineConfig{});
        state.ResumeTiming();
        CheckingSink sink;
        Ledger source;
        CaptureFile capture(file.path(), source);
        for (Burst burst = capture.next_burst(); !burst.empty(); burst = capture.next_burst()) {
            line->feed(burst, sink);
        }
        line->finish(sink);
        state.PauseTiming();
        const std::string wrong = difference(mix.truth(), line->ledger(), sink);
        line.reset();
        state.ResumeTiming();
        if (!wrong.empty()) {
            return state.SkipWithError(wrong.c_str());
        }
    }
    count_frames(state, mix);
}

void register_all(Workbench& workbench, const std::vector<int>& processors) {
    const auto enter = [](std::string_view name, MixShape shape, auto function) {
        return benchmark::RegisterBenchmark(fmt::format("{}/{}", name, name_of(shape)).c_str(), function)
            ->Unit(benchmark::kMillisecond);
    };
    for (const MixShape shape : {MixShape::root, MixShape::reverse, MixShape::wide}) {
        Workbench* bench = &workbench;
        enter("floor_touch", shape, [=](auto& state) { floor_touch(state, bench->mix(shape)); });
        enter("floor_walk", shape, [=](auto& state) { floor_walk(state, bench->mix(shape)); });
        enter("line", shape, [=](auto& state) { line_in_memory(state, bench->mix(shape)); });
        enter("line_two_workers", shape, [=](auto& state) {
            line_two_workers(state, bench->mix(shape), bench->shares(shape), processors);
        })->UseManualTime();
        enter("line_team", shape, [=](auto& state) { line_team(state, bench->mix(shape)); })->UseManualTime();
        enter("floor_file", shape, [=](auto& state) { floor_file(state, bench->mix(shape), bench->file(shape)); });
        enter("capture", shape, [=](auto& state) { capture_alone(state, bench->mix(shape), bench->file(shape)); });
        enter("line_from_capture", shape,
              [=](auto& state) { line_from_capture(state, bench->mix(shape), bench->file(shape)); });
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<int> processors = allowed_processors();
    if (!processors.empty()) {
        pin_to(processors.back());
    }
    Workbench workbench;
    register_all(workbench, processors);
    return run_checked(argc, argv);
}
