// SPDX-License-Identifier: Apache-2.0
// When an originator is active: its class's pattern and duty go in, times come out.
//
// Periods of ten minutes are active or not, as the paper's persistence counts them.
#pragma once

#include <cstdint>
#include <vector>

#include "config/world_config.hpp"
#include "tools/simulator/chance.hpp"

namespace echotap {

class Activity {
public:
    static constexpr std::uint64_t period_nanoseconds = 600ULL * 1'000'000'000;

    /// Draws which periods of [begin, end) are active, in nanoseconds from the world's start. `hours_ahead` is that of
    /// the originator's country of UTC at the world's start, for patterns that follow the day. At least one is active.
    void draw(Random& random, ActivityPattern pattern, double duty, std::uint64_t begin, std::uint64_t end,
              double hours_ahead);
    /// All of [begin, end) alike.
    void always(std::uint64_t begin, std::uint64_t end);

    /// A time in an active period.
    std::uint64_t time(Random& random) const {
        const std::uint64_t start = periods_[random.below(static_cast<std::uint32_t>(periods_.size()))];
        const std::uint64_t length = std::min(length_, end_ - start);
        return start + static_cast<std::uint64_t>(uniform(random) * static_cast<double>(length));
    }
    std::size_t active_periods() const { return periods_.size(); }

private:
    std::vector<std::uint64_t> periods_;  // where they start
    std::uint64_t length_ = period_nanoseconds;
    std::uint64_t end_ = 0;
};

}  // namespace echotap
