// SPDX-License-Identifier: Apache-2.0
// Numbers for people.
#pragma once

#include <fmt/format.h>

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

}  // namespace echotap
