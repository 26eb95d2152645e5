// SPDX-License-Identifier: Apache-2.0
// Mbufs to frames: a burst of stamped mbufs goes in, a burst of frames comes out and the mbufs are given back.
#pragma once

#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/dpdk/burst_taker.hpp"
#include "dataplane/dpdk/stamper.hpp"
#include "dataplane/source_clock.hpp"

namespace echotap {

inline constexpr std::size_t burst_size_max = 64;

/// Digits of time by port number.
using PortDigits = std::array<std::uint8_t, RTE_MAX_ETHPORTS>;

/// One per worker. Frames that lie in several mbufs (jumbo frames) are copied together; all others are read in place.
class MbufFrames {
public:
    MbufFrames(TimeField field, const PortDigits& digits, BurstTaker& taker);

    /// Feeds the frames of up to burst_size_max stamped mbufs to the taker, in order, and frees the mbufs.
    void feed(std::span<rte_mbuf*> mbufs);

    /// There are none at the moment. `now` is the system's time where that is what stamps the frames: it moves the
    /// clock as frames would; the clock stays where frames bring their own times.
    void idle(std::optional<Timestamp> now);

private:
    /// Room for four of the largest packets: a burst of larger frames than fit is fed in parts.
    static constexpr std::size_t scratch_size = 256U << 10U;

    Octets gather(const rte_mbuf& mbuf);

    TimeField field_;
    PortDigits digits_;
    BurstTaker& taker_;
    SourceClock clock_;
    Timestamp reached_ = Timestamp::min();  // by clock_
    std::array<Frame, burst_size_max> frames_;
    std::vector<std::uint8_t> scratch_;
    std::size_t scratch_used_ = 0;
};

}  // namespace echotap
