// SPDX-License-Identifier: Apache-2.0
// The tap that trials are run against: the very line of `echotap tap` up to windows, or workers that only count.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "config/port_config.hpp"
#include "config/window_config.hpp"
#include "dataplane/dpdk/window_tap.hpp"
#include "tools/line_rate/trial.hpp"

namespace echotap {

/// What a tap has counted so far.
struct TapBooks {
    std::uint64_t frames = 0;        // that the workers were fed
    std::uint64_t lost = 0;          // frames, on the way to them: the port's counters, rings between workers
    std::uint64_t taken = 0;         // frames that the line has in its books
    std::uint64_t queries = 0;       // reverse and minimised, with those lost
    std::uint64_t queries_lost = 0;  // that found a full ring between workers
    std::uint64_t windows_closed = 0;
    std::uint64_t busy_cycles = 0;
    std::uint64_t cycles = 0;
};

/// Made, run and destroyed by the main thread; one other thread asks.
class TapUnderTest {
public:
    /// Starts DPDK and the ports. Throws std::runtime_error with what is wrong.
    TapUnderTest(TapWork work, const PortConfig& ports, const WindowConfig& windows);
    ~TapUnderTest();

    /// The main thread: runs the tap until `stop()`, answering whoever asks.
    void run(const std::function<bool()>& stop);

    /// After run(): what is wrong with its books, or nothing. `accepted`: frames that were sent and not refused.
    std::string fault(std::uint64_t accepted) const;

    // The other thread, while the tap runs.

    /// All that has been counted, by workers that have put down all they were fed. Waits for the main thread, which
    /// may be putting a window together. Nothing where the tap has ended.
    std::optional<TapBooks> ask();

    /// Frames that the workers were fed, and how busy they were, at once.
    TapBooks glance() const;

private:
    class Counter;

    void serve();
    std::optional<TapBooks> draw();

    std::vector<std::unique_ptr<Counter>> counters_;  // with TapWork::floor
    std::optional<Tap> floor_;
    std::optional<WindowTap> tap_;
    std::uint64_t windows_closed_ = 0;

    enum class Asked : std::uint8_t { nobody, wanted, of_workers, answered, never };
    std::mutex lock_;
    std::condition_variable changed_;
    Asked asked_ = Asked::nobody;
    TapBooks answer_;
};

}  // namespace echotap
