// SPDX-License-Identifier: Apache-2.0
// What a live worker has counted, read while it counts: a request goes to the worker, a copy of its books comes back.
//
// The books are plain numbers that one thread writes. So nobody reads them: the worker copies them between two bursts,
// when it finds that somebody has asked, which costs it one load otherwise.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "dataplane/drop.hpp"
#include "dataplane/frame.hpp"
#include "dataplane/state/window_header.hpp"

namespace echotap {

struct WorkerPicture {
    Ledger ledger;
    Timestamp clock = Timestamp::min();  // of its source; Timestamp::min() before there is any
    // Of its shares of the windows that are open, all lengths and views together.
    std::size_t windows = 0;
    std::size_t originators = 0;  // and prefixes
    std::size_t queriers = 0;
    WindowCounts counts;
    std::uint64_t shares_waiting = 0;  // times that closed windows waited for the ones before them
};

/// One asking thread, one worker.
class PictureDesk {
public:
    /// The asking thread: wants a new picture; nothing while one is wanted.
    void ask() {
        if (answered_.load(std::memory_order_acquire) == asked_.load(std::memory_order_relaxed)) {
            asked_.store(asked_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
        }
    }
    /// The asking thread: the picture, or null while it is wanted and before the first one. It stays as it is until the
    /// next ask().
    const WorkerPicture* picture() const {
        const std::uint64_t answered = answered_.load(std::memory_order_acquire);
        return answered != 0 && answered == asked_.load(std::memory_order_relaxed) ? &picture_ : nullptr;
    }

    /// The worker: is a picture wanted?
    bool is_asked() const {
        return asked_.load(std::memory_order_acquire) != answered_.load(std::memory_order_relaxed);
    }
    /// The worker, where it is.
    void answer(const WorkerPicture& picture) {
        picture_ = picture;
        answered_.store(asked_.load(std::memory_order_relaxed), std::memory_order_release);
    }

private:
    WorkerPicture picture_;
    std::atomic<std::uint64_t> asked_ = 0;
    std::atomic<std::uint64_t> answered_ = 0;
};

}  // namespace echotap
