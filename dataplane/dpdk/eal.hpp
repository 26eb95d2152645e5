// SPDX-License-Identifier: Apache-2.0
// DPDK's environment layer (EAL), started and ended; what it says is caught, not printed.
#pragma once

#include <sched.h>

#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace echotap {

/// The EAL of this process. DPDK allows one per process, ever: a second Eal throws, also after the first has gone; its
/// memory and its parked threads stay until the process ends.
/// Construct, use and destroy it on one thread, which becomes lcore 0; its CPU affinity is given back at the end.
class Eal {
public:
    /// `arguments` as eal_arguments() makes them. Throws std::runtime_error with DPDK's reason, its own words, and what
    /// usually helps.
    explicit Eal(const std::vector<std::string>& arguments);
    ~Eal();
    Eal(const Eal&) = delete;
    Eal& operator=(const Eal&) = delete;

    /// For a message about a device that DPDK started without: what was said during the start, and what usually helps.
    std::string start_advice() const;

    /// What DPDK and its drivers have said since the start (warnings and errors), at most the first 64 KiB. What they
    /// say during a start that succeeds is about sizes of pages that are not there and the like, and left out.
    std::string log() const;

private:
    struct Log {
        mutable std::mutex lock;
        std::string text;
    };
    struct Close {
        void operator()(std::FILE* stream) const;
    };

    static ssize_t take(void* log, const char* text, std::size_t size);

    std::string said() const;

    Log log_;
    std::size_t start_size_ = 0;  // of log_: what was said during the start
    std::unique_ptr<std::FILE, Close> stream_;
    std::string runtime_folder_;
    cpu_set_t affinity_{};
};

}  // namespace echotap
