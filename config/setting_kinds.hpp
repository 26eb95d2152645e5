// SPDX-License-Identifier: Apache-2.0
// The kinds of values that settings have: each reads a key of a TOML table into a value, and writes the value as TOML
// that it would read back.
//
// A kind is a value with read(table, key, value&) and show(value); read() throws as TomlTable does and leaves the value
// alone where the key is absent.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/toml_file.hpp"

namespace echotap::kinds {

/// `text` as TOML: in quotes, with what must be escaped.
std::string quoted(std::string_view text);
/// `[a, b]` of values that are TOML already.
std::string listed(std::span<const std::string> values);

/// A duration such as `50us`, `250ms`, `90s`, `10m`, `1h`, `7d` or `2w`; nothing for other text.
std::optional<std::chrono::nanoseconds> parse_span(std::string_view text);
/// With the largest unit that leaves a whole number; whole microseconds.
std::string show_span(std::chrono::nanoseconds span);
/// Octets with the largest of K, M, G and T that leaves a whole number.
std::string show_octets(std::uint64_t octets);

struct Flag {
    void read(TomlTable& table, const std::string& key, bool& value) const { table.read(key, value); }
    std::string show(bool value) const { return value ? "true" : "false"; }
};

struct Text {
    void read(TomlTable& table, const std::string& key, std::string& value) const { table.read(key, value); }
    std::string show(const std::string& value) const { return quoted(value); }
};

struct Texts {
    static constexpr bool is_list = true;
    void read(TomlTable& table, const std::string& key, std::vector<std::string>& values) const {
        table.read(key, values);
    }
    std::string show(const std::vector<std::string>& values) const {
        std::vector<std::string> texts;
        for (const std::string& value : values) {
            texts.push_back(quoted(value));
        }
        return listed(texts);
    }
};

/// Whole numbers of the closed range.
struct Whole {
    std::uint64_t least = 0;
    std::uint64_t most = std::numeric_limits<std::int64_t>::max();

    template <std::unsigned_integral Value>
    void read(TomlTable& table, const std::string& key, Value& value) const {
        std::uint64_t wide = value;
        table.read(key, wide, least, most);
        value = static_cast<Value>(wide);
    }
    template <std::unsigned_integral Value>
    std::string show(Value value) const {
        return std::to_string(value);
    }
};

struct Wholes {
    static constexpr bool is_list = true;
    std::uint64_t least = 0;
    std::uint64_t most = 0;

    template <std::unsigned_integral Value>
    void read(TomlTable& table, const std::string& key, std::vector<Value>& values) const {
        std::vector<std::uint64_t> wide(values.begin(), values.end());
        table.read(key, wide, least, most);
        values.clear();
        for (const std::uint64_t one : wide) {
            values.push_back(static_cast<Value>(one));
        }
    }
    template <std::unsigned_integral Value>
    std::string show(const std::vector<Value>& values) const {
        std::vector<std::string> texts;
        for (const Value value : values) {
            texts.push_back(std::to_string(value));
        }
        return listed(texts);
    }
};

/// Numbers of the closed range.
struct Number {
    double least = 0;
    double most = 0;

    void read(TomlTable& table, const std::string& key, double& value) const { table.read(key, value, least, most); }
    std::string show(double value) const;
};

/// Durations of the closed range, as text.
struct Span {
    std::chrono::nanoseconds least{0};
    std::chrono::nanoseconds most{0};

    template <class Rep, class Period>
    void read(TomlTable& table, const std::string& key, std::chrono::duration<Rep, Period>& value) const {
        using Value = std::chrono::duration<Rep, Period>;
        // What the member cannot hold must not vanish in rounding.
        value = std::chrono::duration_cast<Value>(read_span(table, key, value, Value(1)));
    }
    std::string show(std::chrono::nanoseconds value) const { return quoted(show_span(value)); }

private:
    std::chrono::nanoseconds read_span(TomlTable& table, const std::string& key, std::chrono::nanoseconds before,
                                       std::chrono::nanoseconds step) const;
};

/// Octets of the closed range, as text.
struct Octets {
    std::uint64_t least = 0;
    std::uint64_t most = std::uint64_t{1} << 49U;

    template <std::unsigned_integral Value>
    void read(TomlTable& table, const std::string& key, Value& value) const {
        value = static_cast<Value>(read_octets(table, key, value));
    }
    std::string show(std::uint64_t value) const { return quoted(show_octets(value)); }

private:
    std::uint64_t read_octets(TomlTable& table, const std::string& key, std::uint64_t before) const;
};

/// Text that `parse(text)` makes an optional value of, and `print(value)` text again.
template <class Parse, class Print>
struct Parsed {
    const char* expected;
    Parse parse;
    Print print;

    template <class Value>
    void read(TomlTable& table, const std::string& key, Value& value) const {
        std::string text;
        table.read(key, text);
        if (!table.has(key)) {
            return;
        }
        const auto parsed = parse(text);
        if (!parsed) {
            table.fail(key, std::string("write ").append(expected));
        }
        value = *parsed;
    }
    template <class Value>
    std::string show(const Value& value) const {
        return quoted(print(value));
    }
};
template <class Parse, class Print>
Parsed(const char*, Parse, Print) -> Parsed<Parse, Print>;

/// A list of such texts.
template <class Parse, class Print>
struct ParsedList {
    static constexpr bool is_list = true;
    const char* expected;
    Parse parse;
    Print print;

    template <class Value>
    void read(TomlTable& table, const std::string& key, std::vector<Value>& values) const {
        std::vector<std::string> texts;
        table.read(key, texts);
        if (!table.has(key)) {
            return;
        }
        values.clear();
        for (const std::string& text : texts) {
            const auto parsed = parse(text);
            if (!parsed) {
                table.fail(key, std::string("'").append(text).append("': write ").append(expected));
            }
            values.push_back(*parsed);
        }
    }
    template <class Value>
    std::string show(const std::vector<Value>& values) const {
        std::vector<std::string> texts;
        for (const Value& value : values) {
            texts.push_back(quoted(print(value)));
        }
        return listed(texts);
    }
};
template <class Parse, class Print>
ParsedList(const char*, Parse, Print) -> ParsedList<Parse, Print>;

/// One word of a few.
template <class Value>
struct Choice {
    std::vector<std::pair<std::string, Value>> words;

    void read(TomlTable& table, const std::string& key, Value& value) const {
        std::string word = word_of(value);
        table.read(key, word);
        for (const auto& [known, meaning] : words) {
            if (known == word) {
                value = meaning;
                return;
            }
        }
        table.fail(key, std::string("write one of ").append(all()));
    }
    std::string show(Value value) const { return quoted(word_of(value)); }

private:
    std::string word_of(Value value) const {
        for (const auto& [known, meaning] : words) {
            if (meaning == value) {
                return known;
            }
        }
        return "";
    }
    std::string all() const {
        std::vector<std::string> texts;
        for (const auto& [known, meaning] : words) {
            texts.push_back(quoted(known));
        }
        return listed(texts);
    }
};

}  // namespace echotap::kinds
