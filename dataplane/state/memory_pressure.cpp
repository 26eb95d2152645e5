// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/memory_pressure.hpp"

#include <algorithm>

namespace echotap {

void MemoryPressure::receive(OpenWindow& window) const {
    window.part().limit_sample(sample_size_);
    if (is_guarding_) {
        window.part().guard(true);
    }
}

void MemoryPressure::look(const Windows& windows) {
    const std::size_t taken = pool_.octets_taken();
    const std::size_t percent = taken / std::max<std::size_t>(pool_.octets_max() / 100, 1);
    const bool is_growing = taken > taken_;
    taken_ = taken;
    if (percent >= 70 && !is_guarding_) {
        is_guarding_ = true;
        for (const auto& [key, window] : windows) {
            window->part().guard(true);
        }
    } else if (percent < 50 && is_guarding_) {
        // Windows that are open keep the k that they have: what was left out does not come again.
        is_guarding_ = false;
        sample_size_ = sample_size_max_;
        may_take_large_ = false;
        vain_ = 0;
        for (const auto& [key, window] : windows) {
            window->part().guard(false);
        }
    }
    is_evicting_ = percent >= 90;
    const bool is_full = taken + BlockPool::block_octets > pool_.octets_max();
    for (const auto& [key, window] : windows) {
        window->part().reserve_numbers(is_full);
        if (is_evicting_ && is_growing) {
            tighten(*window);
        } else if (is_full) {
            free_numbers(*window);
        }
    }
}

/// Growth in spite of all: fewer originators from now on, and fewer queriers where these are the many.
void MemoryPressure::tighten(OpenWindow& window) const {
    const std::size_t originators = window.originator_count();
    window.limit_originators(std::min(window.originators_max(), originators) / 8 * 7);
    if (window.part().thinnable_querier_count() > originators) {
        window.part().halve_queriers();
    }
}

/// Where no memory is left new IPv6 queriers get the numbers of those that no originator refers to any more. The table
/// of all queriers keeps these as well, so it has to let half of them go when they are many.
void MemoryPressure::free_numbers(OpenWindow& window) const {
    WindowPart& part = window.part();
    const bool are_many = part.number_count() > window.originator_count();
    if (are_many && part.has_thinned_queriers() && part.idle_number_count() > part.number_count() / 16) {
        part.halve_queriers();
    }
}

void MemoryPressure::evict(OpenWindow& window) {
    if (window.part().sample_size() > sample_size_) {
        window.part().limit_sample(sample_size_);
    }
    window.part().thin_v6_queriers();
    if (batches_ % 2 == 0) {
        window.part().thin_some(slots_per_batch);
        return;
    }
    if (window.originator_count() <= window.originators_max()) {
        return;
    }
    if (window.part().evict_some(slots_per_batch, may_take_large_) != 0) {
        vain_ = 0;
    } else if (++vain_ == vain_max) {
        vain_ = 0;
        sample_less();
    }
}

void MemoryPressure::sample_less() {
    if (sample_size_ > sample_size_min) {
        sample_size_ = std::max(sample_size_ / 2, sample_size_min);
    } else {
        may_take_large_ = true;
    }
}

}  // namespace echotap
