// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/activity.hpp"

#include <algorithm>
#include <cmath>

namespace echotap {

namespace {

constexpr double evening_hour = 20.5;
constexpr double periods_per_hour = 6;

/// How long a run of active periods is in the mean: about an hour of bursts, hours of batches.
double run_mean(ActivityPattern pattern) {
    return pattern == ActivityPattern::bursty ? 6 : 18;
}

/// 1 in the evening, falling to 0 at the opposite hour, along straight lines (libm's cosine may differ by machine).
double evening_weight(double hour) {
    const double away = std::abs(hour - evening_hour);
    return 1 - std::min(away, 24 - away) / 12;
}

}  // namespace

void Activity::draw(Random& random, ActivityPattern pattern, double duty, std::uint64_t begin, std::uint64_t end,
                    double hours_ahead) {
    periods_.clear();
    length_ = period_nanoseconds;
    end_ = end;
    const bool has_runs = pattern == ActivityPattern::bursty || pattern == ActivityPattern::batches;
    bool is_active = uniform(random) < duty;
    for (std::uint64_t start = begin; start < end; start += period_nanoseconds) {
        if (has_runs) {
            // A two-state chain: it leaves activity once in a run, and takes it up so often that the duty comes out.
            const double leave = 1 / run_mean(pattern);
            const double resume = duty < 1 ? std::min(1.0, leave * duty / (1 - duty)) : 1;
            is_active = is_active ? uniform(random) >= leave || duty >= 1 : uniform(random) < resume;
        } else if (pattern == ActivityPattern::evening) {
            const double hour =
                std::fmod(static_cast<double>(start / period_nanoseconds) / periods_per_hour + hours_ahead, 24.0);
            is_active = uniform(random) < duty * 2 * evening_weight(hour);
        } else {
            is_active = uniform(random) < duty;
        }
        if (is_active) {
            periods_.push_back(start);
        }
    }
    if (periods_.empty()) {
        const std::uint64_t count = (end - begin + period_nanoseconds - 1) / period_nanoseconds;
        periods_.push_back(begin + random.below(static_cast<std::uint32_t>(count)) * period_nanoseconds);
    }
}

void Activity::always(std::uint64_t begin, std::uint64_t end) {
    periods_.assign(1, begin);
    length_ = end - begin;
    end_ = end;
}

}  // namespace echotap
