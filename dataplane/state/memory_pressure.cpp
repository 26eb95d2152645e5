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
    std::uint64_t starved = 0;
    std::size_t octets = 0;
    for (const auto& [key, window] : windows) {
        starved += window->part().starved();
        octets += window->part().octets();
    }
    // Where all of the pool is taken, growth shows in who finds none of it any more.
    const bool must_shrink = is_evicting_ && (is_growing || starved > starved_);
    for (const auto& [key, window] : windows) {
        window->part().reserve_numbers(is_full);
        // A window that has just begun finds the others' memory gone; it may still come to half of its share.
        window->part().keep_reserve(is_evicting_ && window->part().octets() * windows.size() * 2 > octets);
        if (must_shrink) {
            tighten(*window);
        } else if (is_full) {
            free_numbers(*window);
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
    if (window.part().thinnable_querier_count() > originators / 2 && window.part().has_thinned_queriers()) {
        window.part().halve_queriers();
    }
}

/// Where no memory is left new IPv6 queriers get the numbers of those that no originator refers to any more. The table
/// of all queriers keeps these as well, so it has to let half of them go when they are many.
void MemoryPressure::free_numbers(OpenWindow& window) {
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
