// SPDX-License-Identifier: Apache-2.0
// Which fragments become packets, which do not, and what the ledger says of it.
#include "dataplane/fragments.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/reference/fragments_reference.hpp"

namespace echotap {
namespace {

using namespace std::chrono_literals;
using Bytes = std::vector<std::uint8_t>;

constexpr Timestamp start{std::chrono::seconds(1'700'000'000)};

/// `size` octets of a packet whose octets are all different from their neighbours.
Bytes part(std::size_t offset, std::size_t size, std::uint8_t salt = 0) {
    Bytes octets(size);
    for (std::size_t i = 0; i < size; ++i) {
        octets[i] = static_cast<std::uint8_t>((offset + i) * 7 + (offset + i) / 256 + salt);
    }
    return octets;
}

Packet fragment(const Bytes& octets, std::size_t offset, bool more, std::uint32_t id = 1) {
    Packet packet;
    packet.source = *IpAddress::parse("192.0.2.1");
    packet.destination = *IpAddress::parse("198.51.100.53");
    packet.payload = octets;
    packet.protocol = Protocol::udp;
    packet.is_fragment = true;
    packet.more_fragments = more;
    packet.fragment_offset = static_cast<std::uint16_t>(offset);
    packet.fragment_id = id;
    packet.depth = 1;
    return packet;
}

/// The room with its ledger, and the shortest ways to feed it.
class FragmentsTest : public testing::Test {
protected:
    /// Feeds the octets of `part()` at `offset`; true when that completes a packet, which is then `whole`.
    bool add(std::size_t offset, std::size_t size, bool more, Timestamp clock = start, std::uint32_t id = 1) {
        const Bytes octets = part(offset, size);
        return add(fragment(octets, offset, more, id), clock);
    }

    bool add(Packet packet, Timestamp clock = start) {
        ledger.enter(Stage::frame, packet.frames);
        if (!fragments.add(packet, clock)) {
            return false;
        }
        ledger.pass(Stage::frame, packet.frames);
        whole = packet;
        whole_octets.assign(packet.payload.begin(), packet.payload.end());
        return true;
    }

    std::uint64_t dropped(Drop reason) const { return ledger.drops[static_cast<std::size_t>(reason)]; }

    Ledger ledger;
    FragmentLimits limits;
    Fragments fragments{limits, ledger};
    Packet whole;
    Bytes whole_octets;
};

TEST_F(FragmentsTest, puts_a_packet_together_in_any_order) {
    std::array<int, 4> order{0, 1, 2, 3};
    std::uint32_t id = 0;
    do {
        ++id;
        for (int i = 0; i < 3; ++i) {
            const auto at = static_cast<std::size_t>(order[static_cast<std::size_t>(i)]);
            EXPECT_FALSE(add(at * 1480, at == 3 ? 100 : 1480, at != 3, start, id));
        }
        const auto at = static_cast<std::size_t>(order[3]);
        ASSERT_TRUE(add(at * 1480, at == 3 ? 100 : 1480, at != 3, start, id));
        EXPECT_EQ(whole_octets, part(0, 4540));
        EXPECT_FALSE(whole.is_fragment || whole.more_fragments);
        EXPECT_EQ(whole.fragment_id, 0U);
        EXPECT_EQ(whole.protocol, Protocol::udp);
        EXPECT_EQ(whole.frames, 4U);
    } while (std::next_permutation(order.begin(), order.end()));
    EXPECT_EQ(ledger.held(Stage::frame), 0);
    EXPECT_EQ(ledger.dropped(Stage::frame), 0U);
}

TEST_F(FragmentsTest, keeps_packets_apart_by_addresses_protocol_id_and_family) {
    const Bytes head = part(0, 8);
    const Bytes tail = part(8, 3);
    EXPECT_FALSE(add(fragment(head, 0, true)));
    Packet other = fragment(tail, 8, false);
    other.source = *IpAddress::parse("192.0.2.2");
    EXPECT_FALSE(add(other));
    other = fragment(tail, 8, false);
    other.destination = *IpAddress::parse("192.0.2.2");
    EXPECT_FALSE(add(other));
    other = fragment(tail, 8, false);
    other.protocol = Protocol::tcp;
    EXPECT_FALSE(add(other));
    EXPECT_FALSE(add(fragment(tail, 8, false, 2)));
    other = fragment(tail, 8, false);
    other.is_v6 = true;
    EXPECT_FALSE(add(other)) << "IPv6 with the same octets in its addresses";
    EXPECT_TRUE(add(fragment(tail, 8, false)));
    EXPECT_EQ(ledger.held(Stage::frame), 5);
}

TEST_F(FragmentsTest, takes_the_protocol_of_an_ipv6_packet_from_its_first_fragment) {
    const Bytes head = part(0, 8);
    const Bytes tail = part(8, 3);
    Packet last = fragment(tail, 8, false);
    last.is_v6 = true;
    last.protocol = Protocol::tcp;
    EXPECT_FALSE(add(last));
    Packet first = fragment(head, 0, true);
    first.is_v6 = true;
    EXPECT_TRUE(add(first));
    EXPECT_EQ(whole.protocol, Protocol::udp);
}

TEST_F(FragmentsTest, drops_an_exact_duplicate_and_still_completes) {
    EXPECT_FALSE(add(0, 1480, true));
    EXPECT_FALSE(add(0, 1480, true));
    EXPECT_FALSE(add(0, 1480, true));
    EXPECT_TRUE(add(1480, 20, false));
    EXPECT_EQ(dropped(Drop::fragment_duplicate), 2U);
    EXPECT_EQ(whole.frames, 2U);
}

struct Overlap {
    const char* name;
    std::size_t offset;
    std::size_t size;
    bool more;
    std::uint8_t salt;
};

TEST(Fragments, refuses_a_packet_whose_fragments_overlap) {
    // Held: octets 16 to 32 and 64 to 80, the latter being the end.
    for (const Overlap& overlap :
         {Overlap{"other octets in the same place", 16, 16, true, 1},
          Overlap{"the same octets, but now the last", 16, 16, false, 0}, Overlap{"shorter", 16, 8, true, 0},
          Overlap{"longer", 16, 24, true, 0}, Overlap{"over its front", 8, 16, true, 0},
          Overlap{"over its back", 24, 16, true, 0}, Overlap{"inside it", 24, 8, true, 0},
          Overlap{"around it", 8, 32, true, 0}, Overlap{"over both", 24, 48, true, 0},
          Overlap{"beyond the end", 80, 8, true, 0}, Overlap{"a second end, later", 80, 8, false, 0},
          Overlap{"a second end, earlier", 40, 8, false, 0},
          Overlap{"the end, but now not the last", 64, 16, true, 0}}) {
        SCOPED_TRACE(overlap.name);
        Ledger ledger;
        Fragments fragments(FragmentLimits{}, ledger);
        const auto add = [&](std::size_t offset, std::size_t size, bool more, std::uint8_t salt, Timestamp clock) {
            const Bytes octets = part(offset, size, salt);
            Packet packet = fragment(octets, offset, more);
            return fragments.add(packet, clock);
        };
        EXPECT_FALSE(add(16, 16, true, 0, start));
        EXPECT_FALSE(add(64, 16, false, 0, start));
        EXPECT_FALSE(add(overlap.offset, overlap.size, overlap.more, overlap.salt, start));
        EXPECT_EQ(ledger.drops[static_cast<std::size_t>(Drop::fragment_overlap)], 3U);
        // What would have completed it is refused as well, until the timeout is over.
        EXPECT_FALSE(add(0, 16, true, 0, start + 1s));
        EXPECT_FALSE(add(32, 32, true, 0, start + 30s));
        EXPECT_EQ(ledger.drops[static_cast<std::size_t>(Drop::fragment_overlap)], 5U);
        EXPECT_FALSE(add(0, 16, true, 0, start + 31s));
        EXPECT_TRUE(add(16, 1, false, 0, start + 31s));
    }
}

TEST(Fragments, refuses_an_end_before_octets_that_are_held) {
    Ledger ledger;
    Fragments fragments(FragmentLimits{}, ledger);
    const Bytes octets = part(0, 8);
    Packet far = fragment(octets, 800, true);
    Packet end = fragment(octets, 8, false);
    EXPECT_FALSE(fragments.add(far, start));
    EXPECT_FALSE(fragments.add(end, start));
    EXPECT_EQ(ledger.drops[static_cast<std::size_t>(Drop::fragment_overlap)], 2U);
}

TEST_F(FragmentsTest, ignores_malformed_fragments) {
    const Bytes octets = part(0, 16);
    EXPECT_FALSE(add(0, 8, true));
    EXPECT_FALSE(add(8, 9, true)) << "more follow, but not a multiple of 8";
    EXPECT_FALSE(add(8, 0, true)) << "empty";
    EXPECT_FALSE(add(8, 0, false)) << "empty and last";
    EXPECT_FALSE(add(65528, 8, false)) << "ends at 65,536";
    Packet cut = fragment(octets, 8, false);
    cut.missing = 1;
    EXPECT_FALSE(add(cut)) << "the snap length cut it";
    EXPECT_EQ(dropped(Drop::fragment_malformed), 5U);
    EXPECT_TRUE(add(8, 16, false)) << "they did not spoil the packet";
}

TEST_F(FragmentsTest, completes_the_largest_packet) {
    for (std::size_t offset = 0; offset < 65528; offset += 552) {
        ASSERT_FALSE(add(offset, std::min<std::size_t>(552, 65528 - offset), true));
    }
    ASSERT_TRUE(add(65528, 7, false));
    EXPECT_EQ(whole_octets, part(0, 65535));
    EXPECT_EQ(whole.frames, 120U);
}

TEST_F(FragmentsTest, refuses_more_fragments_than_a_network_makes) {
    for (std::size_t i = 0; i < Fragments::fragments_per_packet_max; ++i) {
        EXPECT_FALSE(add(i * 8, 8, true));
    }
    EXPECT_EQ(ledger.held(Stage::frame), 128);
    EXPECT_FALSE(add(128 * 8, 8, true));
    EXPECT_EQ(dropped(Drop::fragment_too_many), 129U);
    EXPECT_FALSE(add(129 * 8, 8, false));
    EXPECT_EQ(dropped(Drop::fragment_too_many), 130U);
    EXPECT_EQ(ledger.held(Stage::frame), 0);
}

TEST_F(FragmentsTest, waits_for_the_timeout_and_no_longer) {
    EXPECT_FALSE(add(0, 8, true));
    EXPECT_TRUE(add(8, 8, false, start + 30s));
    EXPECT_FALSE(add(0, 8, true));
    EXPECT_FALSE(add(8, 8, false, start + 30s + 1ns));
    EXPECT_EQ(dropped(Drop::fragment_expired), 1U);
    EXPECT_EQ(ledger.held(Stage::frame), 1);
    // The timeout runs from the first fragment, whatever comes later.
    EXPECT_FALSE(add(16, 8, true, start + 60s, 2));
    EXPECT_FALSE(add(8, 8, true, start + 85s, 2));
    EXPECT_FALSE(add(24, 8, false, start + 91s, 2));
    EXPECT_EQ(dropped(Drop::fragment_expired), 4U);
}

TEST_F(FragmentsTest, does_not_mix_packets_over_a_clock_that_went_back) {
    EXPECT_FALSE(add(0, 8, true, start + 1h));
    EXPECT_FALSE(add(8, 8, false, start));
    EXPECT_EQ(dropped(Drop::fragment_expired), 1U);
    // Times at both ends of what 64 bits hold.
    EXPECT_FALSE(add(0, 8, true, Timestamp::min()));
    EXPECT_FALSE(add(8, 8, false, Timestamp::max()));
    EXPECT_EQ(dropped(Drop::fragment_expired), 3U);
}

TEST_F(FragmentsTest, counts_what_the_end_of_the_input_leaves) {
    EXPECT_FALSE(add(0, 8, true, start, 1));
    EXPECT_FALSE(add(0, 8, true, start + 20s, 2));
    EXPECT_FALSE(add(8, 8, true, start + 20s, 2));
    fragments.finish(start + 40s);
    EXPECT_EQ(dropped(Drop::fragment_expired), 1U) << "its time was over, though no fragment came to show it";
    EXPECT_EQ(dropped(Drop::fragment_incomplete), 2U);
    EXPECT_EQ(ledger.held(Stage::frame), 0);
}

TEST_F(FragmentsTest, weighs_a_fragment_of_a_tunnelled_packet_by_its_frames) {
    // The outer packets of these were fragmented too: 2 and 3 frames.
    const Bytes head = part(0, 8);
    const Bytes tail = part(8, 8);
    Packet first = fragment(head, 0, true);
    first.frames = 2;
    first.depth = 4;
    Packet last = fragment(tail, 8, false);
    last.frames = 3;
    EXPECT_FALSE(add(first));
    EXPECT_FALSE(add(first));
    EXPECT_EQ(dropped(Drop::fragment_duplicate), 2U);
    EXPECT_TRUE(add(last));
    EXPECT_EQ(whole.frames, 5U);
    EXPECT_EQ(whole.depth, 4U) << "the larger one: the depth stays bounded";
    EXPECT_EQ(ledger.held(Stage::frame), 0);
}

TEST_F(FragmentsTest, takes_fragments_that_lie_in_its_own_buffer) {
    // A reassembled packet may hold a fragment of an inner one.
    const Bytes tail = part(16, 8);
    EXPECT_FALSE(add(fragment(tail, 16, false, 9)));
    EXPECT_FALSE(add(0, 8, true));
    ASSERT_TRUE(add(8, 8, false));
    Packet inner = whole;
    inner.is_fragment = inner.more_fragments = true;
    inner.fragment_id = 9;
    ASSERT_TRUE(add(inner));
    EXPECT_EQ(whole_octets, part(0, 24));
}

TEST(Fragments, evicts_the_oldest_packet_when_there_are_too_many) {
    Ledger ledger;
    Fragments fragments({.packets_max = 3}, ledger);
    const Bytes head = part(0, 8);
    const Bytes tail = part(8, 8);
    const auto add = [&](std::uint32_t id, bool is_head) {
        Packet packet = fragment(is_head ? head : tail, is_head ? 0 : 8, is_head, id);
        return fragments.add(packet, start);
    };
    for (const std::uint32_t id : {1U, 2U, 3U, 4U}) {
        EXPECT_FALSE(add(id, true));
    }
    EXPECT_EQ(ledger.drops[static_cast<std::size_t>(Drop::fragment_evicted)], 1U);
    EXPECT_TRUE(add(2, false));
    EXPECT_TRUE(add(3, false));
    EXPECT_TRUE(add(4, false));
    EXPECT_FALSE(add(1, false)) << "its head is gone";
}

TEST(Fragments, evicts_the_oldest_packets_when_there_are_too_many_octets) {
    Ledger ledger;
    Fragments fragments({.octets_max = 4096}, ledger);  // 8 blocks
    const Bytes large = part(0, 1464);                  // 3 blocks
    const auto add = [&](std::uint32_t id) {
        Packet packet = fragment(large, 0, true, id);
        return fragments.add(packet, start);
    };
    EXPECT_FALSE(add(1));
    EXPECT_FALSE(add(2));
    EXPECT_FALSE(add(3));
    EXPECT_EQ(ledger.drops[static_cast<std::size_t>(Drop::fragment_evicted)], 1U);
    Packet end = fragment(large, 1464, false, 3);
    EXPECT_TRUE(fragments.add(end, start)) << "makes room for itself, at the cost of packet 2";
    EXPECT_EQ(ledger.drops[static_cast<std::size_t>(Drop::fragment_evicted)], 2U);
    // A fragment larger than all the room goes, and its packet with it.
    const Bytes huge = part(0, 4096);
    Packet packet = fragment(huge, 0, true, 5);
    EXPECT_FALSE(fragments.add(packet, start));
    EXPECT_EQ(ledger.drops[static_cast<std::size_t>(Drop::fragment_evicted)], 3U);
}

TEST(Fragments, agrees_with_the_reference_whatever_comes) {
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::mt19937 random(seed);
        const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
        const FragmentLimits limits{.timeout = 30s,
                                    .packets_max = 1 + below(6),
                                    .octets_max = Fragments::block_size * (2 + std::size_t{below(20)})};
        reference::ReassemblyPair pair(limits);
        Timestamp clock = start;
        for (int step = 0; step < 1000; ++step) {
            const std::size_t offset = 8 * std::size_t{below(6)};
            const std::size_t size = below(20) == 0 ? below(1200) : below(8) == 0 ? below(24) : 8 + 8 * below(2);
            const Bytes octets = part(offset, size, below(30) == 0 ? 1 : 0);
            Packet packet = fragment(octets, offset, below(3) != 0, below(5));
            packet.is_v6 = below(2) == 0;
            packet.protocol = below(4) == 0 ? Protocol::tcp : Protocol::udp;
            packet.frames = 1 + below(3);
            packet.missing = below(40) == 0 ? 1 : 0;
            packet.depth = static_cast<std::uint8_t>(1 + below(4));
            clock += std::chrono::seconds(below(4));
            clock -= std::chrono::seconds(below(50) == 0 ? below(100) : 0);
            ASSERT_EQ(pair.add(packet, clock), "") << "seed " << seed << ", step " << step;
        }
        ASSERT_EQ(pair.finish(clock), "") << "seed " << seed;
    }
}

TEST(Fragments, agrees_with_the_reference_on_shuffled_packets) {
    // Whole packets, cut at random places, several at once, shuffled, with duplicates: nearly all must come through.
    std::uint64_t completed = 0;
    for (unsigned seed = 0; seed < 100; ++seed) {
        std::mt19937 random(seed);
        struct Piece {
            Bytes octets;
            std::size_t offset;
            bool more;
            std::uint32_t id;
        };
        std::vector<Piece> pieces;
        for (std::uint32_t id = 0; id < 20; ++id) {
            const std::size_t size = 1 + random() % 3000;
            for (std::size_t offset = 0; offset < size;) {
                const std::size_t cut = std::min<std::size_t>(8 * (1 + random() % 100), size - offset);
                pieces.push_back({part(offset, cut), offset, offset + cut != size, id});
                if (random() % 10 == 0) {
                    pieces.push_back(pieces.back());
                }
                offset += cut;
            }
        }
        std::shuffle(pieces.begin(), pieces.end(), random);
        reference::ReassemblyPair pair(FragmentLimits{});
        for (const Piece& piece : pieces) {
            Packet packet = fragment(piece.octets, piece.offset, piece.more, piece.id);
            ASSERT_EQ(pair.add(packet, start), "") << "seed " << seed;
            completed += packet.is_fragment ? 0 : 1;
        }
        ASSERT_EQ(pair.finish(start), "");
    }
    EXPECT_GE(completed, 2000U);
}

TEST(KeyedHash, gives_the_published_values_of_siphash_2_4) {
    // The vectors of the SipHash paper's reference code: key 00 01 ... 0f, message 00 01 02 ...
    const HashKey key{.first = 0x0706050403020100, .second = 0x0f0e0d0c0b0a0908};
    Bytes message;
    EXPECT_EQ((keyed_hash<2, 4>(key, message)), 0x726fdb47dd0e0e31U);
    for (std::uint8_t i = 0; i < 15; ++i) {
        message.push_back(i);
    }
    EXPECT_EQ((keyed_hash<2, 4>(key, message)), 0xa129ca6149be45e5U);
}

TEST(KeyedHash, depends_on_the_key) {
    const Bytes message = part(0, 40);
    EXPECT_NE(keyed_hash(HashKey::random(), message), keyed_hash(HashKey::random(), message));
}

}  // namespace
}  // namespace echotap
