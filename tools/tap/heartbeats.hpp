// SPDX-License-Identifier: Apache-2.0
// Who of the threads of a tap is stuck: counters that move while their threads are well go in, with the time; names of
// those that stood still for too long come out.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace echotap {

/// What a look at one thread has found.
struct Heartbeat {
    std::string name;
    std::uint64_t beats = 0;             // moves while the thread is well
    bool is_expected = true;             // false: it rests, or has ended, as it should
    std::chrono::milliseconds limit{0};  // for how long it may stand still; 0: as long as it likes
};

/// For one looking thread.
class Heartbeats {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// The names of those that are stuck. The same threads, in the same order, every time. A long gap between two looks
    /// (the whole process was stopped, or the machine slept) is nobody's fault: it counts as no time.
    std::vector<std::string> look(std::span<const Heartbeat> heartbeats, Time now);

    /// A gap that long is not a thread's fault.
    static constexpr std::chrono::seconds gap_max{2};

private:
    struct Seen {
        std::uint64_t beats = 0;
        std::chrono::nanoseconds still{0};  // for so long
    };

    std::vector<Seen> seen_;
    Time last_{};
};

}  // namespace echotap
