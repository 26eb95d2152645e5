// SPDX-License-Identifier: Apache-2.0
#include "tools/line_rate/rate_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <thread>

#include "dataplane/dpdk/eal_arguments.hpp"
#include "dataplane/dpdk/stop.hpp"
#include "tools/line_rate/tap_under_test.hpp"
#include "tools/line_rate/throughput_search.hpp"
#include "tools/line_rate/trial_run.hpp"

namespace echotap {

namespace {

constexpr std::chrono::milliseconds grace{100};

/// A trial was stopped: by a signal, or since the tap has ended.
struct Stopped {};

std::chrono::seconds open_window(const RatePlan& plan) {
    return std::chrono::ceil<std::chrono::seconds>(plan.trial) + std::chrono::seconds(1);
}

WindowConfig windows_of(const RatePlan& plan) {
    WindowConfig windows;
    windows.lengths = {WindowLength{.length = plan.work == TapWork::open ? open_window(plan) : plan.window}};
    windows.grace = grace;
    windows.memory_budget = plan.memory_budget;
    return windows;
}

PortConfig ports_of(const Traffic& traffic, const RatePlan& plan, const Places& places, std::size_t slots) {
    PortConfig ports;
    ports.ports = {plan.port.empty() ? fmt::format("net_ring0,slots={},queues={}", slots, plan.queues) : plan.port};
    ports.workers = plan.queues;
    ports.cpus = places.tap;
    ports.memory_mib = memory_needed_mib(ports, check(ports)) +
                       Replayer::memory_needed(traffic.frames(), slots * plan.queues) / (1U << 20U) * 5 / 4 + 64;
    return ports;
}

/// All trials of a search, on the thread of the generator.
class Searcher {
public:
    Searcher(TrialRun& trials, const RatePlan& plan, const std::function<void(const Trial&)>& on_trial)
        : trials_(trials), plan_(plan), on_trial_(on_trial) {}

    RateFound search() {
        RateFound found;
        // Brings memory and caches to where later trials find them, and says where to begin.
        constexpr std::chrono::nanoseconds warm_up = std::chrono::seconds(1);
        const Trial flood = run(plan_.rate_max > 0 ? plan_.rate_max : std::numeric_limits<double>::infinity(),
                                std::min(plan_.trial, warm_up));
        found.generator_rate = flood.rate;
        // Frames that are refused cost little, so a flood is far above what any trial could do without loss.
        const double highest =
            flood.rate * std::min(1.0, static_cast<double>(flood.offered - flood.lost) /
                                           static_cast<double>(std::max<std::uint64_t>(flood.offered, 1)) * 2);
        ThroughputSearch search({.highest = highest, .lowest = highest / 10'000});
        while (const auto rate = search.next()) {
            const Trial trial = run(*rate, plan_.trial);
            search.take(end_of(trial), trial.rate);
            if (trial.is_clean()) {
                found.at = trial;
            }
        }
        found.rate = search.found();
        found.is_ceiling = search.is_ceiling();
        found.is_settled = search.is_settled();
        found.trials = search.trials();
        if (found.rate > 0) {
            look_further(found);
        }
        return found;
    }

private:
    static TrialEnd end_of(const Trial& trial) {
        constexpr double reached = 0.99;
        if (!trial.is_clean()) {
            return TrialEnd::lossy;
        }
        return trial.rate < trial.wanted * reached ? TrialEnd::short_of : TrialEnd::clean;
    }

    void look_further(RateFound& found) {
        for (std::size_t i = 0; i < rates_above.size(); ++i) {
            if (const double rate = found.rate * rates_above[i]; rate <= found.generator_rate) {
                found.above[i] = run(rate, plan_.trial);
            }
        }
        if (plan_.hold_share > 0 && plan_.work != TapWork::open) {
            found.held = run(found.rate * plan_.hold_share, plan_.hold);
        }
    }

    Trial run(double rate, std::chrono::nanoseconds duration) {
        const std::optional<Trial> trial = trials_.run(rate, duration);
        if (!trial) {
            throw Stopped{};
        }
        on_trial_(*trial);
        return *trial;
    }

    TrialRun& trials_;
    const RatePlan& plan_;
    const std::function<void(const Trial&)>& on_trial_;
};

std::unique_ptr<Replayer> replayer_of(const Traffic& traffic, const RatePlan& plan, const PortConfig& ports) {
    return plan.port.empty() ? std::make_unique<Replayer>(traffic.frames(), parse_port_spec(ports.ports.front()))
                             : std::make_unique<Replayer>(traffic.frames(), plan.sender);
}

}  // namespace

Places places_for(const std::vector<unsigned>& cpus, unsigned queues) {
    if (cpus.size() < 2) {
        throw std::runtime_error(
            fmt::format("workers and a generator need 2 CPUs, and this process may run on {}: on one CPU sending and "
                        "receiving take turns, and what is measured is their sum; give it more",
                        cpus.size()));
    }
    Places places;
    places.is_crowded = cpus.size() <= queues;
    if (places.is_crowded) {
        places.tap.assign(cpus.begin() + 1, cpus.end());
        places.generator = cpus.front();
        return places;
    }
    places.is_shared = cpus.size() == queues + std::size_t{1};
    places.tap.assign(cpus.begin(), cpus.begin() + queues + 1);
    places.generator = places.is_shared ? cpus.front() : cpus[queues + 1];
    return places;
}

std::size_t automatic_slots(const Places& places) {
    return places.is_shared || places.is_crowded ? 262144 : 4096;
}

RateFound find_rate(const Traffic& traffic, const RatePlan& plan, const std::function<void(const Trial&)>& on_trial) {
    const Places places = places_for(Machine::look().cpus, plan.queues);
    const std::size_t slots = plan.slots != 0 ? plan.slots : automatic_slots(places);
    const PortConfig ports = ports_of(traffic, plan, places, slots);
    const WindowConfig windows = windows_of(plan);
    TapUnderTest tap(plan.work, ports, windows);
    const std::unique_ptr<Replayer> replayer = replayer_of(traffic, plan, ports);
    std::atomic<bool> stop = false;
    std::atomic<bool> has_ended = false;
    std::exception_ptr failure;
    RateFound found;
    const TrialRun::Windows begins{
        .begins = plan.work == TapWork::open, .length = windows.lengths.front().length, .grace = grace};
    TrialRun trials(tap, *replayer, traffic, plan.work != TapWork::floor, begins, stop);
    std::thread generator([&] {
        try {
            const ReplayLcore lcore(places.generator);
            found = Searcher(trials, plan, on_trial).search();
        } catch (...) {
            failure = std::current_exception();
        }
        has_ended = true;
    });
    const auto join = [&stop](std::thread* thread) {
        stop = true;
        thread->join();
    };
    std::unique_ptr<std::thread, decltype(join)> running(&generator, join);
    Stop signals;
    tap.run([&] {
        stop = stop || signals();
        return has_ended.load();
    });
    running.reset();
    try {
        if (failure) {
            std::rethrow_exception(failure);
        }
    } catch (const Stopped&) {
        throw std::runtime_error("interrupted: there is no result");
    }
    if (const std::string fault = tap.fault(trials.accepted()); !fault.empty()) {
        throw BooksDisagree(fmt::format("{}: there is no result", fault));
    }
    return found;
}

}  // namespace echotap
