// SPDX-License-Identifier: Apache-2.0
// Rates found, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "tools/line_rate/bench_options.hpp"
#include "tools/line_rate/trial.hpp"

namespace echotap {

struct RateRow {
    std::string traffic;
    TapWork work = TapWork::floor;
    unsigned queues = 1;
    RateFound found;
};

/// What was measured on, with what.
struct RateMachine {
    std::string processor;
    std::size_t cpus = 0;
    std::string load;  // of the last minute, when it began
    std::string port;
    double trial_seconds = 0;
    long window_seconds = 0;
    std::size_t shared_cpus = 0;  // that workers share where there are more of them; 0: each has its own
};

/// Octets that Ethernet adds to a frame on the cable: checksum, preamble with start delimiter, gap (IEEE 802.3).
inline constexpr double cable_octets = 4 + 8 + 12;

/// Gb/s on the cable of frames/s with a mean size, which does not hold the checksum.
double cable_gigabits(double rate, double mean_size);

/// A report is what comes before the rows, the rows, each as soon as it is found, and what comes after them. As a
/// table: of 79 columns at most, and what its columns mean. As JSON: one object, with everything that was measured.
std::string report_begin(BenchFormat format, const RateMachine& machine);
std::string report_row(BenchFormat format, const RateRow& row, bool is_first);
std::string report_end(BenchFormat format);

}  // namespace echotap
