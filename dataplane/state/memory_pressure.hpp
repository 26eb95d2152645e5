// SPDX-License-Identifier: Apache-2.0
// What gives way when memory runs short, and in which order: the open windows of a worker go in, smaller ones come out.
//
//     70 % of the pool is taken    an originator gets state only at its second query (doorkeeper)
//     90 %                         new originators get what others gave back, and the rest is for those with state;
//                                  the smallest and oldest originators go; of all queriers, a fair half stays
//     and nobody small is left     k halves, down to sample_size_min
//     and k is at its minimum      originators with 20 queriers and more go as well, the smallest first
//     50 % again                   all of this is over; windows that open from then on have the configured k
//
// Each batch of queries pays for a bounded piece of this work, so no worker stalls. What went is in PartCounts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

#include "dataplane/state/open_window.hpp"

namespace echotap {

/// Not thread-safe: one per worker; the pool is what workers share.
class MemoryPressure {
public:
    using Windows = std::map<WindowKey, std::unique_ptr<OpenWindow>>;

    /// The smallest k that pressure leads to: footprints are still good to 10 % (3 / sqrt(k)).
    static constexpr std::uint32_t sample_size_min = 1024;

    MemoryPressure(const BlockPool& pool, std::uint32_t sample_size)
        : pool_(pool), sample_size_max_(sample_size), sample_size_(sample_size) {}

    /// To be called after each batch. Some 10 microseconds for each window at most.
    void relieve(const Windows& windows) {
        if (batches_++ % batches_per_look == 0) {
            look(windows);
        }
        if (is_evicting_) {
            for (const auto& [key, window] : windows) {
                evict(*window);
            }
        }
    }

    /// Makes a window that has just been opened as careful as the others.
    void receive(OpenWindow& window) const;

private:
    /// Looking at the pool takes a lock. In between, 16 batches take about half a block at most.
    static constexpr unsigned batches_per_look = 16;
    static constexpr std::size_t slots_per_batch = 512;
    /// Evicting so often in vain means that nobody small is left.
    static constexpr unsigned vain_max = 64;

    void look(const Windows& windows);
    void evict(OpenWindow& window);
    static void tighten(OpenWindow& window);
    static void free_numbers(OpenWindow& window);
    void sample_less();

    const BlockPool& pool_;
    const std::uint32_t sample_size_max_;  // as configured
    std::uint32_t sample_size_;
    std::size_t taken_ = 0;      // octets of the pool at the last look
    std::uint64_t starved_ = 0;  // queries of originators with state that found no memory until then
    unsigned batches_ = 0;
    unsigned vain_ = 0;
    bool is_guarding_ = false;
    bool is_evicting_ = false;
    bool may_take_large_ = false;
};

}  // namespace echotap
