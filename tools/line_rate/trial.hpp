// SPDX-License-Identifier: Apache-2.0
// Trials of a tap and what was found by them, as plain values that go from one process to another.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace echotap {

/// What the workers do with the frames.
enum class TapWork : std::uint8_t {
    floor,    // count them: what rings and polling cost
    open,     // the line and its state; no window closes while frames come
    closing,  // the same, and windows close
};
inline constexpr std::array<std::string_view, 3> tap_work_names{"floor", "open", "closing"};

/// One trial: frames sent at a rate for a while, and what became of them.
struct Trial {
    double wanted = 0;  // frames/s
    double rate = 0;    // frames/s that were offered
    double seconds = 0;
    std::uint64_t offered = 0;
    std::uint64_t octets = 0;          // of these
    std::uint64_t lost = 0;            // of these: full rings, and what a port has counted
    std::uint64_t behind = 0;          // frames that still waited when the last was sent
    std::uint64_t queries = 0;         // reverse and minimised, that the tap has found
    std::uint64_t queries_lost = 0;    // that found a full ring between workers
    std::uint64_t windows_closed = 0;  // while frames came or waited
    double cycles_per_frame = 0;       // of rounds that had frames
    double busy_share = 0;             // of the workers' time, while frames came

    /// A tap keeps up when nothing is lost and when what it holds at the end is no backlog that a longer trial would
    /// have lost: at most a two-hundredth of all frames, or as many as any NIC has descriptors for.
    bool is_clean() const {
        return lost == 0 && queries_lost == 0 && behind <= std::max<std::uint64_t>(4096, offered / 200);
    }
    /// Of the frames offered: those lost, and those that a longer trial would have lost.
    double loss_share() const {
        return offered == 0 ? 0 : static_cast<double>(lost + behind) / static_cast<double>(offered);
    }
};

/// How far above the rate found loss is measured, too.
inline constexpr std::array<double, 2> rates_above{1.1, 1.5};

/// What a search has found.
struct RateFound {
    double rate = 0;          // frames/s without loss; 0: none
    bool is_ceiling = false;  // the generator is the limit
    bool is_settled = false;  // the search came to an end by itself
    unsigned trials = 0;
    double generator_rate = 0;                    // frames/s, as fast as it can
    Trial at;                                     // that rate, the last trial of the search that was clean
    std::array<Trial, rates_above.size()> above;  // offered 0: the generator cannot
    Trial held;                                   // a share of that rate for long; offered 0: was not wanted
};

}  // namespace echotap
