// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/repeat_filter.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

namespace echotap {

namespace {

std::int64_t microseconds(Timestamp time) {
    return std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
}

unsigned bucket_bits(std::size_t octets_per_partition) {
    const auto buckets = std::bit_ceil(std::max<std::size_t>(octets_per_partition / 64, 1));
    return partition_bits + static_cast<unsigned>(std::countr_zero(buckets));
}

/// The oldest that an entry can be and still matter: a query an hour late, an interval after it.
constexpr std::int64_t age_max = std::chrono::microseconds(RepeatFilter::late_max + RepeatFilter::interval_max).count();
/// An entry's time is told from its lowest 32 bits, so all times of a bucket must lie within 2^32 microseconds. Between
/// two purges of a bucket the clock goes on by no more than this.
constexpr std::int64_t purge_interval = 90'000'000;
static_assert(age_max + purge_interval < std::int64_t{1} << 32U);

}  // namespace

RepeatFilter::RepeatFilter(std::size_t octets, std::chrono::nanoseconds interval, unsigned first_partition,
                           unsigned end_partition)
    : bucket_shift_(64 - bucket_bits(octets)),
      first_bucket_(std::uint64_t{first_partition} << (bucket_bits(octets) - partition_bits)),
      interval_(std::chrono::floor<std::chrono::microseconds>(interval).count()) {
    if (interval < std::chrono::nanoseconds(0) || interval > interval_max) {
        throw std::runtime_error("repeat interval: must be 0 to 10 minutes");
    }
    if (first_partition >= end_partition || end_partition > partition_count || bucket_bits(octets) > 40) {
        throw std::runtime_error("repeat filter: no such partitions, or a table of over 64 TiB");
    }
    buckets_ =
        HugeBuffer((end_partition - first_partition) * (std::size_t{64} << (bucket_bits(octets) - partition_bits)));
}

bool RepeatFilter::counts(std::uint64_t hash, Timestamp time, Timestamp clock) {
    if (interval_ == 0) {
        return true;
    }
    const std::int64_t now = microseconds(std::max(clock, time));
    const std::int64_t then = microseconds(time);
    if (now - then > std::chrono::microseconds(late_max).count()) {
        return true;
    }
    Bucket& bucket = bucket_of(hash);
    if (now - bucket.purged > purge_interval || then < bucket.purged - age_max) {
        purge(bucket, now);
    }
    const auto tag = std::max(static_cast<std::uint32_t>(hash), 1U);
    const auto short_then = static_cast<std::uint32_t>(then);
    unsigned matching = 0;
    for (unsigned i = 0; i < bucket_entries; ++i) {
        matching |= static_cast<unsigned>(bucket.tags[i] == tag) << i;
    }
    if (matching != 0) {
        std::uint32_t& last = bucket.times[static_cast<unsigned>(std::countr_zero(matching))];
        // Both lie within 2^32 microseconds after this, so their distance is true.
        const std::int64_t base = bucket.purged - age_max;
        const std::int64_t last_time = base + static_cast<std::uint32_t>(last - static_cast<std::uint32_t>(base));
        if (std::abs(then - last_time) < interval_) {
            return false;
        }
        last = short_then;
        return true;
    }
    // A free place, else that of the oldest.
    const std::int64_t base = bucket.purged - age_max;
    unsigned victim = 0;
    std::int64_t victim_time = INT64_MAX;
    for (unsigned i = 0; i < bucket_entries; ++i) {
        if (bucket.tags[i] == 0) {
            victim = i;
            victim_time = INT64_MIN;
            break;
        }
        const std::int64_t entry_time =
            base + static_cast<std::uint32_t>(bucket.times[i] - static_cast<std::uint32_t>(base));
        if (entry_time < victim_time) {
            victim = i;
            victim_time = entry_time;
        }
    }
    overflows_ += static_cast<std::uint64_t>(victim_time != INT64_MIN && now - victim_time < interval_);
    bucket.tags[victim] = tag;
    bucket.times[victim] = short_then;
    return true;
}

void RepeatFilter::purge(Bucket& bucket, std::int64_t now) {
    const std::int64_t base = bucket.purged - age_max;
    for (unsigned i = 0; i < bucket_entries; ++i) {
        const std::int64_t time = base + static_cast<std::uint32_t>(bucket.times[i] - static_cast<std::uint32_t>(base));
        // What lies ahead is left of a clock that went back; it says nothing about the time before.
        if (time < now - age_max || time > now) {
            bucket.tags[i] = 0;
        }
    }
    bucket.purged = now;
}

bool RepeatFilter::load(std::span<const std::byte> image) {
    const std::span<std::byte> table = buckets_.span();
    if (image.size() != table.size()) {
        return false;
    }
    std::copy(image.begin(), image.end(), table.begin());
    return true;
}

}  // namespace echotap
