// SPDX-License-Identifier: Apache-2.0
// Times of frames: a burst of mbufs goes in as the driver gave it, and every mbuf carries its own time afterwards.
#pragma once

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include <cstdint>
#include <span>

#include "dataplane/dpdk/port_spec.hpp"
#include "dataplane/dpdk/tick_clock.hpp"
#include "dataplane/frame.hpp"

namespace echotap {

/// Where mbufs carry their time: the field that DPDK's drivers share for it. Registered once per process.
struct TimeField {
    int offset = -1;
    std::uint64_t flag = 0;  // of ol_flags: the driver has set it

    /// REQUIRES: an Eal. Throws std::runtime_error where mbufs have no room for it.
    static TimeField enter();

    /// Nanoseconds since 1970, once a Stamper has seen the mbuf; before, whatever the driver counts.
    std::uint64_t& of(rte_mbuf& mbuf) const { return *RTE_MBUF_DYNFIELD(&mbuf, offset, std::uint64_t*); }
};

/// For one receive queue, used by the worker that polls it. Reads the system's time once per burst at most.
class Stamper {
public:
    Stamper(std::uint16_t port, TimestampUnit unit, TimeField field);

    /// Writes the time of every mbuf, in nanoseconds, into its TimeField, and the port into mbuf.port, which some
    /// drivers (net_ring) leave as it was. The driver's own time is taken where there is one; otherwise all of the
    /// burst get the time of the call, to the microsecond, since more digits would promise what a poll cannot know.
    void stamp(std::span<rte_mbuf* const> mbufs);

private:
    Timestamp burst_time();
    std::uint64_t own_time(std::uint64_t value, std::uint64_t burst_time) const;

    std::uint16_t port_;
    TimestampUnit unit_;
    TimeField field_;
    TickClock clock_;
};

/// Digits after the decimal point that a port's times have.
constexpr std::uint8_t time_digits(TimestampUnit unit) {
    return unit == TimestampUnit::device_ticks ? 9 : 6;
}

}  // namespace echotap
