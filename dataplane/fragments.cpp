// SPDX-License-Identifier: Apache-2.0
#include "dataplane/fragments.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace echotap {

namespace {

constexpr std::size_t packet_octets_max = 65535;

bool is_well_formed(const Packet& fragment) {
    const std::size_t size = fragment.payload.size();
    return fragment.missing == 0 && size != 0 && (!fragment.more_fragments || size % 8 == 0) &&
           fragment.fragment_offset + size <= packet_octets_max;
}

constexpr std::size_t blocks_for(std::size_t octets) {
    return (octets + Fragments::block_octets - 1) / Fragments::block_octets;
}

}  // namespace

Fragments::Fragments(const FragmentLimits& limits, Ledger& ledger)
    : timeout_(static_cast<std::uint64_t>(limits.timeout.count())),
      ledger_(ledger),
      assemblies_(limits.packets_max),
      block_count_(std::min<std::size_t>(limits.octets_max / sizeof(Block), none)),
      blocks_(std::make_unique_for_overwrite<Block[]>(block_count_)),
      whole_(std::make_unique_for_overwrite<std::uint8_t[]>(packet_octets_max)) {
    index_.reserve(limits.packets_max);
    free_assemblies_.reserve(limits.packets_max);
    for (std::size_t i = limits.packets_max; i > 0; --i) {
        free_assemblies_.push_back(static_cast<std::uint32_t>(i - 1));
    }
}

std::size_t Fragments::KeyHash::operator()(const Key& key) const {
    std::array<std::uint8_t, 40> octets{};
    std::memcpy(octets.data(), key.source.octets().data(), 16);
    std::memcpy(octets.data() + 16, key.destination.octets().data(), 16);
    std::memcpy(octets.data() + 32, &key.id, 4);
    octets[36] = key.protocol;
    octets[37] = key.is_v6 ? 1 : 0;
    return keyed_hash(secret, octets);
}

Fragments::Key Fragments::key_of(const Packet& packet) {
    return {.source = packet.source,
            .destination = packet.destination,
            .id = packet.fragment_id,
            .protocol = packet.is_v6 ? std::uint8_t{0} : static_cast<std::uint8_t>(packet.protocol),
            .is_v6 = packet.is_v6};
}

bool Fragments::add(Packet& packet, Timestamp clock) {
    expire(clock);
    if (!is_well_formed(packet)) {
        return drop(packet, Drop::fragment_malformed);
    }
    const std::uint32_t index = find_or_begin(key_of(packet), clock);
    Assembly& assembly = assemblies_[index];
    if (assembly.refused != Drop::none) {
        return drop(packet, assembly.refused);
    }
    std::uint32_t before = none;
    Drop reason = find_place(assembly, packet, before);
    if (reason == Drop::none && assembly.fragments == fragments_per_packet_max) {
        reason = Drop::fragment_too_many;
    }
    if (reason != Drop::none) {
        if (reason != Drop::fragment_duplicate) {
            refuse(assembly, reason);
        }
        return drop(packet, reason);
    }
    if (!make_room(blocks_for(packet.payload.size()), index)) {
        return drop(packet, Drop::fragment_evicted);
    }
    insert(assembly, packet, before);
    if (assembly.octets != assembly.end) {
        return false;
    }
    // Fragments do not overlap and none goes beyond the end: as many octets as the end says are all of them.
    complete(index, packet);
    return true;
}

void Fragments::finish(Timestamp clock) {
    while (oldest_ != none) {
        let_go(oldest_, is_expired(assemblies_[oldest_], clock) ? Drop::fragment_expired : Drop::fragment_incomplete);
    }
}

bool Fragments::is_expired(const Assembly& assembly, Timestamp clock) const {
    // A clock that went back by more than the timeout says as little about these fragments belonging together as one
    // that went ahead. Unsigned, because times in a capture may be anywhere in 64 bits.
    const auto now = static_cast<std::uint64_t>(clock.time_since_epoch().count());
    const auto first = static_cast<std::uint64_t>(assembly.first_clock.time_since_epoch().count());
    return (clock > assembly.first_clock ? now - first : first - now) > timeout_;
}

void Fragments::expire(Timestamp clock) {
    while (oldest_ != none && is_expired(assemblies_[oldest_], clock)) {
        let_go(oldest_, Drop::fragment_expired);
    }
}

std::uint32_t Fragments::find_or_begin(const Key& key, Timestamp clock) {
    if (const auto found = index_.find(key); found != index_.end()) {
        if (!is_expired(assemblies_[found->second], clock)) {
            return found->second;
        }
        let_go(found->second, Drop::fragment_expired);
    }
    if (free_assemblies_.empty()) {
        let_go(oldest_, Drop::fragment_evicted);
    }
    const std::uint32_t index = free_assemblies_.back();
    free_assemblies_.pop_back();
    Assembly& assembly = assemblies_[index];
    assembly = Assembly{};
    assembly.key = key;
    assembly.first_clock = clock;
    assembly.older = youngest_;
    (youngest_ == none ? oldest_ : assemblies_[youngest_].younger) = index;
    youngest_ = index;
    index_.emplace(key, index);
    return index;
}

/// Where the fragment belongs: behind `before`, or at the front where that is none. Returns Drop::none,
/// fragment_duplicate or fragment_overlap.
Drop Fragments::find_place(const Assembly& assembly, const Packet& packet, std::uint32_t& before) const {
    const std::size_t begin = packet.fragment_offset;
    const std::size_t end = begin + packet.payload.size();
    const auto end_of = [&](std::uint32_t at) -> std::size_t { return blocks_[at].offset + blocks_[at].size; };

    std::uint32_t behind = assembly.lowest;
    if (assembly.highest != none && blocks_[assembly.highest].offset <= begin) {
        // In order, as nearly always.
        before = assembly.highest;
        behind = none;
    }
    while (behind != none && blocks_[behind].offset <= begin) {
        before = behind;
        behind = blocks_[behind].next_fragment;
    }
    if (before != none && blocks_[before].offset == begin) {
        const bool was_last = assembly.end != 0 && end_of(before) == assembly.end;
        const bool is_same = was_last != packet.more_fragments && holds_same(before, packet.payload);
        return is_same ? Drop::fragment_duplicate : Drop::fragment_overlap;
    }
    if ((before != none && end_of(before) > begin) || (behind != none && blocks_[behind].offset < end)) {
        return Drop::fragment_overlap;
    }
    if (assembly.end != 0) {
        return end > assembly.end || !packet.more_fragments ? Drop::fragment_overlap : Drop::none;
    }
    const bool is_beyond = assembly.highest != none && end_of(assembly.highest) > end;
    return !packet.more_fragments && is_beyond ? Drop::fragment_overlap : Drop::none;
}

bool Fragments::holds_same(std::uint32_t fragment, Octets payload) const {
    if (blocks_[fragment].size != payload.size()) {
        return false;
    }
    std::uint32_t block = fragment;
    while (!payload.empty()) {
        const Octets part = payload.first(std::min(payload.size(), block_octets));
        if (std::memcmp(blocks_[block].octets.data(), part.data(), part.size()) != 0) {
            return false;
        }
        payload = payload.subspan(part.size());
        block = blocks_[block].next_block;
    }
    return true;
}

/// Evicts the oldest packets until `blocks` are free; false where `keep` had to go as well.
bool Fragments::make_room(std::size_t blocks, std::uint32_t keep) {
    while (block_count_ - blocks_in_use_ < blocks) {
        const bool is_kept = oldest_ != keep;
        let_go(oldest_, Drop::fragment_evicted);
        if (!is_kept) {
            return false;
        }
    }
    return true;
}

std::uint32_t Fragments::store(const Packet& packet) {
    std::uint32_t head = none;
    std::uint32_t* link = &head;
    for (Octets left = packet.payload; !left.empty();) {
        std::uint32_t block = free_block_;
        if (block == none) {
            block = static_cast<std::uint32_t>(blocks_touched_++);
        } else {
            free_block_ = blocks_[block].next_block;
        }
        ++blocks_in_use_;
        *link = block;
        link = &blocks_[block].next_block;
        const Octets part = left.first(std::min(left.size(), block_octets));
        std::memcpy(blocks_[block].octets.data(), part.data(), part.size());
        left = left.subspan(part.size());
    }
    *link = none;
    blocks_[head].offset = packet.fragment_offset;
    blocks_[head].size = static_cast<std::uint16_t>(packet.payload.size());
    return head;
}

void Fragments::insert(Assembly& assembly, const Packet& packet, std::uint32_t before) {
    const std::uint32_t fragment = store(packet);
    std::uint32_t& link = before == none ? assembly.lowest : blocks_[before].next_fragment;
    blocks_[fragment].next_fragment = link;
    link = fragment;
    if (assembly.highest == before) {
        assembly.highest = fragment;
    }
    ++assembly.fragments;
    assembly.frames += packet.frames;
    assembly.octets += static_cast<std::uint32_t>(packet.payload.size());
    assembly.depth = std::max(assembly.depth, packet.depth);
    if (packet.fragment_offset == 0) {
        assembly.protocol = packet.protocol;
    }
    if (!packet.more_fragments) {
        assembly.end = static_cast<std::uint32_t>(packet.fragment_offset + packet.payload.size());
    }
}

void Fragments::complete(std::uint32_t index, Packet& packet) {
    const Assembly& assembly = assemblies_[index];
    std::uint8_t* to = whole_.get();
    for (std::uint32_t fragment = assembly.lowest; fragment != none; fragment = blocks_[fragment].next_fragment) {
        std::size_t left = blocks_[fragment].size;
        for (std::uint32_t block = fragment; left != 0; block = blocks_[block].next_block) {
            const std::size_t part = std::min(left, block_octets);
            std::memcpy(to, blocks_[block].octets.data(), part);
            to += part;
            left -= part;
        }
    }
    packet.payload = {whole_.get(), assembly.end};
    packet.missing = 0;
    packet.protocol = assembly.protocol;
    packet.is_fragment = false;
    packet.more_fragments = false;
    packet.fragment_offset = 0;
    packet.fragment_id = 0;
    packet.depth = assembly.depth;
    packet.frames = assembly.frames;
    forget(index);
}

bool Fragments::drop(const Packet& packet, Drop reason) {
    ledger_.drop(reason, packet.frames);
    return false;
}

void Fragments::let_go(std::uint32_t index, Drop reason) {
    ledger_.drop(reason, assemblies_[index].frames);
    forget(index);
}

/// What was held is dropped, but the packet is remembered, so that what still comes of it is refused too.
void Fragments::refuse(Assembly& assembly, Drop reason) {
    ledger_.drop(reason, assembly.frames);
    free_blocks(assembly);
    assembly.frames = 0;
    assembly.refused = reason;
}

void Fragments::free_blocks(Assembly& assembly) {
    for (std::uint32_t fragment = assembly.lowest; fragment != none;) {
        const std::uint32_t next = blocks_[fragment].next_fragment;
        for (std::uint32_t block = fragment; block != none;) {
            const std::uint32_t next_block = blocks_[block].next_block;
            blocks_[block].next_block = free_block_;
            free_block_ = block;
            --blocks_in_use_;
            block = next_block;
        }
        fragment = next;
    }
    assembly.lowest = none;
    assembly.highest = none;
}

void Fragments::forget(std::uint32_t index) {
    Assembly& assembly = assemblies_[index];
    free_blocks(assembly);
    index_.erase(assembly.key);
    (assembly.older == none ? oldest_ : assemblies_[assembly.older].younger) = assembly.younger;
    (assembly.younger == none ? youngest_ : assemblies_[assembly.younger].older) = assembly.older;
    free_assemblies_.push_back(index);
}

}  // namespace echotap
