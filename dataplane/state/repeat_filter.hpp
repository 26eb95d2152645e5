// SPDX-License-Identifier: Apache-2.0
// The repeat filter: a question goes in, whether it counts comes out.
//
// Some queriers ignore DNS timeouts and ask again and again, so a question of the same querier counts only when it lies
// an interval or more away from the last one that counted (Fukuda & Heidemann 2015, section 3.1: 30 s; the interval
// runs from the last that counted, a repeat does not prolong it). 29.999999 s: a repeat; 30.000000 s: counts. Times may
// run back: a question that comes an interval or more *before* the last one that counted counts too.
//
// A bounded table of buckets that are one cache line each, so a look-up is at most one miss, and none when prefetched.
// A full bucket forgets its oldest entry, and that is counted where the interval had not passed: the question may then
// count once too often.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/frame.hpp"
#include "dataplane/state/huge_buffer.hpp"
#include "dataplane/state/state_query.hpp"

namespace echotap {

/// Not thread-safe: a worker filters the queriers of its own partitions. Works in whole microseconds, rounded down.
class RepeatFilter {
public:
    static constexpr std::size_t bucket_entries = 7;
    static constexpr std::chrono::minutes interval_max{10};
    /// How far behind the source's clock a query's time may lie; beyond it a question counts and is not remembered.
    static constexpr std::chrono::hours late_max{1};

    /// `octets` of table per partition, rounded up to a power of two, at least 64; `interval` from 0, which lets
    /// everything count, to interval_max. The worker owns partitions `first_partition` up to, not including,
    /// `end_partition`; which worker owns which changes nothing. Throws std::runtime_error where there is no memory.
    RepeatFilter(std::size_t octets, std::chrono::nanoseconds interval, unsigned first_partition = 0,
                 unsigned end_partition = partition_count);

    /// Fetches the bucket of a question into the cache. `hash` is its question_hash().
    void prefetch(std::uint64_t hash) const { fetch_line(&bucket_of(hash)); }

    /// Whether a question counts at `time`; if so, it is remembered. `clock` is the source's when it passed.
    bool counts(std::uint64_t hash, Timestamp time, Timestamp clock);

    /// Makes the table resident now, which takes some milliseconds: for live workers, before their first burst.
    void populate() const { buckets_.populate(); }

    /// Entries that gave way although their interval had not passed.
    std::uint64_t overflows() const { return overflows_; }
    std::size_t octets() const { return buckets_.octets(); }

    /// The table as it lies in memory, for a checkpoint; it means nothing under another process key. `load` takes what
    /// `image` gave of a filter with the same shape and returns false where the size differs.
    std::span<const std::byte> image() const { return buckets_.span(); }
    bool load(std::span<const std::byte> image);

private:
    /// The eighth words together are the time of the last purge, in microseconds: what was too old to be dated went.
    struct alignas(64) Bucket {
        std::array<std::uint32_t, bucket_entries + 1> tags;   // 0: free
        std::array<std::uint32_t, bucket_entries + 1> times;  // microseconds, modulo 2^32

        std::int64_t purged() const {
            return static_cast<std::int64_t>(std::uint64_t{times[bucket_entries]} << 32U | tags[bucket_entries]);
        }
        void set_purged(std::int64_t time) {
            tags[bucket_entries] = static_cast<std::uint32_t>(time);
            times[bucket_entries] = static_cast<std::uint32_t>(static_cast<std::uint64_t>(time) >> 32U);
        }
    };
    static_assert(sizeof(Bucket) == 64);

    bool counts_in(Bucket& bucket, std::uint32_t tag, std::int64_t then, std::int64_t now);
    Bucket& bucket_of(std::uint64_t hash) const { return buckets_.at<Bucket>((hash >> bucket_shift_) - first_bucket_); }
    static void purge(Bucket& bucket, std::int64_t now);

    unsigned bucket_shift_;
    std::uint64_t first_bucket_;
    HugeBuffer buckets_;
    std::int64_t interval_;  // microseconds
    std::uint64_t overflows_ = 0;
};

}  // namespace echotap
