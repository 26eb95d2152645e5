// SPDX-License-Identifier: Apache-2.0
// Other ways to keep the state of originators: what dataplane/state is measured against.
//
// Each does the same work on the same queries: the repeat filter, then per originator the queries, first and last
// time, 10-minute periods and distinct queriers, and the counts of every querier. All but the naive one take the
// product's repeat filter and keys of 8 and 4 octets, so that what differs is how originators are kept and shared.
#pragma once

#include <oneapi/tbb/concurrent_hash_map.h>
#include <tsl/robin_map.h>
#include <tsl/robin_set.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "dataplane/state/repeat_filter.hpp"
#include "dataplane/state/state_query.hpp"
#include "dataplane/state/window_part.hpp"

namespace echotap {

inline constexpr HashKey benchmark_table_key{0x243f'6a88'85a3'08d3U, 0x1319'8a2e'0370'7344U};
inline constexpr HashKey benchmark_sample_key{0xa409'3822'299f'31d0U, 0x082e'fa98'ec4e'6c89U};
inline constexpr std::chrono::seconds benchmark_interval{30};
/// Of each partition: room for 7 million questions in all, where the mixes have 220,000 within 30 s, so that
/// no bucket overflows.
inline constexpr std::size_t benchmark_filter_octets = std::size_t{1} << 20U;

/// What every way must agree on.
struct StateTotals {
    std::uint64_t counted = 0;
    std::uint64_t originators = 0;
    std::uint64_t pairs = 0;
    std::uint64_t queriers = 0;

    StateTotals& operator+=(const StateTotals& other) {
        counted += other.counted;
        originators += other.originators;
        pairs += other.pairs;
        queriers += other.queriers;
        return *this;
    }
    bool operator==(const StateTotals&) const = default;
};

/// What one would write first: the standard's containers, whole addresses, nothing bounded.
class NaiveState {
public:
    void feed(std::span<const ReverseQuery> queries) {
        for (const ReverseQuery& query : queries) {
            const auto [last, is_first] = filter_.try_emplace(Pair{query.querier, query.originator}, query.time);
            if (!is_first) {
                if (query.time - last->second < benchmark_interval) {
                    continue;
                }
                last->second = query.time;
            }
            ++totals_.counted;
            Originator& originator = originators_[query.originator];
            ++originator.queries;
            originator.first = std::min(originator.first, query.time);
            originator.last = std::max(originator.last, query.time);
            originator.periods.insert(query.time.time_since_epoch() / std::chrono::minutes(10));
            totals_.pairs += originator.queriers.insert(query.querier).second ? 1 : 0;
            ++queriers_[query.querier];
        }
    }

    StateTotals totals() const {
        StateTotals totals = totals_;
        totals.originators = originators_.size();
        totals.queriers = queriers_.size();
        return totals;
    }

    /// Pairs where each originator keeps at most `k` queriers.
    std::uint64_t pairs_up_to(std::size_t k) const {
        std::uint64_t pairs = 0;
        for (const auto& [address, originator] : originators_) {
            pairs += std::min(k, originator.queriers.size());
        }
        return pairs;
    }

private:
    using Pair = std::pair<IpAddress, IpAddress>;
    struct Hash {
        std::size_t operator()(const IpAddress& address) const { return table_hash(benchmark_table_key, address); }
        std::size_t operator()(const Pair& pair) const { return (*this)(pair.first) * 31 + (*this)(pair.second); }
    };
    struct Originator {
        std::uint64_t queries = 0;
        Timestamp first = Timestamp::max();
        Timestamp last = Timestamp::min();
        std::unordered_set<std::int64_t> periods;
        std::unordered_set<IpAddress, Hash> queriers;
    };

    std::unordered_map<Pair, Timestamp, Hash> filter_;
    std::unordered_map<IpAddress, Originator, Hash> originators_;
    std::unordered_map<IpAddress, std::uint64_t, Hash> queriers_;
    StateTotals totals_;
};

/// A query that counts, as short as the rivals can have it.
struct Delta {
    std::uint64_t originator;  // its hash stands for it
    std::int64_t time;
    std::uint32_t querier;
};

/// An originator in a rival's map: small inside, a robin_set beside it when it grows.
struct RivalOriginator {
    std::uint64_t queries = 0;
    std::int64_t first = INT64_MAX;
    std::int64_t last = INT64_MIN;
    std::uint64_t periods = 0;  // as many as the mixes need
    std::uint32_t count = 0;
    std::array<std::uint32_t, 5> few{};
    std::unique_ptr<tsl::robin_set<std::uint32_t>> many;

    /// Whether the querier is new.
    bool add(const Delta& delta) {
        ++queries;
        first = std::min(first, delta.time);
        last = std::max(last, delta.time);
        periods |= std::uint64_t{1} << (delta.time / 600'000'000'000 & 63);
        if (many == nullptr) {
            if (std::find(few.begin(), few.begin() + count, delta.querier) != few.begin() + count) {
                return false;
            }
            if (count < few.size()) {
                few[count++] = delta.querier;
                return true;
            }
            many = std::make_unique<tsl::robin_set<std::uint32_t>>(few.begin(), few.end());
        }
        return many->insert(delta.querier).second;
    }
};

/// The worker's side of a rival: what is its own whatever the originators are kept in.
class RivalWorker {
public:
    RivalWorker(unsigned first_partition, unsigned end_partition)
        : filter_(benchmark_filter_octets, benchmark_interval, first_partition, end_partition) {
        filter_.populate();
    }

    /// Calls `on_delta(const Delta&)` for every query that counts.
    template <class OnDelta>
    void feed(std::span<const ReverseQuery> queries, OnDelta&& on_delta) {
        std::array<StateQuery, 64> batch;
        for (std::size_t i = 0; i < queries.size(); i += batch.size()) {
            const std::size_t size = std::min(batch.size(), queries.size() - i);
            for (std::size_t j = 0; j < size; ++j) {
                batch[j].assign(benchmark_table_key, queries[i + j], queries[i + j].time);
                filter_.prefetch(question_hash(benchmark_table_key, batch[j]));
            }
            for (std::size_t j = 0; j < size; ++j) {
                const StateQuery& query = batch[j];
                if (filter_.counts(question_hash(benchmark_table_key, query), query.time, query.time)) {
                    ++totals.counted;
                    const std::uint32_t querier =
                        query.querier_is_v4 ? v4_number(query.querier) : static_cast<std::uint32_t>(query.querier_hash);
                    ++queriers_[query.querier_is_v4 ? querier : query.querier_hash];
                    on_delta(Delta{query.originator_hash, query.time.time_since_epoch().count(), querier});
                }
            }
        }
        totals.queriers = queriers_.size();
    }

    StateTotals totals;

private:
    RepeatFilter filter_;
    tsl::robin_map<std::uint64_t, std::uint64_t> queriers_;
};

struct HashedAlready {
    static std::size_t hash(std::uint64_t key) { return key; }
    static bool equal(std::uint64_t one, std::uint64_t other) { return one == other; }
    std::size_t operator()(std::uint64_t key) const { return key; }
};

using SharedMap = oneapi::tbb::concurrent_hash_map<std::uint64_t, RivalOriginator, HashedAlready>;

/// Every query into a map that all workers share.
inline void apply_to_shared(SharedMap& map, const Delta& delta, StateTotals& totals) {
    SharedMap::accessor found;
    totals.originators += map.insert(found, delta.originator) ? 1 : 0;
    totals.pairs += found->second.add(delta) ? 1 : 0;
}

/// Deltas of a worker that fit its cache, handed on batched by shard.
class DeltaBuffer {
public:
    static constexpr std::size_t size_max = 16'384;
    static constexpr std::size_t shard_count = 256;
    static std::size_t shard_of(std::uint64_t hash) { return hash >> 56U; }

    DeltaBuffer() { deltas_.reserve(size_max); }

    template <class OnDelta>
    void add(const Delta& delta, OnDelta&& on_delta) {
        deltas_.push_back(delta);
        if (deltas_.size() == size_max) {
            flush(on_delta);
        }
    }

    template <class OnDelta>
    void flush(OnDelta&& on_delta) {
        std::array<std::uint32_t, shard_count + 1> begins{};
        for (const Delta& delta : deltas_) {
            ++begins[shard_of(delta.originator) + 1];
        }
        for (std::size_t i = 1; i <= shard_count; ++i) {
            begins[i] += begins[i - 1];
        }
        sorted_.resize(deltas_.size());
        for (const Delta& delta : deltas_) {
            sorted_[begins[shard_of(delta.originator)]++] = delta;
        }
        std::for_each(sorted_.begin(), sorted_.end(), on_delta);
        deltas_.clear();
    }

private:
    std::vector<Delta> deltas_;
    std::vector<Delta> sorted_;
};

/// Shards of robin_map, presized, each with one writer.
class RobinShards {
public:
    explicit RobinShards(std::size_t originators) : shards_(DeltaBuffer::shard_count) {
        for (Shard& shard : shards_) {
            shard.reserve(originators / shards_.size() * 5 / 4);
        }
    }

    void apply(const Delta& delta, StateTotals& totals) {
        const auto [found, is_new] = shards_[DeltaBuffer::shard_of(delta.originator)].try_emplace(delta.originator);
        totals.originators += is_new ? 1 : 0;
        totals.pairs += found.value().add(delta) ? 1 : 0;
    }

private:
    using Shard = tsl::robin_map<std::uint64_t, RivalOriginator, HashedAlready>;
    std::vector<Shard> shards_;
};

}  // namespace echotap
