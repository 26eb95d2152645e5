// SPDX-License-Identifier: Apache-2.0
// One trial after another against a tap that runs: a rate and a time go in, what became of the frames comes out.
//
// A trial is believed only where the books of both sides agree: every frame that was sent is in the tap's books or in a
// counter of losses, and where none was lost the tap has found exactly the queries that are in the traffic.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>

#include "dataplane/dpdk/replayer.hpp"
#include "tools/line_rate/tap_under_test.hpp"
#include "tools/line_rate/traffic.hpp"
#include "tools/line_rate/trial.hpp"

namespace echotap {

/// The books of both sides do not agree: there is no result.
class BooksDisagree : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// On the thread of the generator, while the main thread runs the tap. What is given by reference must outlive it.
class TrialRun {
public:
    /// `begins_windows`: every trial waits for a window to begin, of that length and with that grace.
    struct Windows {
        bool begins = false;
        std::chrono::nanoseconds length{};
        std::chrono::nanoseconds grace{};
    };

    TrialRun(TapUnderTest& tap, Replayer& replayer, const Traffic& traffic, bool finds_queries, const Windows& windows,
             const std::atomic<bool>& stop);

    /// Sends and waits until everything has been worked off. Nothing where it was stopped or the tap has ended. Throws
    /// BooksDisagree.
    std::optional<Trial> run(double rate, std::chrono::nanoseconds duration);

    /// Frames of all trials that were not refused.
    std::uint64_t accepted() const { return accepted_; }

private:
    void wait_for_window() const;
    void wait_for_frames(std::uint64_t until) const;
    void check(const ReplayCount& sent, const TapBooks& before, const TapBooks& after) const;

    TapUnderTest& tap_;
    Replayer& replayer_;
    const Traffic& traffic_;
    bool finds_queries_;
    Windows windows_;
    const std::atomic<bool>& stop_;
    std::uint64_t accepted_ = 0;
};

}  // namespace echotap
