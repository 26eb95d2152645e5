// SPDX-License-Identifier: Apache-2.0
// Logarithm, exponential and power that are the same on every machine.
//
// libm may round differently from one machine to the next, and a world must be the same octets everywhere. These use
// the four IEEE operations and bit patterns alone; the simulator is compiled without fused multiply-add. Errors are
// below 1e-14 of the value, which no world can show.
#pragma once

#include <bit>
#include <cstdint>

namespace echotap {

inline constexpr double ln_2 = 0.693147180559945309417;

/// Natural logarithm. REQUIRES: value is positive, finite and not subnormal.
inline double natural_log(double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    auto exponent = static_cast<std::int64_t>(bits >> 52U) - 1023;
    double mantissa = std::bit_cast<double>((bits & 0x000f'ffff'ffff'ffffU) | 0x3ff0'0000'0000'0000U);
    if (mantissa > 1.4142135623730951) {
        mantissa /= 2;
        ++exponent;
    }
    // log m = 2 artanh(f): |f| <= 0.172, so ten terms of the series reach the last bits.
    const double f = (mantissa - 1) / (mantissa + 1);
    const double square = f * f;
    double sum = 0;
    for (int denominator = 21; denominator > 0; denominator -= 2) {
        sum = sum * square + 1.0 / denominator;
    }
    return 2 * f * sum + static_cast<double>(exponent) * ln_2;
}

/// e to the power of `value`; 0 below -700, and 700 stands for what is above it.
inline double exponential(double value) {
    if (value < -700) {
        return 0;
    }
    if (value > 700) {
        value = 700;
    }
    const double scaled = value / ln_2;
    const auto whole = static_cast<std::int64_t>(scaled + (scaled < 0 ? -0.5 : 0.5));
    // ln 2 in two parts, so that the difference keeps its last bits.
    const auto count = static_cast<double>(whole);
    const double rest = value - count * 0.693147180369123816490 - count * 1.90821492927058770002e-10;
    double sum = 1;
    for (int term = 13; term > 0; --term) {
        sum = 1 + sum * rest / term;
    }
    return sum * std::bit_cast<double>(static_cast<std::uint64_t>(whole + 1023) << 52U);
}

/// `base` to the power of `exponent`. REQUIRES: base as for natural_log().
inline double power(double base, double exponent) {
    return exponential(exponent * natural_log(base));
}

}  // namespace echotap
