// SPDX-License-Identifier: Apache-2.0
// Numbers for people.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <string>

namespace echotap {

/// 1234567 as "1,234,567".
template <class Integer>
std::string grouped(Integer value) {
    const std::string digits = fmt::format("{}", value);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && digits[i - 1] != '-' && (digits.size() - i) % 3 == 0) {
            text.push_back(',');
        }
        text.push_back(digits[i]);
    }
    return text;
}

/// What may not be known: a count, or a dash.
inline std::string count_text(double count) {
    return std::isnan(count) ? "-" : grouped(std::llround(count));
}

/// `.43`, or `1.0`: a share in at most three columns.
inline std::string hundredths(double value) {
    const long rounded = std::lround(value * 100);
    return rounded >= 100 ? "1.0" : fmt::format(".{:02}", rounded);
}

}  // namespace echotap
