// SPDX-License-Identifier: Apache-2.0
// What all benchmarks end with: those that are registered go in, what main() returns comes out.
//
// Google Benchmark tells of an error and goes on, and exits with 0 all the same; a run whose answers are wrong must
// fail, or no test would see it.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

namespace echotap {

/// The table on the terminal, and whether SkipWithError() was called for one of its rows.
class CheckedReporter : public benchmark::ConsoleReporter {
public:
    void ReportRuns(const std::vector<Run>& runs) override {
        failed_ = failed_ || std::ranges::any_of(runs, [](const Run& run) { return run.error_occurred; });
        ConsoleReporter::ReportRuns(runs);
    }
    bool failed() const { return failed_; }

private:
    bool failed_ = false;
};

/// Runs what is registered: 0, or 1 where an answer was wrong. REQUIRES: benchmark::Initialize() was called.
inline int run_checked() {
    CheckedReporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    benchmark::Shutdown();
    return reporter.failed() ? 1 : 0;
}

/// The same with the arguments of main(); 2 where one of these is unknown.
inline int run_checked(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    return benchmark::ReportUnrecognizedArguments(argc, argv) ? 2 : run_checked();
}

}  // namespace echotap
