// SPDX-License-Identifier: Apache-2.0
#include "analytics/names/name_encoding.hpp"

#include <cstring>

namespace echotap {

namespace {

/// Sixteen octets in one register; neither compiler makes vector instructions of the plain loops.
using Sixteen [[gnu::vector_size(16)]] = std::uint8_t;
static_assert((plain_name_max + 1) % sizeof(Sixteen) == 0, "names end inside of the array that holds them");

constexpr Sixteen filled(char octet) {
    return Sixteen{} + static_cast<std::uint8_t>(octet);
}

/// All ones where an octet lies between `first` and `last`, else zero.
Sixteen is_between(Sixteen octets, char first, char last) {
    return reinterpret_cast<Sixteen>(octets - filled(first) <= filled(static_cast<char>(last - first)));
}

Sixteen chosen(Sixteen mask, Sixteen where_set, Sixteen where_not) {
    return (mask & where_set) | (~mask & where_not);
}

Sixteen plain_octets(Sixteen octets) {
    const Sixteen lower = octets + (is_between(octets, 'A', 'Z') & filled('a' - 'A'));
    const Sixteen is_plain = is_between(lower, 'a', 'z') | is_between(octets, '0', '9') | is_between(octets, '-', '.') |
                             is_between(octets, '_', '_');
    return chosen(is_plain, lower, filled('?'));
}

Sixteen letters_and_spaces(Sixteen octets) {
    return chosen(is_between(octets, 'a', 'z'), octets, filled(' '));
}

/// `change` done to `size` octets at `from`, rounded up to whole sixteens; the results go to `to`.
template <Sixteen (*change)(Sixteen)>
void write_changed(const char* from, std::size_t size, char* to) {
    for (std::size_t at = 0; at < size; at += sizeof(Sixteen)) {
        Sixteen octets;
        std::memcpy(&octets, from + at, sizeof octets);
        octets = change(octets);
        std::memcpy(to + at, &octets, sizeof octets);
    }
}

/// An octet that was quoted is never a dot between components.
char plain_quoted(int octet) {
    return octet == '.' ? '?' : static_cast<char>(plain_octets(Sixteen{} + static_cast<std::uint8_t>(octet))[0]);
}

/// The octet that the escape at the start of `text` (a backslash) stands for, in plain form, and how long the escape
/// is.
struct Escape {
    char plain;
    std::size_t size;
};

Escape read_escape(std::string_view text) {
    const auto digit = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
    if (digit(1) && digit(2) && digit(3)) {
        const int value = (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
        if (value <= 255) {
            return {plain_quoted(value), 4};
        }
    }
    return text.size() >= 2 && !digit(1) ? Escape{plain_quoted(text[1]), 2} : Escape{'?', 1};
}

/// How many octets `name`, which has escapes, stands for; they go to `to` in plain form. Over plain_name_max where they
/// are too many.
std::size_t write_unescaped(std::string_view name, char* to) {
    std::size_t size = 0;
    bool ends_with_dot = false;
    for (std::size_t at = 0; at < name.size() && size <= plain_name_max;) {
        const bool is_dot = name[at] == '.';
        const Escape escape = is_dot             ? Escape{'.', 1}
                              : name[at] == '\\' ? read_escape(name.substr(at))
                                                 : Escape{plain_quoted(name[at]), 1};
        to[size++] = escape.plain;
        at += escape.size;
        ends_with_dot = is_dot && at == name.size();
    }
    return ends_with_dot ? size - 1 : size;
}

}  // namespace

void read_plain_name(std::string_view name, PlainName& plain) {
    std::size_t size = name.size();
    if (name.find('\\') != std::string_view::npos) {
        size = write_unescaped(name, plain.octets.data());
    } else {
        size -= name.ends_with('.') ? 1 : 0;
        if (size <= plain_name_max) {
            name.copy(plain.octets.data(), size);
            write_changed<plain_octets>(plain.octets.data(), size, plain.octets.data());
        }
    }
    plain.is_too_long = size > plain_name_max;
    plain.size = static_cast<std::uint16_t>(plain.is_too_long ? 0 : size);
}

char* write_encoded_name(const PlainName& plain, std::size_t public_begin, char* to) {
    *to++ = ' ';
    write_changed<letters_and_spaces>(plain.octets.data(), public_begin, to);
    for (std::size_t at = public_begin; at < plain.size; ++at) {
        const char octet = plain.octets[at];
        const bool is_letter = octet >= 'a' && octet <= 'z';
        to[at] = static_cast<char>(is_letter ? octet - ('a' - 'A') : octet == '.' ? ' ' : octet);
    }
    to[plain.size] = '\n';
    return to + plain.size + 1;
}

}  // namespace echotap
