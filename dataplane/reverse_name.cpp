// SPDX-License-Identifier: Apache-2.0
#include "dataplane/reverse_name.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace echotap {

namespace {

constexpr std::size_t v4_suffix_size = 14;  // 7 in-addr 4 arpa 0
constexpr std::size_t v6_suffix_size = 10;  // 3 ip6 4 arpa 0
constexpr std::size_t v4_labels = 4;
constexpr std::size_t v6_labels = 32;

std::uint64_t load64(const std::uint8_t* from) {
    std::uint64_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return value;
}

constexpr std::uint64_t word(const char (&text)[9]) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        value |= std::uint64_t{static_cast<std::uint8_t>(text[i])} << 8 * i;
    }
    return value;
}

// Bit 0x20 of every letter; setting it folds case and maps nothing else onto a letter.
constexpr std::uint64_t in_addr_letters = word("\0\x20\x20\0\x20\x20\x20\x20");

// What a hex digit stands for, in either case; not_a_nibble for any other octet.
constexpr std::uint8_t not_a_nibble = 0x80;
constexpr std::array<std::uint8_t, 256> nibble_values = [] {
    std::array<std::uint8_t, 256> values{};
    values.fill(not_a_nibble);
    for (std::uint8_t digit = 0; digit < 10; ++digit) {
        values[std::size_t{'0'} + digit] = digit;
    }
    for (std::uint8_t letter = 0; letter < 6; ++letter) {
        values[std::size_t{'a'} + letter] = values[std::size_t{'A'} + letter] = static_cast<std::uint8_t>(10 + letter);
    }
    return values;
}();

/// The last eight octets of either suffix: of in-addr.arpa "dr" 4 "arpa" 0, of ip6.arpa "p6" 4 "arpa" 0.
bool ends_with_arpa(Octets name) {
    constexpr std::uint64_t arpa = word(
        "\0\0\x04"
        "arpa\0");
    constexpr std::uint64_t letters = word("\0\0\0\x20\x20\x20\x20\0");
    constexpr std::uint64_t compared = ~std::uint64_t{0xffff};
    return ((load64(name.data() + name.size() - 8) | letters) & compared) == arpa;
}

bool ends_with_in_addr(Octets name) {
    return name.size() >= v4_suffix_size &&
           (load64(name.data() + name.size() - v4_suffix_size) | in_addr_letters) == word("\x07in-addr");
}

bool ends_with_ip6(Octets name) {
    constexpr std::uint32_t ip6 = 0x3670'6903;  // 3 "ip6", least significant octet first
    std::uint32_t end = 0;
    std::memcpy(&end, name.data() + name.size() - v6_suffix_size, sizeof end);
    return (end | 0x0020'2000U) == ip6;
}

/// Offsets of the labels in front of a suffix, in the order of the name.
struct Labels {
    std::array<std::uint8_t, 128> offsets;
    std::size_t count = 0;

    /// False where no label starts at the suffix: what looked like one is the inside of a label.
    bool find(Octets name, std::size_t suffix_size) {
        const std::size_t suffix = name.size() - suffix_size;
        std::size_t at = 0;
        while (at < suffix) {
            offsets[count++] = static_cast<std::uint8_t>(at);
            at += name[at] + std::size_t{1};
        }
        return at == suffix;
    }
};

Octets label_at(Octets name, std::size_t offset) {
    return name.subspan(offset + 1, name[offset]);
}

bool is_digit(std::uint8_t octet) {
    return octet >= '0' && octet <= '9';
}

/// 0 to 255 without a leading zero, else -1.
int decimal_octet(Octets label) {
    if (label.empty() || label.size() > 3 || (label[0] == '0' && label.size() > 1)) {
        return -1;
    }
    int value = 0;
    for (const std::uint8_t digit : label) {
        if (!is_digit(digit)) {
            return -1;
        }
        value = 10 * value + (digit - '0');
    }
    return value <= 255 ? value : -1;
}

/// 0 to 15, else -1.
int hex_nibble(Octets label) {
    if (label.size() != 1) {
        return -1;
    }
    const std::uint8_t nibble = nibble_values[label[0]];
    return nibble == not_a_nibble ? -1 : nibble;
}

/// What the first label (counted from the suffix) is that is no part of an address; `odd` is its index in the name.
Drop odd_label(Octets name, const Labels& labels, std::size_t odd, bool v4) {
    for (std::size_t i = 0; i <= odd; ++i) {
        const Octets label = label_at(name, labels.offsets[i]);
        if (label.size() > 1 && label[0] == '_') {
            return Drop::reverse_service;
        }
    }
    if (!v4) {
        return Drop::reverse_nibble;
    }
    const Octets label = label_at(name, labels.offsets[odd]);
    const auto separator = std::find_if_not(label.begin(), label.end(), is_digit);
    if (separator == label.end()) {
        return Drop::reverse_octet;
    }
    const bool classless = separator != label.begin() && (*separator == '/' || *separator == '-') &&
                           separator + 1 != label.end() && std::all_of(separator + 1, label.end(), is_digit);
    return classless ? Drop::reverse_classless : Drop::reverse_label;
}

/// Reads the labels from the suffix outwards, most significant part of the address first.
Drop parse_labels(Octets name, bool v4, ReverseName& reverse) {
    Labels labels;
    if (!labels.find(name, v4 ? v4_suffix_size : v6_suffix_size)) {
        return Drop::name_not_reverse;
    }
    const std::size_t labels_max = v4 ? v4_labels : v6_labels;
    std::array<std::uint8_t, 16> octets{};
    std::size_t depth = 0;
    while (depth < labels.count && depth < labels_max) {
        const Octets label = label_at(name, labels.offsets[labels.count - 1 - depth]);
        const int value = v4 ? decimal_octet(label) : hex_nibble(label);
        if (value < 0) {
            break;
        }
        if (v4) {
            octets[depth] = static_cast<std::uint8_t>(value);
        } else {
            octets[depth / 2] |= static_cast<std::uint8_t>(depth % 2 == 0 ? value << 4 : value);
        }
        ++depth;
    }
    const std::size_t rest = labels.count - depth;  // labels in front of the address
    const bool minimised_marker = rest == 1 && name[0] == 1 && name[1] == '_' && depth < labels_max;
    if (rest > 0 && !minimised_marker) {
        const Drop odd = odd_label(name, labels, rest - 1, v4);
        return depth == labels_max && odd != Drop::reverse_service ? Drop::reverse_longer : odd;
    }
    if (depth == 0) {
        return Drop::reverse_apex;
    }
    reverse.address = v4 ? IpAddress::from_v4(octets.data()) : IpAddress::from_v6(octets.data());
    reverse.depth = static_cast<std::uint8_t>(depth);
    reverse.is_full = depth == labels_max;
    reverse.is_v6 = !v4;
    return Drop::none;
}

/// The plain case, four decimal labels and the suffix, without a branch that depends on their sizes: those are as good
/// as random, and every second guess would be wrong. False for anything odd, which parse_labels() then reads.
bool parse_plain_v4(Octets name, ReverseName& reverse) {
    const std::uint8_t* at = name.data();
    const std::uint8_t* const suffix = at + name.size() - v4_suffix_size;
    std::array<std::uint8_t, v4_labels> octets;
    for (std::size_t i = v4_labels; i-- > 0;) {
        if (at >= suffix) {
            return false;
        }
        // The size and three octets behind it: digits, and for a short label what follows them (the suffix at least).
        std::uint32_t label = 0;
        std::memcpy(&label, at, sizeof label);
        const std::uint32_t size = label & 0xffU;
        if (size - 1 > 2) {
            return false;
        }
        // Digits to values, the last one in octet 2, zeros where there is none.
        const std::uint32_t unused = 8 * (3 - size);
        const std::uint32_t digits = ((label >> 8U ^ 0x30'3030U) << unused) & 0xff'ffffU;
        const bool is_decimal = (((digits + 0x76'7676U) | digits) & 0x80'8080U) == 0;
        const bool has_leading_zero = size > 1 && (label & 0xff00U) == 0x3000U;
        const bool is_octet = __builtin_bswap32(digits) >> 8U <= 0x02'0505U;
        if (!is_decimal || has_leading_zero || !is_octet) {
            return false;
        }
        // 100, 10 and 1 times the digits meet in octet 2.
        octets[i] = static_cast<std::uint8_t>(digits * 0x64'0a01U >> 16U);
        at += size + 1;
    }
    if (at != suffix) {
        return false;
    }
    reverse.address = IpAddress::from_v4(octets.data());
    reverse.depth = v4_labels;
    reverse.is_full = true;
    reverse.is_v6 = false;
    return true;
}

/// The plain case of ip6.arpa, 32 labels of one nibble and the suffix, read without a branch per label. False for
/// anything odd, which parse_labels() then reads.
bool parse_plain_v6(Octets name, ReverseName& reverse) {
    if (name.size() != 2 * v6_labels + v6_suffix_size) {
        return false;
    }
    std::array<std::uint8_t, 16> octets;
    unsigned odd = 0;
    for (std::size_t i = 0; i < octets.size(); ++i) {
        const std::uint8_t* const pair = name.data() + 4 * i;  // least significant nibble first
        const unsigned low = nibble_values[pair[1]];
        const unsigned high = nibble_values[pair[3]];
        odd |= (pair[0] ^ 1U) | (pair[2] ^ 1U) | ((low | high) & not_a_nibble);
        octets[octets.size() - 1 - i] = static_cast<std::uint8_t>(high << 4U | low);
    }
    if (odd != 0) {
        return false;
    }
    reverse.address = IpAddress::from_v6(octets.data());
    reverse.depth = v6_labels;
    reverse.is_full = true;
    reverse.is_v6 = true;
    return true;
}

}  // namespace

Drop parse_reverse_name(Octets name, ReverseName& reverse) {
    if (name.size() < v6_suffix_size || !ends_with_arpa(name)) {
        return Drop::name_not_reverse;
    }
    if (ends_with_in_addr(name)) {
        return parse_plain_v4(name, reverse) ? Drop::none : parse_labels(name, true, reverse);
    }
    if (!ends_with_ip6(name)) {
        return Drop::name_not_reverse;
    }
    return parse_plain_v6(name, reverse) ? Drop::none : parse_labels(name, false, reverse);
}

}  // namespace echotap
