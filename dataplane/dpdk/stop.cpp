// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/stop.hpp"

#include <atomic>

namespace echotap {

namespace {

/// A signal handler can reach nothing but a global.
std::atomic<bool> signal_came = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler must not wait for a lock");

void on_signal(int) {
    signal_came.store(true, std::memory_order_relaxed);
}

}  // namespace

Stop::Stop(std::optional<std::chrono::nanoseconds> after) : after_(after) {
    signal_came.store(false);
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, &interrupt_before_);
    sigaction(SIGTERM, &action, &terminate_before_);
}

Stop::~Stop() {
    sigaction(SIGINT, &interrupt_before_, nullptr);
    sigaction(SIGTERM, &terminate_before_, nullptr);
}

std::optional<std::chrono::nanoseconds> Stop::after(double seconds) {
    return seconds > 0 ? std::optional(std::chrono::duration_cast<std::chrono::nanoseconds>(
                             std::chrono::duration<double>(seconds)))
                       : std::nullopt;
}

bool Stop::operator()() {
    if (!begin_) {
        begin_ = std::chrono::steady_clock::now();
    }
    return signalled() || (after_ && std::chrono::steady_clock::now() - *begin_ >= *after_);
}

bool Stop::signalled() {
    return signal_came.load(std::memory_order_relaxed);
}

}  // namespace echotap
