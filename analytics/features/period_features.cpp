// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/period_features.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>

namespace echotap {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
using Periods = std::chrono::duration<std::int64_t, std::ratio<600>>;

std::size_t slot_of(std::int64_t period, std::int64_t slots) {
    return static_cast<std::size_t>((period % slots + slots) % slots);
}

}  // namespace

double gap_variation(std::span<const std::int32_t> periods) {
    if (periods.size() < 3) {
        return unknown;
    }
    const auto gaps = static_cast<double>(periods.size() - 1);
    const double mean = (static_cast<double>(periods.back()) - static_cast<double>(periods.front())) / gaps;
    double squares = 0;
    for (std::size_t i = 1; i < periods.size(); ++i) {
        const double off = static_cast<double>(periods[i]) - static_cast<double>(periods[i - 1]) - mean;
        squares += off * off;
    }
    return std::sqrt(squares / gaps) / mean;
}

DayClock::DayClock(const WindowHeader& header) {
    constexpr auto slots = static_cast<std::int64_t>(slot_count);
    const std::int64_t first = std::chrono::floor<Periods>(header.start).time_since_epoch().count();
    // The end is the first moment that is not the window's, but of a whole window its last frame.
    const auto last_moment = header.length.count() == 0 ? header.end : header.end - std::chrono::nanoseconds(1);
    const std::int64_t end = std::chrono::floor<Periods>(last_moment).time_since_epoch().count() + 1;
    is_whole_day_ = end - first >= slots;
    if (!is_whole_day_) {
        return;
    }
    for (std::size_t slot = 0; slot < slot_count; ++slot) {
        const auto until = static_cast<std::int64_t>(slot_of(static_cast<std::int64_t>(slot) - first, slots));
        const double times = std::floor(static_cast<double>(end - 1 - first - until) / static_cast<double>(slots)) + 1;
        const double angle = 2 * std::numbers::pi * static_cast<double>(slot) / static_cast<double>(slots);
        hands_[slot] = {std::cos(angle) / times, std::sin(angle) / times, 1 / times};
    }
}

double DayClock::daily_strength(std::span<const std::int32_t> periods) const {
    if (!is_whole_day_ || periods.empty()) {
        return unknown;
    }
    Hand sum;
    for (const std::int32_t period : periods) {
        const Hand& hand = hands_[slot_of(period, static_cast<std::int64_t>(slot_count))];
        sum.x += hand.x;
        sum.y += hand.y;
        sum.weight += hand.weight;
    }
    return std::hypot(sum.x, sum.y) / sum.weight;
}

}  // namespace echotap
