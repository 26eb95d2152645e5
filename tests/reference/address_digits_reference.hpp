// SPDX-License-Identifier: Apache-2.0
// Whether a name holds digits of an address, by trying every way in which they could be written (reading A7 of
// docs/name_categories.md). The name is octets in lower case.
#pragma once

#include <algorithm>
#include <cstdio>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/ip_address.hpp"

namespace echotap::reference {

inline bool is_decimal(char octet) {
    return octet >= '0' && octet <= '9';
}

inline bool is_hexadecimal(char octet) {
    return is_decimal(octet) || (octet >= 'a' && octet <= 'f');
}

inline bool is_alphanumeric(char octet) {
    return is_decimal(octet) || (octet >= 'a' && octet <= 'z');
}

inline std::string printed(const char* format, unsigned value) {
    char text[16];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

/// Where a text can end in `name` that begins at `begin` and is one of `writings`.
inline std::set<std::size_t> ends_of(const std::string& name, std::size_t begin,
                                     const std::vector<std::string>& writings) {
    std::set<std::size_t> ends;
    for (const std::string& writing : writings) {
        if (begin <= name.size() && name.compare(begin, writing.size(), writing) == 0) {
            ends.insert(begin + writing.size());
        }
    }
    return ends;
}

/// Whether `parts` follow each other somewhere in `name`, each in one of its writings, with one octet that `separates`
/// between two of them or, unless `must_separate`, none, from a place and to a place that `may_border` allows.
struct Sequence {
    std::vector<std::vector<std::string>> parts;
    std::function<bool(char)> separates;
    bool must_separate = false;
    /// Given the octet inside and the one outside of an end.
    std::function<bool(char, char)> may_border;

    bool is_in(const std::string& name) const {
        const auto borders = [&](std::size_t inside, std::size_t outside) {
            return outside >= name.size() || may_border(name[inside], name[outside]);
        };
        for (std::size_t begin = 0; begin < name.size(); ++begin) {
            if (begin > 0 && !borders(begin, begin - 1)) {
                continue;
            }
            std::set<std::size_t> places{begin};
            for (std::size_t part = 0; part < parts.size(); ++part) {
                std::set<std::size_t> next;
                for (const std::size_t place : places) {
                    if (part == 0 || !must_separate) {
                        next.merge(ends_of(name, place, parts[part]));
                    }
                    if (part > 0 && place < name.size() && separates(name[place])) {
                        next.merge(ends_of(name, place + 1, parts[part]));
                    }
                }
                places = next;
            }
            if (std::any_of(places.begin(), places.end(), [&](std::size_t end) { return borders(end - 1, end); })) {
                return true;
            }
        }
        return false;
    }
};

/// All stretches of `sizes` neighbouring parts, in order and in reverse, for which `is_in_name` is asked.
inline bool any_stretch(const std::vector<unsigned>& values, const std::vector<std::size_t>& sizes,
                        const std::function<bool(const std::vector<unsigned>&)>& is_in_name) {
    for (const std::size_t size : sizes) {
        for (std::size_t first = 0; first + size <= values.size(); ++first) {
            std::vector<unsigned> stretch(values.begin() + static_cast<std::ptrdiff_t>(first),
                                          values.begin() + static_cast<std::ptrdiff_t>(first + size));
            if (is_in_name(stretch)) {
                return true;
            }
            std::reverse(stretch.begin(), stretch.end());
            if (is_in_name(stretch)) {
                return true;
            }
        }
    }
    return false;
}

inline bool has_v4_digits(const std::string& name, const IpAddress& address) {
    const std::vector<unsigned> octets(address.octets().begin() + 12, address.octets().end());
    const bool is_decimal_there = any_stretch(octets, {2, 3, 4}, [&](const std::vector<unsigned>& stretch) {
        Sequence sequence{{},
                          [](char octet) { return !is_decimal(octet); },
                          false,
                          [](char, char outside) { return !is_decimal(outside); }};
        for (const unsigned octet : stretch) {
            std::vector<std::string> writings;
            for (const char* format : {"%u", "%02u", "%03u"}) {
                writings.push_back(printed(format, octet));
            }
            sequence.parts.push_back(writings);
        }
        return sequence.is_in(name);
    });
    return is_decimal_there || any_stretch(octets, {4}, [&](const std::vector<unsigned>& stretch) {
               std::string text;
               for (const unsigned octet : stretch) {
                   text += printed("%02x", octet);
               }
               return name.find(text) != std::string::npos;
           });
}

inline bool has_v6_digits(const std::string& name, const IpAddress& address) {
    std::vector<unsigned> nibbles;
    std::vector<unsigned> groups;
    for (std::size_t i = 0; i < 16; ++i) {
        const unsigned octet = address.octets()[i];
        nibbles.insert(nibbles.end(), {octet / 16, octet % 16});
        if (i % 2 == 1) {
            groups.push_back(address.octets()[i - 1] * 256U + octet);
        }
    }
    const auto all_zero = [](const std::vector<unsigned>& stretch) {
        return std::all_of(stretch.begin(), stretch.end(), [](unsigned value) { return value == 0; });
    };
    const bool nibbles_there = any_stretch(nibbles, {8}, [&](const std::vector<unsigned>& stretch) {
        Sequence sequence{
            {}, [](char octet) { return !is_hexadecimal(octet); }, false, [](char, char) { return true; }};
        for (const unsigned nibble : stretch) {
            sequence.parts.push_back({printed("%x", nibble)});
        }
        return !all_zero(stretch) && sequence.is_in(name);
    });
    return nibbles_there || any_stretch(groups, {2}, [&](const std::vector<unsigned>& stretch) {
               Sequence sequence{{},
                                 [](char octet) { return !is_alphanumeric(octet); },
                                 true,
                                 [](char inside, char outside) {
                                     return !is_alphanumeric(outside) || is_decimal(inside) != is_decimal(outside);
                                 }};
               for (const unsigned group : stretch) {
                   std::vector<std::string> writings;
                   for (const char* format : {"%x", "%02x", "%03x", "%04x"}) {
                       writings.push_back(printed(format, group));
                   }
                   sequence.parts.push_back(writings);
               }
               return !all_zero(stretch) && sequence.is_in(name);
           });
}

inline bool has_address_digits(const std::string& name, const IpAddress& address) {
    return address.is_v4() ? has_v4_digits(name, address) : has_v6_digits(name, address);
}

}  // namespace echotap::reference
