// SPDX-License-Identifier: Apache-2.0
// IP reassembly once more, slow and obvious: a packet is a map from offsets to fragments, packets stand in a list in
// the order of their first fragments, and everything is looked for from the front. Tests and the fuzzer demand that
// dataplane/fragments gives the same packets and the same ledger, fragment by fragment.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "dataplane/fragments.hpp"

namespace echotap::reference {

class Reassembly {
public:
    using Bytes = std::vector<std::uint8_t>;

    struct Whole {
        Bytes payload;
        Protocol protocol;
        unsigned depth;
        std::uint32_t frames;
    };

    explicit Reassembly(const FragmentLimits& limits) : limits_(limits) {}

    std::optional<Whole> add(const Packet& packet, Timestamp clock) {
        while (!held_.empty() && is_expired(held_.front(), clock)) {
            let_go(held_.begin(), Drop::fragment_expired);
        }
        const Bytes octets(packet.payload.begin(), packet.payload.end());
        const std::size_t begin = packet.fragment_offset;
        const std::size_t end = begin + octets.size();
        if (packet.missing != 0 || octets.empty() || (packet.more_fragments && octets.size() % 8 != 0) || end > 65535) {
            drops[Drop::fragment_malformed] += packet.frames;
            return {};
        }
        const auto held = find_or_begin(packet, clock);
        if (held->refused != Drop::none) {
            drops[held->refused] += packet.frames;
            return {};
        }
        const Fragment fragment{octets, packet.more_fragments};
        if (held->fragments.contains(begin) && held->fragments.at(begin) == fragment) {
            drops[Drop::fragment_duplicate] += packet.frames;
            return {};
        }
        Drop refusal = Drop::none;
        std::size_t octets_held = 0;
        std::size_t highest = 0;
        for (const auto& [other_begin, other] : held->fragments) {
            const std::size_t other_end = other_begin + other.first.size();
            if (begin < other_end && other_begin < end) {
                refusal = Drop::fragment_overlap;
            }
            octets_held += other.first.size();
            highest = other_end;
        }
        const bool is_beyond_end = held->end && end > *held->end;
        const bool is_second_end = held->end && !packet.more_fragments;
        const bool is_before_octets = !packet.more_fragments && highest > end;
        if (is_beyond_end || is_second_end || is_before_octets) {
            refusal = Drop::fragment_overlap;
        }
        if (refusal == Drop::none && held->fragments.size() == Fragments::fragments_per_packet_max) {
            refusal = Drop::fragment_too_many;
        }
        if (refusal != Drop::none) {
            drops[refusal] += held->frames + packet.frames;
            *held = Held{.key = held->key, .first_clock = held->first_clock, .refused = refusal};
            return {};
        }
        while (blocks_held() + blocks(octets.size()) > limits_.octets_max / Fragments::block_size) {
            const bool is_own = held == held_.begin();
            let_go(held_.begin(), Drop::fragment_evicted);
            if (is_own) {
                drops[Drop::fragment_evicted] += packet.frames;
                return {};
            }
        }
        held->fragments[begin] = fragment;
        held->frames += packet.frames;
        held->depth = std::max<unsigned>(held->depth, packet.depth);
        if (begin == 0) {
            held->protocol = packet.protocol;
        }
        if (!packet.more_fragments) {
            held->end = end;
        }
        if (!held->end || octets_held + octets.size() != *held->end) {
            return {};
        }
        Whole whole{{}, held->protocol, held->depth, held->frames};
        for (const auto& [offset, piece] : held->fragments) {
            whole.payload.insert(whole.payload.end(), piece.first.begin(), piece.first.end());
        }
        held_.erase(held);
        return whole;
    }

    void finish(Timestamp clock) {
        while (!held_.empty()) {
            const bool is_over = is_expired(held_.front(), clock);
            let_go(held_.begin(), is_over ? Drop::fragment_expired : Drop::fragment_incomplete);
        }
    }

    std::map<Drop, std::uint64_t> drops;

private:
    using Key = std::tuple<IpAddress, IpAddress, std::uint32_t, int, bool>;
    using Fragment = std::pair<Bytes, bool>;

    struct Held {
        Key key;
        Timestamp first_clock;
        std::map<std::size_t, Fragment> fragments = {};  // by offset
        std::optional<std::size_t> end = {};
        std::uint32_t frames = 0;
        unsigned depth = 0;
        Protocol protocol = Protocol::no_next;
        Drop refused = Drop::none;
    };

    bool is_expired(const Held& held, Timestamp clock) const {
        __extension__ using Wide = __int128;
        const Wide passed = Wide{clock.time_since_epoch().count()} - held.first_clock.time_since_epoch().count();
        return (passed < 0 ? -passed : passed) > limits_.timeout.count();
    }

    void let_go(std::list<Held>::iterator held, Drop reason) {
        drops[reason] += held->frames;
        held_.erase(held);
    }

    std::list<Held>::iterator find_or_begin(const Packet& packet, Timestamp clock) {
        const Key key{packet.source, packet.destination, packet.fragment_id,
                      packet.is_v6 ? -1 : static_cast<int>(packet.protocol), packet.is_v6};
        for (auto held = held_.begin(); held != held_.end(); ++held) {
            if (held->key == key) {
                if (!is_expired(*held, clock)) {
                    return held;
                }
                let_go(held, Drop::fragment_expired);
                break;
            }
        }
        if (held_.size() == limits_.packets_max) {
            let_go(held_.begin(), Drop::fragment_evicted);
        }
        held_.push_back(Held{.key = key, .first_clock = clock});
        return std::prev(held_.end());
    }

    static std::size_t blocks(std::size_t octets) {
        return octets / Fragments::block_octets + (octets % Fragments::block_octets == 0 ? 0 : 1);
    }

    std::size_t blocks_held() const {
        std::size_t sum = 0;
        for (const Held& held : held_) {
            for (const auto& [offset, fragment] : held.fragments) {
                sum += blocks(fragment.first.size());
            }
        }
        return sum;
    }

    FragmentLimits limits_;
    std::list<Held> held_;  // oldest first
};

/// The two side by side: every step goes to both. Returns nothing where they agree, else what differs.
class ReassemblyPair {
public:
    explicit ReassemblyPair(const FragmentLimits& limits) : fragments_(limits, ledger_), reference_(limits) {}

    /// `packet` is changed as Fragments::add() changes it.
    std::string add(Packet& packet, Timestamp clock) {
        ledger_.enter(Stage::frame, packet.frames);
        const auto expected = reference_.add(packet, clock);
        const bool is_whole = fragments_.add(packet, clock);
        if (is_whole != expected.has_value()) {
            return is_whole ? "completed, and should not be" : "not completed, and should be";
        }
        if (is_whole) {
            ledger_.pass(Stage::frame, packet.frames);
            const Reassembly::Bytes payload(packet.payload.begin(), packet.payload.end());
            if (payload != expected->payload || packet.protocol != expected->protocol ||
                packet.depth != expected->depth || packet.frames != expected->frames || packet.is_fragment ||
                packet.more_fragments || packet.missing != 0) {
                return "completed to another packet";
            }
        }
        return compare_ledgers();
    }

    std::string finish(Timestamp clock) {
        fragments_.finish(clock);
        reference_.finish(clock);
        if (ledger_.held(Stage::frame) != 0) {
            return "held after the end: " + std::to_string(ledger_.held(Stage::frame));
        }
        return compare_ledgers();
    }

    const Ledger& ledger() const { return ledger_; }

private:
    std::string compare_ledgers() {
        for (const DropInfo& row : drop_table) {
            const std::uint64_t counted = ledger_.drops[static_cast<std::size_t>(row.drop)];
            if (counted != reference_.drops[row.drop]) {
                return std::string(row.name) + " " + std::to_string(counted) + " times, and should be " +
                       std::to_string(reference_.drops[row.drop]);
            }
        }
        return {};
    }

    Ledger ledger_;
    Fragments fragments_;
    Reassembly reference_;
};

}  // namespace echotap::reference
