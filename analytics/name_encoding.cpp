// SPDX-License-Identifier: Apache-2.0
#include "analytics/name_encoding.hpp"

#include <array>
#include <cstdint>

namespace echotap {

namespace {

/// What each octet is in plain form.
constexpr std::array<char, 256> plain_octets = [] {
    std::array<char, 256> plain{};
    for (std::size_t octet = 0; octet < plain.size(); ++octet) {
        const char text = static_cast<char>(octet);
        if ((text >= 'a' && text <= 'z') || (text >= '0' && text <= '9') || text == '-' || text == '_' || text == '.') {
            plain[octet] = text;
        } else if (text >= 'A' && text <= 'Z') {
            plain[octet] = static_cast<char>(text - 'A' + 'a');
        } else {
            plain[octet] = '?';
        }
    }
    return plain;
}();

char plain_octet(char octet) {
    return plain_octets[static_cast<std::uint8_t>(octet)];
}

/// An octet that was quoted is never a dot between components.
char plain_quoted(char octet) {
    return octet == '.' ? '?' : plain_octet(octet);
}

bool is_digit(char octet) {
    return octet >= '0' && octet <= '9';
}

bool is_letter(char octet) {
    return octet >= 'a' && octet <= 'z';
}

/// The octet that the escape at the start of `text` (a backslash) stands for, and how long the escape is.
struct Escape {
    char plain;
    std::size_t size;
};

Escape read_escape(std::string_view text) {
    if (text.size() >= 4 && is_digit(text[1]) && is_digit(text[2]) && is_digit(text[3])) {
        const int value = (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
        if (value <= 255) {
            return {plain_quoted(static_cast<char>(value)), 4};
        }
    }
    if (text.size() >= 2 && !is_digit(text[1])) {
        return {plain_quoted(text[1]), 2};
    }
    return {plain_octet('\\'), 1};
}

std::optional<std::size_t> write_escaped(std::string_view name, char* to) {
    std::size_t size = 0;
    bool ends_with_dot = false;
    for (std::size_t at = 0; at < name.size();) {
        if (size > plain_name_max) {
            return std::nullopt;
        }
        ends_with_dot = name[at] == '.';
        const Escape octet = name[at] == '\\' ? read_escape(name.substr(at)) : Escape{plain_octet(name[at]), 1};
        to[size++] = octet.plain;
        at += octet.size;
    }
    size -= ends_with_dot ? 1 : 0;
    return size <= plain_name_max ? std::optional(size) : std::nullopt;
}

}  // namespace

std::optional<std::size_t> write_plain_name(std::string_view name, char* to) {
    if (name.find('\\') != std::string_view::npos) {
        return write_escaped(name, to);
    }
    if (name.ends_with('.')) {
        name.remove_suffix(1);
    }
    if (name.size() > plain_name_max) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < name.size(); ++i) {
        to[i] = plain_octet(name[i]);
    }
    return name.size();
}

std::optional<std::string> plain_name(std::string_view name) {
    std::string plain(plain_name_max + 1, '\0');
    const auto size = write_plain_name(name, plain.data());
    if (!size) {
        return std::nullopt;
    }
    plain.resize(*size);
    return plain;
}

char* write_encoded_name(std::string_view plain, std::size_t public_begin, char* to) {
    *to++ = '.';
    bool was_letter = false;
    for (std::size_t i = 0; i < public_begin; ++i) {
        // The space is always written and mostly overwritten: names change between letters and others too often for a
        // branch that is predicted.
        const bool letter = is_letter(plain[i]);
        *to = ' ';
        to += letter != was_letter ? 1 : 0;
        *to++ = plain[i];
        was_letter = letter;
    }
    for (std::size_t i = public_begin; i < plain.size(); ++i) {
        *to++ = is_letter(plain[i]) ? static_cast<char>(plain[i] - 'a' + 'A') : plain[i];
    }
    *to++ = '\n';
    return to;
}

}  // namespace echotap
