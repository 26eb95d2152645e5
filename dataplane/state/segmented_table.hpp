// SPDX-License-Identifier: Apache-2.0
// A hash table that grows a little at a time: entries go in by their 32-bit hash, their places come out.
//
// Extendible hashing (Fagin, Nievergelt, Pippenger, Strong: "Extendible hashing - a fast access method for dynamic
// files", 1979): the highest bits of the hash choose a segment through a directory, the lowest ones a place in it, and
// probing is linear within the segment. A segment that is full to some share splits in two, so no insertion moves more
// than one segment's entries, and a worker never waits for a rehash of everything.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "dataplane/state/part_memory.hpp"

namespace echotap {

/// `Traits` names the `Entry` (trivially copyable), `segment_entries` (a power of two) and `split_count`, the entries
/// at which a segment splits, and says of an entry whether it is_free() and what its hash() is. An Entry of zeros must
/// be free. Every call takes the memory that all memory is in; the table itself is 12 octets and may be copied like a
/// number. Pointers to entries hold until the next insertion.
template <class Traits>
class SegmentedTable {
public:
    using Entry = typename Traits::Entry;
    static_assert(std::is_trivially_copyable_v<Entry>);
    static constexpr std::uint32_t segment_entries = Traits::segment_entries;
    static_assert((segment_entries & (segment_entries - 1)) == 0);
    static constexpr std::size_t segment_lines = segment_entries * sizeof(Entry) / PartMemory::line_octets;
    static constexpr unsigned segment_class = static_cast<unsigned>(__builtin_ctzll(segment_lines));
    /// The directory fills a block then; segments may fill up, after that an insertion fails.
    static constexpr unsigned depth_max = 18;

    std::size_t size() const { return size_; }
    unsigned depth() const { return depth_; }

    /// Fetches the place of `hash` into the cache, where the directory is there already.
    void prefetch(const PartMemory& memory, std::uint32_t hash) const {
        if (directory_ != 0) {
            fetch_line(segment_of(memory, hash) + place_of(hash));
        }
    }

    /// The first entry of this hash that `matches`, or null. `matches(const Entry&)` is asked for every entry met, and
    /// may take a free one for the right one: what it does with an entry must be good for zeros as well.
    template <class Matches>
    Entry* find(const PartMemory& memory, const Traits& traits, std::uint32_t hash, Matches&& matches) const {
        if (directory_ == 0) {
            return nullptr;
        }
        Entry* const segment = segment_of(memory, hash);
        std::uint32_t place = place_of(hash);
        for (std::uint32_t probed = 0; probed < segment_entries; ++probed) {
            Entry& entry = segment[place];
            // Mostly the first entry is the one, so that is asked first; a free one may look like it.
            if (matches(entry)) {
                return traits.is_free(entry) ? nullptr : &entry;
            }
            if (traits.is_free(entry)) {
                return nullptr;
            }
            place = (place + 1) & (segment_entries - 1);
        }
        return nullptr;
    }

    /// Adds an entry, which must not be there yet; null where there is no memory.
    Entry* insert(PartMemory& memory, const Traits& traits, const Entry& entry) {
        if (directory_ == 0 && !start(memory)) {
            return nullptr;
        }
        const std::uint32_t hash = traits.hash(entry);
        Segment* segment = &owner_of(memory, hash);
        while (segment->count >= split_count) {
            if (!split(memory, traits, hash)) {
                segment = &owner_of(memory, hash);
                if (segment->count >= segment_entries - 1) {
                    return nullptr;
                }
                break;
            }
            segment = &owner_of(memory, hash);
        }
        ++segment->count;
        ++size_;
        return place_entry(memory.at<Entry>(segment->line), traits, entry);
    }

    /// Takes out an entry that find() gave. Closes the gap by moving what was probed past it.
    void erase(PartMemory& memory, const Traits& traits, Entry* entry) {
        const std::uint32_t hash = traits.hash(*entry);
        Segment& owner = owner_of(memory, hash);
        Entry* const segment = memory.at<Entry>(owner.line);
        auto gap = static_cast<std::uint32_t>(entry - segment);
        std::uint32_t place = gap;
        for (;;) {
            place = (place + 1) & (segment_entries - 1);
            if (traits.is_free(segment[place])) {
                break;
            }
            const std::uint32_t home = place_of(traits.hash(segment[place]));
            // May it move back to the gap without standing before its home?
            if (((place - home) & (segment_entries - 1)) >= ((place - gap) & (segment_entries - 1))) {
                segment[gap] = segment[place];
                gap = place;
            }
        }
        segment[gap] = Entry{};
        --owner.count;
        --size_;
    }

    /// Positions of the directory; see the following.
    std::uint32_t directory_size() const { return directory_ == 0 ? 0 : 1U << depth_; }
    /// The position of a hash in the directory.
    std::uint32_t position_of(std::uint32_t hash) const {
        return static_cast<std::uint32_t>((std::uint64_t{hash} << depth_) >> 32U);
    }

    /// Visits the entries of the segment at `position`, the first position of it, and returns the first of the next.
    template <class Visit>
    std::uint32_t visit_segment(const PartMemory& memory, const Traits& traits, std::uint32_t position,
                                Visit&& visit) const {
        const Segment segment = memory.at<Segment>(directory_)[position];
        Entry* const entries = memory.at<Entry>(segment.line);
        for (std::uint32_t i = 0; i < segment_entries; ++i) {
            if (!traits.is_free(entries[i])) {
                visit(entries[i]);
            }
        }
        return position + (1U << (depth_ - segment.depth));
    }

    /// Visits the entries of the segment that the hash `from` falls into, and returns the hash from which on to go on;
    /// 0 at the end. Between two calls segments may split or be united: whoever starts at 0 meets every entry that was
    /// there all along, and none twice.
    template <class Visit>
    std::uint32_t visit_from(const PartMemory& memory, const Traits& traits, std::uint32_t from, Visit&& visit) const {
        if (directory_ == 0) {
            return 0;
        }
        const std::uint32_t position = position_of(from);
        const Segment segment = memory.at<Segment>(directory_)[position];
        const std::uint32_t first = position & ~((1U << (depth_ - segment.depth)) - 1);
        // Where the segment begins before `from`, it has been united with one that was visited.
        const bool is_united = first != position;
        const std::uint32_t next = visit_segment(memory, traits, first, [&](const Entry& entry) {
            if (!is_united || traits.hash(entry) >= from) {
                visit(entry);
            }
        });
        return next == directory_size() ? 0 : next << (32U - depth_);
    }

    template <class Visit>
    void for_each(const PartMemory& memory, const Traits& traits, Visit&& visit) const {
        for (std::uint32_t position = 0; position < directory_size();) {
            position = visit_segment(memory, traits, position, visit);
        }
    }

    /// Keeps, of the segment at `position`, the entries for which `keep` holds; returns the position of the next. Where
    /// little is left of the segment and the one before, they become one, and the memory of the other is free.
    template <class Keep>
    std::uint32_t filter_segment(PartMemory& memory, const Traits& traits, std::uint32_t position, Keep&& keep) {
        Segment& segment = memory.at<Segment>(directory_)[position];
        Entry* const entries = memory.at<Entry>(segment.line);
        std::array<Entry, segment_entries> kept;
        std::uint32_t count = 0;
        for (std::uint32_t i = 0; i < segment_entries; ++i) {
            if (!traits.is_free(entries[i]) && keep(entries[i])) {
                kept[count++] = entries[i];
            }
        }
        if (count != segment.count) {
            std::fill_n(entries, segment_entries, Entry{});
            std::for_each_n(kept.begin(), count, [&](const Entry& entry) { place_entry(entries, traits, entry); });
            size_ -= segment.count - count;
            segment.count = static_cast<std::uint16_t>(count);
        }
        const std::uint32_t next = position + (1U << (depth_ - segment.depth));
        unite_with_one_before(memory, traits, position);
        return next;
    }

    /// Makes a table of one segment, which the caller has allocated with segment_class and filled with `count` entries
    /// at the places that their hashes give. False where there is no memory. REQUIRES: the table is empty.
    bool adopt(PartMemory& memory, LineNumber segment, std::uint32_t count) {
        directory_ = memory.allocate(0);
        if (directory_ == 0) {
            return false;
        }
        *memory.at<Segment>(directory_) = {.line = segment, .count = static_cast<std::uint16_t>(count), .depth = 0};
        size_ = count;
        return true;
    }

    /// Gives all memory back.
    void release(PartMemory& memory) {
        for (std::uint32_t position = 0; position < directory_size();) {
            const Segment segment = memory.at<Segment>(directory_)[position];
            memory.free(segment.line, segment_class);
            position += 1U << (depth_ - segment.depth);
        }
        if (directory_ != 0) {
            memory.free(directory_, directory_class(depth_));
        }
        *this = {};
    }

private:
    /// One position of the directory. Where several lead to one segment, the first of them owns its count.
    struct Segment {
        LineNumber line;
        std::uint16_t count;
        std::uint8_t depth;  // bits of the hash that all entries of the segment have in common
    };
    static_assert(sizeof(Segment) == 8);

    static constexpr std::uint32_t split_count = Traits::split_count;

    static constexpr unsigned directory_class(unsigned depth) { return depth <= 3 ? 0 : depth - 3; }
    static std::uint32_t place_of(std::uint32_t hash) { return hash & (segment_entries - 1); }

    Entry* segment_of(const PartMemory& memory, std::uint32_t hash) const {
        return memory.at<Entry>(memory.at<Segment>(directory_)[position_of(hash)].line);
    }

    Segment& owner_of(const PartMemory& memory, std::uint32_t hash) const {
        Segment* const directory = memory.at<Segment>(directory_);
        const std::uint32_t position = position_of(hash);
        return directory[position & ~((1U << (depth_ - directory[position].depth)) - 1)];
    }

    static Entry* place_entry(Entry* segment, const Traits& traits, const Entry& entry) {
        std::uint32_t place = place_of(traits.hash(entry));
        while (!traits.is_free(segment[place])) {
            place = (place + 1) & (segment_entries - 1);
        }
        segment[place] = entry;
        return &segment[place];
    }

    bool start(PartMemory& memory) {
        const LineNumber segment = memory.allocate(segment_class);
        if (segment == 0) {
            return false;
        }
        std::fill_n(memory.at<Entry>(segment), segment_entries, Entry{});
        if (!adopt(memory, segment, 0)) {
            memory.free(segment, segment_class);
            return false;
        }
        return true;
    }

    bool double_directory(PartMemory& memory) {
        const LineNumber doubled = depth_ < depth_max ? memory.allocate(directory_class(depth_ + 1)) : 0;
        if (doubled == 0) {
            return false;
        }
        const Segment* const from = memory.at<Segment>(directory_);
        Segment* const to = memory.at<Segment>(doubled);
        for (std::uint32_t i = 0; i < 1U << depth_; ++i) {
            to[2 * i] = from[i];
            to[2 * i + 1] = from[i];
        }
        memory.free(directory_, directory_class(depth_));
        directory_ = doubled;
        ++depth_;
        return true;
    }

    /// Splits the segment of `hash` in two. False where there is no memory, or where the directory is at its largest.
    bool split(PartMemory& memory, const Traits& traits, std::uint32_t hash) {
        if (owner_of(memory, hash).depth == depth_ && !double_directory(memory)) {
            return false;
        }
        const LineNumber other = memory.allocate(segment_class);
        if (other == 0) {
            return false;
        }
        Segment& owner = owner_of(memory, hash);
        Entry* const low = memory.at<Entry>(owner.line);
        Entry* const high = memory.at<Entry>(other);
        std::array<Entry, segment_entries> entries;
        std::copy_n(low, segment_entries, entries.begin());
        std::fill_n(low, segment_entries, Entry{});
        std::fill_n(high, segment_entries, Entry{});
        const std::uint32_t bit = 1U << (31U - owner.depth);
        std::uint16_t high_count = 0;
        for (const Entry& entry : entries) {
            if (!traits.is_free(entry)) {
                const bool is_high = (traits.hash(entry) & bit) != 0;
                high_count = static_cast<std::uint16_t>(high_count + is_high);
                place_entry(is_high ? high : low, traits, entry);
            }
        }
        const auto count = static_cast<std::uint16_t>(owner.count - high_count);
        const auto depth = static_cast<std::uint8_t>(owner.depth + 1);
        const std::uint32_t positions = 1U << (depth_ - depth);  // of each half
        const LineNumber low_line = owner.line;
        std::fill_n(&owner, positions, Segment{.line = low_line, .count = count, .depth = depth});
        std::fill_n(&owner + positions, positions, Segment{.line = other, .count = high_count, .depth = depth});
        return true;
    }

    /// Undoes the split that made the segment at `position`, its higher half, if both halves fill little of one.
    void unite_with_one_before(PartMemory& memory, const Traits& traits, std::uint32_t position) {
        Segment* const directory = memory.at<Segment>(directory_);
        const Segment high = directory[position];
        const std::uint32_t positions = 1U << (depth_ - high.depth);
        if (high.depth == 0 || (position & positions) == 0) {
            return;
        }
        Segment& low = directory[position - positions];
        if (low.depth != high.depth || low.count + high.count > split_count / 2) {
            return;
        }
        Entry* const to = memory.at<Entry>(low.line);
        std::for_each_n(memory.at<Entry>(high.line), segment_entries, [&](const Entry& entry) {
            if (!traits.is_free(entry)) {
                place_entry(to, traits, entry);
            }
        });
        memory.free(high.line, segment_class);
        const Segment united{.line = low.line,
                             .count = static_cast<std::uint16_t>(low.count + high.count),
                             .depth = static_cast<std::uint8_t>(high.depth - 1)};
        std::fill_n(&low, 2 * positions, united);
    }

    LineNumber directory_ = 0;
    std::uint32_t depth_ = 0;
    std::uint32_t size_ = 0;
};

}  // namespace echotap
