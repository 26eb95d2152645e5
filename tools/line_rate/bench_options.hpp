// SPDX-License-Identifier: Apache-2.0
// What `echotap bench` was asked to do.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "tools/line_rate/trial.hpp"

namespace echotap {

enum class BenchFormat { table, json };

struct BenchOptions {
    BenchFormat format = BenchFormat::table;
    std::vector<std::string> paths;  // captures to replay
    std::vector<std::string> mixes;  // by name; empty, with no captures either: all three
    std::size_t mix_frames = 5'000'000;
    std::vector<unsigned> queues;  // a row for each; empty: 1, 2, 4 ... as the CPUs allow
    std::vector<TapWork> works{TapWork::floor, TapWork::open, TapWork::closing};
    double trial_seconds = 2;
    std::chrono::seconds window{1};  // length of windows that close
    std::size_t memory_budget = std::size_t{1} << 30U;
    std::size_t slots = 0;    // 0: as automatic_slots() says
    double rate_max = 0;      // frames/s; 0: as fast as the generator can
    double hold_percent = 0;  // of the rate found; 0: is not held
    std::chrono::seconds hold{60};
    std::string port;    // that receives; empty: net_ring
    std::string sender;  // the port that sends
    bool quiet = false;  // no progress, no notes
};

}  // namespace echotap
