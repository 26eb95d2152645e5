// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/window_part.hpp"

namespace echotap {

PartCounts& PartCounts::operator+=(const PartCounts& other) {
    queries += other.queries;
    minimised += other.minimised;
    refused += other.refused;
    evicted_originators += other.evicted_originators;
    evicted_prefixes += other.evicted_prefixes;
    evicted_queries += other.evicted_queries;
    incomplete += other.incomplete;
    return *this;
}

WindowPart::WindowPart(const PartConfig& config, BlockPool& pool)
    : config_(config), memory_(pool), sample_size_(config.sample_size) {
}

void WindowPart::add(std::span<StateQuery> batch) {
    std::array<QuerierKey, batch_max> queriers;
    for (StateQuery& query : batch) {
        table(query.kind).locate(memory_, query);
    }
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const StateQuery& query = batch[i];
        QuerierKey& querier = queriers[i];
        if (query.querier_is_v4) {
            querier = {.hash = query.querier_hash, .key = v4_number(query.querier), .is_v4 = true};
        } else {
            const std::uint32_t number = queriers_.numbers().find(memory_, query.querier_hash, query.querier);
            querier = {.hash = table_hash(config_.table_key, number), .key = number, .is_v4 = false};
        }
        if (query.place != 0) {
            table(query.kind).prefetch_set(memory_, query, querier.hash);
        } else {
            doorkeeper_.prefetch(memory_, query.originator_hash);
        }
    }
    const TableSurroundings around = surroundings();
    for (std::size_t i = 0; i < batch.size(); ++i) {
        apply(around, batch[i], queriers[i]);
    }
}

void WindowPart::apply(const TableSurroundings& around, const StateQuery& query, QuerierKey querier) {
    OriginatorTable& originators = table(query.kind);
    OriginatorSlot* slot = originators.find(memory_, query);
    if (slot == nullptr) {
        slot = admit(query);
        if (slot == nullptr) {
            ++counts_.refused;
            return;
        }
    }
    const bool is_minimised = query.kind == OriginatorKind::prefix;
    ++(is_minimised ? counts_.minimised : counts_.queries);
    AddressNumbers& numbers = queriers_.numbers();
    if (!querier.is_v4 && querier.key == 0) {
        // New when the batch began; an earlier query of the batch may have brought it.
        querier.key = numbers.find(memory_, query.querier_hash, query.querier);
        if (querier.key == 0 && may_take_number(*slot)) {
            querier.key = numbers.add(memory_, query.querier_hash, query.querier);
        }
        querier.hash = table_hash(config_.table_key, querier.key);
    }
    bool is_whole = false;  // the originator
    bool is_counted = false;
    if (querier.is_v4) {
        is_whole = originators.count(around, *slot, query.time, querier);
        is_counted = queriers_.count_v4(memory_, config_.table_key, config_.sample_key, query);
    } else if (querier.key != 0) {
        is_whole = originators.count(around, *slot, query.time, querier);
        is_counted = queriers_.count_v6(memory_, querier.key, is_minimised);
    } else {
        originators.count_time(around, *slot, query.time);
    }
    starved_ += static_cast<std::uint64_t>(!is_whole);
    counts_.incomplete += static_cast<std::uint64_t>(!is_whole || !is_counted);
}

bool WindowPart::may_take_number(const OriginatorSlot& slot) const {
    return !reserves_numbers_ || queriers_.numbers().free() > numbers_reserved ||
           OriginatorTable::footprint(slot) >= large_footprint;
}

OriginatorSlot* WindowPart::admit(const StateQuery& query) {
    if (doorkeeper_.is_on() && !doorkeeper_.has_seen(memory_, query.originator_hash)) {
        return nullptr;
    }
    OriginatorTable& originators = table(query.kind);
    if (keeps_reserve_ && !originators.has_free_slot() && !is_rare(query.kind)) {
        wants_slots_ = true;
        return nullptr;
    }
    return originators.add(memory_, query);
}

bool WindowPart::is_rare(OriginatorKind kind) const {
    std::size_t all = 0;
    for (const OriginatorTable& originators : tables_) {
        all += originators.size();
    }
    return table(kind).size() < all / 8;
}

bool WindowPart::guard(bool is_on) {
    if (is_on == doorkeeper_.is_on()) {
        return true;
    }
    if (is_on) {
        return doorkeeper_.start(memory_);
    }
    doorkeeper_.stop(memory_);
    return true;
}

std::size_t WindowPart::evict_some(std::size_t slots, bool may_take_large) {
    wants_slots_ = false;
    return eviction_.evict_some(surroundings(), tables_, slots, may_take_large,
                                [&](const OriginatorTable& from, const OriginatorSlot& slot) {
                                    const bool is_prefix = &from == &table(OriginatorKind::prefix);
                                    ++(is_prefix ? counts_.evicted_prefixes : counts_.evicted_originators);
                                    counts_.evicted_queries += OriginatorTable::queries(slot);
                                });
}

bool WindowPart::thin_some(std::size_t slots) {
    queriers_.thin(memory_, config_.table_key, config_.sample_key);
    const TableSurroundings around = surroundings();
    return thinned_.walk(memory_, tables_, slots, [&](OriginatorTable&, OriginatorSlot& slot) {
        if (!slot.has_spilled()) {
            return true;
        }
        const bool is_done = slot.queriers.many.v4.thin(around.v4_set());
        return slot.queriers.many.v6.thin(around.v6_set()) && is_done;
    });
}

}  // namespace echotap
