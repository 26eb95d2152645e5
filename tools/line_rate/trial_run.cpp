// SPDX-License-Identifier: Apache-2.0
#include "tools/line_rate/trial_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "tools/grouped.hpp"

namespace echotap {

TrialRun::TrialRun(TapUnderTest& tap, Replayer& replayer, const Traffic& traffic, bool finds_queries,
                   const Windows& windows, const std::atomic<bool>& stop)
    : tap_(tap), replayer_(replayer), traffic_(traffic), finds_queries_(finds_queries), windows_(windows), stop_(stop) {
}

std::optional<Trial> TrialRun::run(double rate, std::chrono::nanoseconds duration) {
    wait_for_window();
    const std::optional<TapBooks> before = tap_.ask();
    if (!before || stop_.load()) {
        return std::nullopt;
    }
    const ReplayCount sent = replayer_.send(rate, duration, stop_);
    const TapBooks then = tap_.glance();
    accepted_ += sent.accepted();
    const std::uint64_t fed_then = then.frames - before->frames;
    wait_for_frames(before->frames + sent.accepted());
    const std::optional<TapBooks> after = tap_.ask();
    if (!after || stop_.load()) {
        return std::nullopt;
    }
    check(sent, *before, *after);

    Trial trial;
    trial.wanted = rate;
    trial.rate = sent.rate();
    trial.seconds = sent.seconds;
    trial.offered = sent.offered;
    trial.octets = sent.octets;
    trial.lost = sent.refused + after->lost - before->lost;
    trial.behind = sent.accepted() - std::min(sent.accepted(), fed_then);
    trial.queries = after->queries - before->queries;
    trial.queries_lost = after->queries_lost - before->queries_lost;
    trial.windows_closed = after->windows_closed - before->windows_closed;
    const std::uint64_t fed = after->frames - before->frames;
    trial.cycles_per_frame =
        fed == 0 ? 0 : static_cast<double>(after->busy_cycles - before->busy_cycles) / static_cast<double>(fed);
    const std::uint64_t cycles = then.cycles - before->cycles;
    trial.busy_share =
        cycles == 0 ? 0 : static_cast<double>(then.busy_cycles - before->busy_cycles) / static_cast<double>(cycles);
    return trial;
}

/// Until a window has begun and the one before it has been closed and put together, which takes the main thread: who
/// asks next waits for it.
void TrialRun::wait_for_window() const {
    if (!windows_.begins) {
        return;
    }
    const auto now = std::chrono::system_clock::now();
    const auto length = std::chrono::duration_cast<std::chrono::system_clock::duration>(windows_.length);
    const auto begin = now - now.time_since_epoch() % length + length;
    constexpr std::chrono::milliseconds margin{100};
    while (!stop_.load() && std::chrono::system_clock::now() < begin + windows_.grace + margin) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

/// Until the workers have been fed so many, or none for a second: those that are missing must be counted as lost.
void TrialRun::wait_for_frames(std::uint64_t until) const {
    constexpr std::chrono::seconds patience{1};
    auto last_change = std::chrono::steady_clock::now();
    for (std::uint64_t fed = 0; fed < until && !stop_.load();) {
        std::this_thread::sleep_for(std::chrono::microseconds(500));
        const std::uint64_t now_fed = tap_.glance().frames;
        const auto now = std::chrono::steady_clock::now();
        if (now_fed != fed) {
            fed = now_fed;
            last_change = now;
        } else if (now - last_change > patience) {
            return;
        }
    }
}

void TrialRun::check(const ReplayCount& sent, const TapBooks& before, const TapBooks& after) const {
    const std::uint64_t fed = after.frames - before.frames;
    const std::uint64_t lost = after.lost - before.lost;
    if (sent.accepted() != fed + lost) {
        throw BooksDisagree(
            fmt::format("{} frames were sent; {} reached the workers and {} are counted as lost: there "
                        "is no result",
                        grouped(sent.accepted()), grouped(fed), grouped(lost)));
    }
    if (const std::uint64_t taken = after.taken - before.taken; taken != fed) {
        throw BooksDisagree(fmt::format("the workers were fed {} frames and have {} in their books: there is no result",
                                        grouped(fed), grouped(taken)));
    }
    if (!finds_queries_) {
        return;
    }
    const std::uint64_t queries = after.queries - before.queries;
    const std::uint64_t expected = traffic_.queries_in(sent.offered);
    const bool is_whole = sent.refused + lost == 0;
    if (is_whole ? queries != expected : queries > expected) {
        throw BooksDisagree(
            fmt::format("{} reverse queries were sent and {} found, with {} frames lost: there is no "
                        "result",
                        grouped(expected), grouped(queries), grouped(sent.refused + lost)));
    }
}

}  // namespace echotap
