// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/repeat_filter.hpp"

#include <smmintrin.h>

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

using Words = std::array<std::uint32_t, RepeatFilter::bucket_entries + 1>;

__m128i load_words(const Words& words, unsigned first) {
    return _mm_load_si128(reinterpret_cast<const __m128i*>(words.data() + first));
}

/// A bit for each of the first seven words that is `value`.
unsigned equal_words(const Words& words, std::uint32_t value) {
    const __m128i all = _mm_set1_epi32(static_cast<int>(value));
    const __m128i low = _mm_cmpeq_epi32(load_words(words, 0), all);
    const __m128i high = _mm_cmpeq_epi32(load_words(words, 4), all);
    const auto bits = static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(low, high), high)));
    return bits & 0x7fU;
}

/// The word among the first seven that comes first from `base` on, and how far from it.
unsigned oldest(const Words& times, std::uint32_t base, std::uint32_t& distance) {
    const __m128i from = _mm_set1_epi32(static_cast<int>(base));
    const __m128i low = _mm_sub_epi32(load_words(times, 0), from);
    const __m128i high = _mm_or_si128(_mm_sub_epi32(load_words(times, 4), from), _mm_set_epi32(-1, 0, 0, 0));
    __m128i least = _mm_min_epu32(low, high);
    least = _mm_min_epu32(least, _mm_shuffle_epi32(least, 0x4e));
    least = _mm_min_epu32(least, _mm_shuffle_epi32(least, 0xb1));
    distance = static_cast<std::uint32_t>(_mm_cvtsi128_si32(least));
    const __m128i is_low = _mm_cmpeq_epi32(low, least);
    const __m128i is_high = _mm_cmpeq_epi32(high, least);
    const auto bits =
        static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(_mm_packs_epi32(is_low, is_high), is_high)));
    return static_cast<unsigned>(std::countr_zero(bits & 0x7fU));
}

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
    const std::int64_t then = microseconds(time);
    const std::int64_t now = clock <= time ? then : microseconds(clock);
    if (now - then > std::chrono::microseconds(late_max).count()) {
        return true;
    }
    Bucket& bucket = bucket_of(hash);
    const std::int64_t purged = bucket.purged();
    if (now - purged > purge_interval || then < purged - age_max) {
        purge(bucket, now);
    }
    return counts_in(bucket, std::max(static_cast<std::uint32_t>(hash), 1U), then, now);
}

bool RepeatFilter::counts_in(Bucket& bucket, std::uint32_t tag, std::int64_t then, std::int64_t now) {
    const std::int64_t base = bucket.purged() - age_max;
    const auto short_base = static_cast<std::uint32_t>(base);
    const unsigned matching = equal_words(bucket.tags, tag);
    if (matching != 0) {
        // After a purge all times lie within 2^32 microseconds from the base on, so the distance is true.
        std::uint32_t& last = bucket.times[static_cast<unsigned>(std::countr_zero(matching))];
        if (std::abs(then - (base + (last - short_base))) < interval_) {
            return false;
        }
        last = static_cast<std::uint32_t>(then);
        return true;
    }
    const unsigned free = equal_words(bucket.tags, 0);
    unsigned victim = static_cast<unsigned>(std::countr_zero(free));
    if (free == 0) {
        std::uint32_t age_of_oldest = 0;
        victim = oldest(bucket.times, short_base, age_of_oldest);
        overflows_ += static_cast<std::uint64_t>(now - (base + age_of_oldest) < interval_);
    }
    bucket.tags[victim] = tag;
    bucket.times[victim] = static_cast<std::uint32_t>(then);
    return true;
}

void RepeatFilter::purge(Bucket& bucket, std::int64_t now) {
    const std::int64_t base = bucket.purged() - age_max;
    for (unsigned i = 0; i < bucket_entries; ++i) {
        const std::int64_t time = base + static_cast<std::uint32_t>(bucket.times[i] - static_cast<std::uint32_t>(base));
        // What lies ahead is left of a clock that went back; it says nothing about the time before.
        if (time < now - age_max || time > now) {
            bucket.tags[i] = 0;
        }
    }
    bucket.set_purged(now);
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
