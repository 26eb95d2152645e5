// SPDX-License-Identifier: Apache-2.0
// From a worker to the assembling thread, by pointer: a bounded queue that loses nothing.
//
// The worker never waits: where the queue is full, what it gives stays with it, in order, and goes with a later try.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

#include "dataplane/spsc_ring.hpp"

namespace echotap {

/// give(), retry() and has_waiting() are the worker's; take() is the assembling thread's.
template <class T>
class HandOver {
public:
    explicit HandOver(std::size_t waiting_max) : ring_(waiting_max) {}
    ~HandOver() {
        while (take() != nullptr) {
        }
    }
    HandOver(const HandOver&) = delete;
    HandOver& operator=(const HandOver&) = delete;

    void give(std::unique_ptr<T> one) {
        kept_.push_back(std::move(one));
        if (!retry()) {
            times_full_.store(times_full_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        }
    }

    /// Hands over what could not be before; true where nothing is left.
    bool retry() {
        while (!kept_.empty() && ring_.push(kept_.front().get())) {
            static_cast<void>(kept_.front().release());
            kept_.pop_front();
        }
        return kept_.empty();
    }

    bool has_waiting() const { return !kept_.empty(); }

    /// The next one, or null.
    std::unique_ptr<T> take() {
        T* one = nullptr;
        ring_.pop({&one, 1});
        return std::unique_ptr<T>(one);
    }

    /// How often the queue was full when something was given. Any thread.
    std::uint64_t times_full() const { return times_full_.load(std::memory_order_relaxed); }

private:
    SpscRing<T*> ring_;
    std::deque<std::unique_ptr<T>> kept_;  // the worker's
    std::atomic<std::uint64_t> times_full_ = 0;
};

}  // namespace echotap
