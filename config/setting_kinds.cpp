// SPDX-License-Identifier: Apache-2.0
#include "config/setting_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/window_config.hpp"

namespace echotap::kinds {

namespace {

using std::chrono::nanoseconds;

struct Unit {
    std::string_view name;
    nanoseconds length;
};

/// The largest first.
constexpr Unit units[] = {{"w", std::chrono::weeks(1)},        {"d", std::chrono::days(1)},
                          {"h", std::chrono::hours(1)},        {"m", std::chrono::minutes(1)},
                          {"s", std::chrono::seconds(1)},      {"ms", std::chrono::milliseconds(1)},
                          {"us", std::chrono::microseconds(1)}};

}  // namespace

std::string quoted(std::string_view text) {
    std::string toml = "\"";
    for (const char letter : text) {
        if (letter == '"' || letter == '\\') {
            toml.push_back('\\');
            toml.push_back(letter);
        } else if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) {
            constexpr std::string_view digits = "0123456789abcdef";
            toml.append("\\u00");
            toml.push_back(digits[static_cast<unsigned char>(letter) >> 4U]);
            toml.push_back(digits[static_cast<unsigned char>(letter) & 15U]);
        } else {
            toml.push_back(letter);
        }
    }
    toml.push_back('"');
    return toml;
}

std::string listed(std::span<const std::string> values) {
    std::string toml = "[";
    for (const std::string& value : values) {
        toml.append(toml.size() == 1 ? "" : ", ").append(value);
    }
    return toml.append("]");
}

std::optional<nanoseconds> parse_span(std::string_view text) {
    for (const auto& [name, length] : {units[5], units[6]}) {
        if (text.ends_with(name)) {
            // As whole seconds, which bounds the number as well.
            const auto number = parse_duration(std::string(text.substr(0, text.size() - name.size())).append("s"));
            return number ? std::optional(nanoseconds(number->count() * length.count())) : std::nullopt;
        }
    }
    return parse_duration(text);
}

std::string show_span(nanoseconds span) {
    if (span == nanoseconds(0)) {
        return "0s";
    }
    const auto* const unit =
        std::ranges::find_if(units, [&](const Unit& one) { return span % one.length == nanoseconds(0); });
    return std::to_string(span / unit->length).append(unit->name);
}

std::string show_octets(std::uint64_t octets) {
    constexpr std::string_view letters = "KMGT";
    std::size_t place = 0;
    while (place < letters.size() && octets != 0 && octets % 1024 == 0) {
        octets /= 1024;
        ++place;
    }
    std::string text = std::to_string(octets);
    if (place != 0) {
        text.push_back(letters[place - 1]);
    }
    return text;
}

std::string Number::show(double value) const {
    return fmt::format("{}", value);
}

nanoseconds Span::read_span(TomlTable& table, const std::string& key, nanoseconds before, nanoseconds step) const {
    std::string text;
    table.read(key, text);
    if (!table.has(key)) {
        return before;
    }
    const auto span = parse_span(text);
    if (!span || *span < least || *span > most || *span % step != nanoseconds(0)) {
        table.fail(key, fmt::format("write a duration from {} to {} in quotes, such as \"250ms\", \"90s\" or \"10m\"",
                                    show_span(least), show_span(most)));
    }
    return *span;
}

std::uint64_t Octets::read_octets(TomlTable& table, const std::string& key, std::uint64_t before) const {
    std::string text;
    table.read(key, text);
    if (!table.has(key)) {
        return before;
    }
    const auto octets = parse_octets(text);
    if (!octets || *octets < least || *octets > most) {
        table.fail(key, fmt::format("write octets from {} to {} in quotes, such as \"64M\" or \"2G\"",
                                    show_octets(least), show_octets(most)));
    }
    return *octets;
}

}  // namespace echotap::kinds
