// SPDX-License-Identifier: Apache-2.0
// Which window a time falls into: a time goes in, the number of its window, its start and its end come out.
//
// Windows of one length lie end to end on a grid through the anchor; window 0 begins at it. A `whole` window has
// number 0, no start and no end. Counted in whole seconds, so that no timestamp, however wild, overflows.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "config/window_config.hpp"
#include "dataplane/frame.hpp"

namespace echotap {

class WindowGrid {
public:
    WindowGrid(const WindowLength& length, const WindowConfig& config)
        : length_(length.length), anchor_(config.anchor), grace_(config.grace) {}

    bool is_whole() const { return length_ == std::chrono::seconds(0); }

    std::int64_t number_of(Timestamp time) const {
        if (is_whole()) {
            return 0;
        }
        const std::int64_t offset = (std::chrono::floor<std::chrono::seconds>(time) - anchor_).count();
        const std::int64_t quotient = offset / length_.count();
        return quotient - static_cast<std::int64_t>(offset % length_.count() < 0);
    }

    /// The first nanosecond of a window, and the first one after it; as far as a Timestamp can say.
    Timestamp start(std::int64_t number) const { return is_whole() ? Timestamp::min() : at(number); }
    Timestamp end(std::int64_t number) const { return is_whole() ? Timestamp::max() : at(number + 1); }

    /// From when on, by the source's clock, a window takes no more queries. Timestamp::max(): never.
    Timestamp closes(std::int64_t number) const {
        const Timestamp last = end(number);
        return last > Timestamp::max() - grace_ ? Timestamp::max() : last + grace_;
    }

private:
    Timestamp at(std::int64_t number) const {
        constexpr std::chrono::sys_seconds lowest = std::chrono::ceil<std::chrono::seconds>(Timestamp::min());
        constexpr std::chrono::sys_seconds highest = std::chrono::floor<std::chrono::seconds>(Timestamp::max());
        const std::chrono::sys_seconds time = anchor_ + number * length_;
        if (time > highest) {
            return Timestamp::max();
        }
        return time < lowest ? Timestamp::min() : Timestamp(time);
    }

    std::chrono::seconds length_;
    std::chrono::sys_seconds anchor_;
    std::chrono::nanoseconds grace_;
};

}  // namespace echotap
