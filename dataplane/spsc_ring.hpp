// SPDX-License-Identifier: Apache-2.0
// A bounded queue between two threads: rows on their way from a worker to the main thread, frames from one worker to
// the one that owns them.
//
// One producer and one consumer, no lock, no allocation after construction. Neither side ever waits: where the ring is
// full the producer goes on and counts a drop, because a slow terminal must not cost frames. DPDK's rte_ring would do,
// but needs a memzone each (of 2,560 in all) and cannot be watched by TSan.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <span>
#include <type_traits>
#include <vector>

namespace echotap {

/// push() is for one thread, pop() for one thread; both may run at once. The counters have a cache line each, and each
/// side keeps a copy of the other's, so that the lines travel between the cores only when the ring looks full or empty.
template <class T>
requires std::is_trivially_copyable_v<T>
class SpscRing {
public:
    /// Room for at least `capacity` elements, rounded up to a power of two. REQUIRES: capacity >= 1.
    explicit SpscRing(std::size_t capacity) : slots_(std::bit_ceil(capacity)), mask_(slots_.size() - 1) {}

    /// Takes as many of `elements`, from the first, as there is room for; returns how many.
    std::size_t push(std::span<const T> elements) {
        const std::size_t tail = producer_.own.load(std::memory_order_relaxed);
        std::size_t room = slots_.size() - (tail - producer_.other);
        if (room < elements.size()) {
            producer_.other = consumer_.own.load(std::memory_order_acquire);
            room = slots_.size() - (tail - producer_.other);
        }
        const std::size_t count = std::min(room, elements.size());
        for (std::size_t i = 0; i < count; ++i) {
            slots_[(tail + i) & mask_] = elements[i];
        }
        producer_.own.store(tail + count, std::memory_order_release);
        return count;
    }

    /// False where the ring is full; the element is then not taken.
    bool push(const T& element) { return push(std::span(&element, 1)) == 1; }

    /// Moves up to elements.size() elements out, oldest first; returns how many.
    std::size_t pop(std::span<T> elements) {
        const std::size_t head = consumer_.own.load(std::memory_order_relaxed);
        if (consumer_.other - head < elements.size()) {
            consumer_.other = producer_.own.load(std::memory_order_acquire);
        }
        const std::size_t count = std::min(consumer_.other - head, elements.size());
        for (std::size_t i = 0; i < count; ++i) {
            elements[i] = slots_[(head + i) & mask_];
        }
        consumer_.own.store(head + count, std::memory_order_release);
        return count;
    }

    std::size_t capacity() const { return slots_.size(); }

    /// How many elements wait, about: both sides may be moving. Any thread.
    std::size_t size() const {
        const std::size_t head = consumer_.own.load(std::memory_order_relaxed);
        const std::size_t tail = producer_.own.load(std::memory_order_relaxed);
        return std::min(tail - std::min(head, tail), slots_.size());
    }

private:
    static constexpr std::size_t cache_line_size = 64;

    struct alignas(cache_line_size) Side {
        std::atomic<std::size_t> own = 0;  // written by this side, read by the other
        std::size_t other = 0;             // this side's last look at the other's counter
    };

    std::vector<T> slots_;
    std::size_t mask_;
    Side producer_;
    Side consumer_;
};

}  // namespace echotap
