// SPDX-License-Identifier: Apache-2.0
// IP reassembly: fragments go in, whole packets come out.
//
// RFC 791 section 3.2 and RFC 8200 section 4.5. Fragments may come in any order; an exact duplicate is dropped; an
// overlap refuses the whole packet and whatever else comes of it until the timeout (RFC 5722). Time and memory are
// bounded by FragmentLimits; what gives way is counted in the ledger (Stage::frame).
//
// Memory is laid out once: fragments are copied into chains of small blocks, so that an attacker who sends one fragment
// with a large offset gets a block and not 64 KiB. Pages of blocks that were never used are never touched.
#pragma once

#include <tsl/robin_map.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "config/line_config.hpp"
#include "dataplane/drop.hpp"
#include "dataplane/keyed_hash.hpp"
#include "dataplane/packet.hpp"

namespace echotap {

/// One per worker, not thread-safe. All fragments of a packet must come to the same worker.
class Fragments {
public:
    /// FragmentLimits::octets_max is counted in blocks of this size, in which block_octets of payload fit: a fragment
    /// of 1,480 octets, as Ethernet makes them, fills three. Half the size took twice the time under a flood of those.
    static constexpr std::size_t block_size = 512;
    static constexpr std::size_t block_octets = block_size - 12;

    /// The largest packet in fragments of the smallest MTU that IPv4 hosts must take (576 octets) has 119. More than
    /// this many is no network's doing; the bound keeps the cost of a fragment constant. Beyond it the packet is
    /// refused.
    static constexpr std::size_t fragments_per_packet_max = 128;

    /// REQUIRES: limits.packets_max >= 1, under 2^32; `ledger` outlives this.
    Fragments(const FragmentLimits& limits, Ledger& ledger);

    /// Takes a fragment (packet.is_fragment). Returns true when it completes its packet: `packet` is then the whole
    /// one (is_fragment false, frames = sum over its fragments, depth the largest of them, payload in a buffer that
    /// lives until the next call). Otherwise the fragment is held, or dropped and counted packet.frames times:
    ///
    ///   fragment_malformed   cut short, empty, not a multiple of 8 octets where more follow, or beyond 65,535 octets;
    ///                        it is as if it had not come
    ///   fragment_duplicate   the same place and the same octets as one that is held
    ///   fragment_overlap     other octets for a place that is taken, or another end: the packet is refused, with
    ///                        what is held of it and what comes of it until the timeout
    ///   fragment_too_many    refused likewise, for more than fragments_per_packet_max fragments
    ///   fragment_expired     held for longer than the timeout, by `clock`, since the first fragment
    ///   fragment_evicted     the oldest packet when there was no room
    ///
    /// `clock` is Frame::clock. Fragments belong together by source, destination and id, and for IPv4 by protocol;
    /// the protocol of an IPv6 packet is what its first fragment says (RFC 8200 section 4.5).
    bool add(Packet& packet, Timestamp clock);

    /// Drops, as fragment_expired, what has waited for longer than the timeout at `clock`.
    void expire(Timestamp clock);

    /// The input has ended: everything held is dropped, as fragment_expired where its time was over at `clock`, the
    /// source's clock at the end, and as fragment_incomplete otherwise. So the ledger does not depend on which worker
    /// saw a frame last.
    void finish(Timestamp clock);

private:
    static constexpr std::uint32_t none = UINT32_MAX;

    struct Key {
        IpAddress source;
        IpAddress destination;
        std::uint32_t id = 0;
        std::uint8_t protocol = 0;  // 0 for IPv6
        bool is_v6 = false;

        friend bool operator==(const Key&, const Key&) = default;
    };

    struct KeyHash {
        HashKey secret = HashKey::random();
        std::size_t operator()(const Key& key) const;
    };

    /// A fragment is a chain of blocks; its first one says where it belongs.
    struct Block {
        std::uint32_t next_block;
        std::uint32_t next_fragment;  // the one at the next higher offset
        std::uint16_t offset;
        std::uint16_t size;
        std::array<std::uint8_t, block_octets> octets;
    };
    static_assert(sizeof(Block) == block_size);

    /// A packet being put together.
    struct Assembly {
        Key key;
        Timestamp first_clock;
        std::uint32_t older = none;  // in the order of their first fragments
        std::uint32_t younger = none;
        std::uint32_t lowest = none;  // fragments, in the order of their offsets
        std::uint32_t highest = none;
        std::uint32_t fragments = 0;
        std::uint32_t octets = 0;
        std::uint32_t end = 0;  // octets of the whole payload; 0 until the last fragment has come
        std::uint32_t frames = 0;
        Protocol protocol = Protocol::no_next;
        std::uint8_t depth = 0;
        Drop refused = Drop::none;
    };

    static Key key_of(const Packet& packet);

    bool is_expired(const Assembly& assembly, Timestamp clock) const;
    std::uint32_t find_or_begin(const Key& key, Timestamp clock);
    Drop find_place(const Assembly& assembly, const Packet& packet, std::uint32_t& before) const;
    bool holds_same(std::uint32_t fragment, Octets payload) const;
    bool make_room(std::size_t blocks, std::uint32_t keep);
    std::uint32_t store(const Packet& packet);
    void insert(Assembly& assembly, const Packet& packet, std::uint32_t before);
    void complete(std::uint32_t index, Packet& packet);
    bool drop(const Packet& packet, Drop reason);
    void let_go(std::uint32_t index, Drop reason);
    void refuse(Assembly& assembly, Drop reason);
    void free_blocks(Assembly& assembly);
    void forget(std::uint32_t index);

    std::uint64_t timeout_;
    Ledger& ledger_;

    tsl::robin_map<Key, std::uint32_t, KeyHash> index_;
    std::vector<Assembly> assemblies_;
    std::vector<std::uint32_t> free_assemblies_;
    std::uint32_t oldest_ = none;
    std::uint32_t youngest_ = none;

    std::size_t block_count_;
    std::unique_ptr<Block[]> blocks_;
    std::size_t blocks_touched_ = 0;  // blocks from here on were never used
    std::size_t blocks_in_use_ = 0;
    std::uint32_t free_block_ = none;  // chained by next_block

    std::unique_ptr<std::uint8_t[]> whole_;  // the payload of the packet completed last
};

}  // namespace echotap
