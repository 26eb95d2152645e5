// SPDX-License-Identifier: Apache-2.0
// When a tap ends: after a while, or when the user (SIGINT) or the system (SIGTERM) asks.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>

namespace echotap {

/// Catches SIGINT and SIGTERM while it lives; one at a time per process. The first signal makes it true; the second
/// ends the process as if nobody had caught it, in case the end takes too long.
class Stop {
public:
    /// `after`: counted from the first question, so that the start of DPDK is not part of it; without, signals only.
    explicit Stop(std::optional<std::chrono::nanoseconds> after = std::nullopt);
    /// After `seconds`; 0: signals only.
    static std::optional<std::chrono::nanoseconds> after(double seconds);
    ~Stop();
    Stop(const Stop&) = delete;
    Stop& operator=(const Stop&) = delete;

    /// Whether to end now.
    bool operator()();

    /// Whether a signal was the reason.
    static bool signalled();

private:
    std::optional<std::chrono::nanoseconds> after_;
    std::optional<std::chrono::steady_clock::time_point> begin_;
    struct sigaction interrupt_before_ {};
    struct sigaction terminate_before_ {};
};

}  // namespace echotap
