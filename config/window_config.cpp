// SPDX-License-Identifier: Apache-2.0
#include "config/window_config.hpp"

#include <charconv>
#include <utility>

namespace echotap {

namespace {

/// All of `text` as a number in `base`, without sign.
std::optional<std::uint64_t> parse_number(std::string_view text, int base = 10) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc{} || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return number;
}

/// The number of exactly `digits` decimal digits with which `text` begins; takes them and the `separator` behind them
/// (0: none) away.
std::optional<unsigned> take_number(std::string_view& text, std::size_t digits, char separator) {
    const std::size_t size = digits + (separator != 0 ? 1 : 0);
    if (text.size() < size || (separator != 0 && text[digits] != separator)) {
        return std::nullopt;
    }
    const auto number = parse_number(text.substr(0, digits));
    text.remove_prefix(size);
    return number ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text) {
    const auto year = take_number(text, 4, '-');
    const auto month = year ? take_number(text, 2, '-') : std::nullopt;
    const auto day = month ? take_number(text, 2, 0) : std::nullopt;
    if (!day) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)), std::chrono::month(*month),
                                           std::chrono::day(*day)};
    // Beyond these the nanoseconds of a Timestamp overflow.
    if (!date.ok() || *year < 1700 || *year > 2250) {
        return std::nullopt;
    }
    return std::chrono::sys_days(date);
}

}  // namespace

std::optional<std::chrono::seconds> parse_duration(std::string_view text) {
    using namespace std::chrono;
    static constexpr std::pair<char, seconds> units[] = {
        {'s', seconds(1)}, {'m', minutes(1)}, {'h', hours(1)}, {'d', days(1)}, {'w', weeks(1)}};
    if (text.empty()) {
        return std::nullopt;
    }
    const auto number = parse_number(text.substr(0, text.size() - 1));
    for (const auto& [letter, unit] : units) {
        constexpr seconds duration_max = days(36'525);
        if (number && letter == text.back() && *number <= static_cast<std::uint64_t>(duration_max / unit)) {
            return static_cast<std::int64_t>(*number) * unit;
        }
    }
    return std::nullopt;
}

std::optional<std::size_t> parse_octets(std::string_view text) {
    static constexpr std::string_view units = "KMGT";
    unsigned shift = 0;
    if (const auto unit = text.empty() ? units.npos : units.find(text.back()); unit != units.npos) {
        shift = 10 * (static_cast<unsigned>(unit) + 1);
        text.remove_suffix(1);
    }
    const auto number = parse_number(text);
    if (!number || *number >= std::uint64_t{1} << (50U - shift)) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(*number) << shift;
}

std::optional<std::chrono::sys_seconds> parse_time(std::string_view text) {
    if (const auto seconds = parse_number(text); seconds && *seconds < 9'000'000'000U) {
        return std::chrono::sys_seconds(std::chrono::seconds(*seconds));
    }
    const auto date = take_date(text);
    if (!date || text.empty()) {
        return date;
    }
    if (text.front() != 'T') {
        return std::nullopt;
    }
    text.remove_prefix(1);
    const auto hour = take_number(text, 2, ':');
    const auto minute = hour ? take_number(text, 2, 0) : std::nullopt;
    std::optional<unsigned> second = 0;
    if (minute && text.starts_with(':')) {
        text.remove_prefix(1);
        second = take_number(text, 2, 0);
    }
    if (!minute || !second || !text.empty() || *hour > 23 || *minute > 59 || *second > 59) {
        return std::nullopt;
    }
    return *date + std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second);
}

std::optional<std::array<std::uint64_t, 2>> parse_sample_key(std::string_view text) {
    if (text.size() != 32) {
        return std::nullopt;
    }
    const auto first = parse_number(text.substr(0, 16), 16);
    const auto second = parse_number(text.substr(16), 16);
    return first && second ? std::optional(std::array{*first, *second}) : std::nullopt;
}

std::optional<WindowLength> WindowLength::parse(std::string_view text) {
    WindowLength window;
    if (text.ends_with(":v4") || text.ends_with(":v6")) {
        window.families = text.back() == '4' ? OriginatorFamilies::v4 : OriginatorFamilies::v6;
        text.remove_suffix(3);
    }
    if (text == "whole") {
        return window;
    }
    const auto length = parse_duration(text);
    if (!length || *length < length_min || *length > length_max) {
        return std::nullopt;
    }
    window.length = *length;
    return window;
}

}  // namespace echotap
