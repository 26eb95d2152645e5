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
    std::uint64_t starved = 0;
    std::size_t octets = 0;
    for (const auto& [key, window] : windows) {
        starved += window->part().starved();
        octets += window->part().octets();
    }
    for (const auto& [key, window] : windows) {
        // A window that has just begun finds the others' memory gone; it may still come to half of its share.
        window->part().keep_reserve(is_evicting_ && window->part().octets() * windows.size() * 2 > octets);
    }
    // Where all of the pool is taken, growth shows in who finds none of it any more.
    if (is_evicting_ && (is_growing || starved > starved_)) {
        for (const auto& [key, window] : windows) {
            tighten(*window);
        }
    }
    starved_ = starved;
}

/// Growth in spite of all: fewer originators from now on, and fewer queriers where these are the many. Not before what
/// was asked for last has come about, since each takes many batches.
void MemoryPressure::tighten(OpenWindow& window) {
    const std::size_t originators = window.originator_count();
    if (originators <= window.originators_max()) {
        window.limit_originators(originators / 8 * 7);
    }
    if (window.part().querier_count() > originators / 2 && !window.part().is_halving()) {
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
        if (window.part().wants_slots()) {
            window.part().evict_some(slots_per_batch, false);
        }
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
