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
        is_guarding_ = false;
        for (const auto& [key, window] : windows) {
            window->part().guard(false);
        }
    }
    is_evicting_ = percent >= 90;
    if (is_evicting_ && is_growing) {
        for (const auto& [key, window] : windows) {
            tighten(*window);
        }
    }
}

/// Growth in spite of all: fewer originators from now on, and fewer queriers where these are the many.
void MemoryPressure::tighten(OpenWindow& window) const {
    const std::size_t originators = window.originator_count();
    window.limit_originators(std::min(window.originators_max(), originators) / 8 * 7);
    if (window.part().querier_count() > originators) {
        window.part().halve_queriers();
    }
}

void MemoryPressure::evict(OpenWindow& window) {
    if (window.part().sample_size() > sample_size_) {
        window.part().limit_sample(sample_size_);
    }
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
