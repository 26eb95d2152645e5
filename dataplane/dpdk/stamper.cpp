// SPDX-License-Identifier: Apache-2.0
#include "dataplane/dpdk/stamper.hpp"

#include <rte_ethdev.h>

#include <chrono>
#include <stdexcept>

namespace echotap {

TimeField TimeField::enter() {
    TimeField field;
    if (rte_mbuf_dyn_rx_timestamp_register(&field.offset, &field.flag) != 0) {
        throw std::runtime_error("DPDK's buffers have no room for a timestamp");
    }
    return field;
}

Stamper::Stamper(std::uint16_t port, TimestampUnit unit, TimeField field) : port_(port), unit_(unit), field_(field) {
}

Timestamp Stamper::burst_time() {
    const Timestamp now = std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
    if (unit_ == TimestampUnit::device_ticks && clock_.due(now)) {
        std::uint64_t ticks = 0;
        if (rte_eth_read_clock(port_, &ticks) == 0) {
            clock_.mark(ticks, now);
        }
    }
    return std::chrono::floor<std::chrono::microseconds>(now);
}

std::uint64_t Stamper::own_time(std::uint64_t value, std::uint64_t burst_time) const {
    if (unit_ == TimestampUnit::microseconds) {
        return value * 1000;
    }
    if (!clock_.ready()) {
        return burst_time;
    }
    // A frame cannot have waited for a second: some drivers scale their ticks, and then the clock that is read is not
    // the one that stamps.
    constexpr std::int64_t waited_max = 1'000'000'000;
    const auto time = clock_.time_of(value).time_since_epoch().count();
    const auto apart = time - static_cast<std::int64_t>(burst_time);
    return apart > waited_max || apart < -waited_max ? burst_time : static_cast<std::uint64_t>(time);
}

void Stamper::stamp(std::span<rte_mbuf* const> mbufs) {
    std::uint64_t burst = 0;
    for (rte_mbuf* mbuf : mbufs) {
        std::uint64_t& time = field_.of(*mbuf);
        const bool own = unit_ != TimestampUnit::none && (mbuf->ol_flags & field_.flag) != 0;
        if (burst == 0 && (!own || unit_ == TimestampUnit::device_ticks)) {
            burst = static_cast<std::uint64_t>(burst_time().time_since_epoch().count());
        }
        time = own ? own_time(time, burst) : burst;
        mbuf->port = port_;
    }
}

}  // namespace echotap
