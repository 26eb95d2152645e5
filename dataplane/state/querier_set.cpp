// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/querier_set.hpp"

#include <emmintrin.h>

#include <algorithm>
#include <array>

namespace echotap {

namespace {

constexpr std::uint32_t line_keys = 16;

/// While a sweep is on, so many new keys pay for one segment of it. The set grows by a hundredth meanwhile.
constexpr std::uint64_t keys_per_sweep = 8;

/// The size class of the memory for 2^form keys.
constexpr unsigned keys_class(unsigned form) {
    return form - 4;
}

/// Puts a key into a flat table that has room and does not hold it.
void place_key(std::uint32_t* keys, std::uint32_t mask, std::uint32_t hash, std::uint32_t key) {
    std::uint32_t place = hash & mask;
    while (keys[place] != 0) {
        place = (place + 1) & mask;
    }
    keys[place] = key;
}

/// Whether one of 16 keys is `key`: all are compared at once, since where it stands cannot be foretold.
bool line_has(const std::uint32_t* keys, std::uint32_t key) {
    const __m128i all = _mm_set1_epi32(static_cast<int>(key));
    const auto* const line = reinterpret_cast<const __m128i*>(keys);
    const __m128i front = _mm_or_si128(_mm_cmpeq_epi32(line[0], all), _mm_cmpeq_epi32(line[1], all));
    const __m128i back = _mm_or_si128(_mm_cmpeq_epi32(line[2], all), _mm_cmpeq_epi32(line[3], all));
    return _mm_movemask_epi8(_mm_or_si128(front, back)) != 0;
}

std::uint64_t three_quarters(std::uint64_t bound) {
    return bound / 4 * 3;
}

}  // namespace

QuerierSet::Added QuerierSet::add(const SetSurroundings& around, std::uint64_t hash, std::uint32_t key) {
    if (key == 0) {
        return add_zero(around);
    }
    switch (form()) {
        case 0:
            line_ = around.memory.allocate(0);
            if (line_ == 0) {
                return Added::no_memory;
            }
            std::fill_n(around.memory.at<std::uint32_t>(line_), line_keys, 0U);
            set_form(form_line);
            [[fallthrough]];
        case form_line:
            return add_to_line(around, hash, key);
        case form_large:
            return add_to_large(around, hash, key);
        default:
            return add_to_flat(around, hash, key);
    }
}

QuerierSet::Added QuerierSet::add_zero(const SetSurroundings& around) {
    if (has_zero()) {
        return Added::was_there;
    }
    if (form() != form_large && size() + 1 > around.sample_size && !make_large(around)) {
        return Added::no_memory;
    }
    if (form() == form_large) {
        Large& large = *around.memory.at<Large>(line_);
        if (large.samples) {
            const std::uint64_t sample = around.sample_hash_of(0);
            if (sample > large.bound) {
                large.has_left_out = true;
                return Added::not_sampled;
            }
            // A sweep looks at 0 first of all.
            large.below_next += static_cast<std::uint32_t>(sample <= large.next_bound);
        }
    }
    size_and_form_ |= zero_bit;
    add_to_size(1);
    if (form() == form_large) {
        thin(around);
    }
    return Added::is_new;
}

QuerierSet::Added QuerierSet::add_to_line(const SetSurroundings& around, std::uint64_t hash, std::uint32_t key) {
    std::uint32_t* const keys = around.memory.at<std::uint32_t>(line_);
    const std::uint32_t count = size() - static_cast<std::uint32_t>(has_zero());
    if (line_has(keys, key)) {
        return Added::was_there;
    }
    if (size() + 1 > around.sample_size) {
        return make_large(around) ? add_to_large(around, hash, key) : Added::no_memory;
    }
    if (count == line_keys) {
        return grow(around) ? add_to_flat(around, hash, key) : Added::no_memory;
    }
    keys[count] = key;
    add_to_size(1);
    return Added::is_new;
}

QuerierSet::Added QuerierSet::add_to_flat(const SetSurroundings& around, std::uint64_t hash, std::uint32_t key) {
    std::uint32_t* const keys = around.memory.at<std::uint32_t>(line_);
    const std::uint32_t mask = (1U << form()) - 1;
    std::uint32_t place = short_hash(hash) & mask;
    while (keys[place] != 0) {
        if (keys[place] == key) {
            return Added::was_there;
        }
        place = (place + 1) & mask;
    }
    if (size() + 1 > around.sample_size || (form() == form_flat_max && size() >= (mask + 1) / 4 * 3)) {
        return make_large(around) ? add_to_large(around, hash, key) : Added::no_memory;
    }
    if (size() >= (mask + 1) / 4 * 3) {
        return grow(around) ? add_to_flat(around, hash, key) : Added::no_memory;
    }
    keys[place] = key;
    add_to_size(1);
    return Added::is_new;
}

QuerierSet::Added QuerierSet::add_to_large(const SetSurroundings& around, std::uint64_t hash, std::uint32_t key) {
    Large& large = *around.memory.at<Large>(line_);
    const KeyTraits traits{around.table_key};
    if (large.keys.find(around.memory, traits, short_hash(hash), [&](std::uint32_t there) { return there == key; })) {
        return Added::was_there;
    }
    std::uint64_t sample = 0;
    if (large.samples) {
        sample = around.sample_hash_of(key);
        if (sample > large.bound) {
            large.has_left_out = true;
            return Added::not_sampled;
        }
    }
    const unsigned depth = large.keys.depth();
    if (large.keys.insert(around.memory, traits, key) == nullptr) {
        return Added::no_memory;
    }
    add_to_size(1);
    if (large.swept != all_swept) {
        large.swept <<= large.keys.depth() - depth;
    }
    if (large.samples && sample <= large.next_bound && large.keys.position_of(short_hash(hash)) < large.swept) {
        ++large.below_next;
    }
    // To sweep a segment takes some microseconds, and a batch may bring 64 new keys to one set.
    if (large.swept == all_swept || hash % keys_per_sweep == 0) {
        thin(around);
    }
    return Added::is_new;
}

bool QuerierSet::grow(const SetSurroundings& around) {
    const unsigned old_form = form();
    const LineNumber grown = around.memory.allocate(keys_class(old_form + 1));
    if (grown == 0) {
        return false;
    }
    const std::uint32_t* const from = around.memory.at<std::uint32_t>(line_);
    std::uint32_t* const to = around.memory.at<std::uint32_t>(grown);
    const std::uint32_t mask = (2U << old_form) - 1;
    std::fill_n(to, mask + 1, 0U);
    for (std::uint32_t i = 0; i < 1U << old_form; ++i) {
        if (from[i] != 0) {
            place_key(to, mask, short_hash(table_hash(around.table_key, from[i])), from[i]);
        }
    }
    around.memory.free(line_, keys_class(old_form));
    line_ = grown;
    set_form(old_form + 1);
    return true;
}

bool QuerierSet::make_large(const SetSurroundings& around) {
    if (form() == 0) {  // only with a k of 1
        line_ = around.memory.allocate(0);
        if (line_ == 0) {
            return false;
        }
        std::fill_n(around.memory.at<std::uint32_t>(line_), line_keys, 0U);
        set_form(form_line);
    }
    while (form() < form_flat_max) {
        if (!grow(around)) {
            return false;
        }
    }
    const LineNumber line = around.memory.allocate(0);
    if (line == 0) {
        return false;
    }
    Large& large = *around.memory.at<Large>(line);
    large = Large{.keys = {},
                  .swept = all_swept,
                  .bound = ~std::uint64_t{0},
                  .next_bound = 0,
                  .below_next = 0,
                  .samples = false,
                  .has_left_out = false};
    if (!large.keys.adopt(around.memory, line_, size() - static_cast<std::uint32_t>(has_zero()))) {
        around.memory.free(line, 0);
        return false;
    }
    line_ = line;
    set_form(form_large);
    return true;
}

bool QuerierSet::thin(const SetSurroundings& around) {
    if (form() != form_large) {
        return size() <= around.sample_size || !make_large(around) || thin(around);
    }
    Large& large = *around.memory.at<Large>(line_);
    if (!large.samples) {
        if (size() <= around.sample_size) {
            return true;
        }
        large.samples = true;
        large.next_bound = three_quarters(large.bound);
        start_sweep(around, large);
    } else if (large.swept != all_swept) {
        sweep(around, large);
    } else if (large.below_next >= around.sample_size) {
        large.bound = large.next_bound;
        large.next_bound = three_quarters(large.bound);
        start_sweep(around, large);
    } else {
        return true;
    }
    return false;
}

void QuerierSet::start_sweep(const SetSurroundings& around, Large& large) {
    large.swept = 0;
    large.below_next = 0;
    if (has_zero()) {
        const std::uint64_t sample = around.sample_hash_of(0);
        if (sample > large.bound) {
            size_and_form_ &= ~zero_bit;
            add_to_size(-1);
            large.has_left_out = true;
        } else if (sample <= large.next_bound) {
            ++large.below_next;
        }
    }
}

void QuerierSet::sweep(const SetSurroundings& around, Large& large) {
    const auto before = large.keys.size();
    large.swept =
        large.keys.filter_segment(around.memory, KeyTraits{around.table_key}, large.swept, [&](std::uint32_t key) {
            const std::uint64_t sample = around.sample_hash_of(key);
            large.below_next += static_cast<std::uint32_t>(sample <= large.next_bound);
            if (sample > large.bound && around.numbers != nullptr) {
                around.numbers->let_go(around.memory, key);
            }
            return sample <= large.bound;
        });
    const auto left_out = static_cast<std::int32_t>(before - large.keys.size());
    add_to_size(-left_out);
    large.has_left_out |= left_out != 0;
    if (large.swept == large.keys.directory_size()) {
        large.swept = all_swept;
    }
}

bool QuerierSet::is_sampled(const PartMemory& memory) const {
    return form() == form_large && memory.at<Large>(line_)->has_left_out;
}

void QuerierSet::release(PartMemory& memory) {
    if (form() == form_large) {
        memory.at<Large>(line_)->keys.release(memory);
        memory.free(line_, 0);
    } else if (form() != 0) {
        memory.free(line_, keys_class(form()));
    }
    *this = {};
}

}  // namespace echotap
