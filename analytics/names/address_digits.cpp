// SPDX-License-Identifier: Apache-2.0
#include "analytics/names/address_digits.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace echotap {

namespace {

using Groups = std::array<std::uint32_t, 8>;

constexpr int no_digit = -1;

bool is_digit(char octet) {
    return octet >= '0' && octet <= '9';
}

bool is_letter(char octet) {
    return octet >= 'a' && octet <= 'z';
}

int hex_value(char octet) {
    if (is_digit(octet)) {
        return octet - '0';
    }
    return octet >= 'a' && octet <= 'f' ? octet - 'a' + 10 : no_digit;
}

/// Looks for octets of an IPv4 address that follow each other in `name`.
class OctetSearch {
public:
    OctetSearch(std::string_view name, const std::uint8_t* octets) : name_(name), octets_(octets) {}

    bool found() const {
        bool was_digit = false;
        for (std::size_t at = 0; at < name_.size(); ++at) {
            const bool is_start = is_digit(name_[at]) && !was_digit;
            was_digit = is_digit(name_[at]);
            if (is_start && found_at(at)) {
                return true;
            }
        }
        return false;
    }

private:
    bool found_at(std::size_t at) const {
        unsigned value = 0;
        for (std::size_t end = at; end < std::min(at + 3, name_.size()) && is_digit(name_[end]);) {
            value = value * 10 + static_cast<unsigned>(name_[end] - '0');
            ++end;
            for (int number = 0; number < 4; ++number) {
                if (octets_[number] == value &&
                    (is_continued(end, number + 1, 1) || is_continued(end, number - 1, -1))) {
                    return true;
                }
            }
        }
        return false;
    }

    /// Whether octet `number` follows at `at`, and digits end behind it or behind the octets that follow it in turn.
    bool is_continued(std::size_t at, int number, int step) const {
        at += at < name_.size() && !is_digit(name_[at]) ? 1 : 0;
        unsigned value = 0;
        for (std::size_t end = at;
             number >= 0 && number < 4 && end < std::min(at + 3, name_.size()) && is_digit(name_[end]);) {
            value = value * 10 + static_cast<unsigned>(name_[end] - '0');
            ++end;
            if (value != octets_[number]) {
                continue;
            }
            const bool is_end = end == name_.size() || !is_digit(name_[end]);
            if (is_end || is_continued(end, number + step, step)) {
                return true;
            }
        }
        return false;
    }

    std::string_view name_;
    const std::uint8_t* octets_;
};

bool has_octets_in_hex(std::string_view name, const std::uint8_t* octets) {
    std::uint32_t forward = 0;
    std::uint32_t reverse = 0;
    for (unsigned i = 0; i < 4; ++i) {
        forward = forward << 8U | octets[i];
        reverse = reverse << 8U | octets[3 - i];
    }
    std::uint32_t last_eight = 0;
    unsigned digits = 0;
    for (const char octet : name) {
        const int value = hex_value(octet);
        digits = value == no_digit ? 0 : digits + 1;
        last_eight = last_eight << 4U | static_cast<std::uint32_t>(value & 0xf);
        if (digits >= 8 && (last_eight == forward || last_eight == reverse)) {
            return true;
        }
    }
    return false;
}

/// Eight nibbles in reverse.
std::uint32_t reversed(std::uint32_t nibbles) {
    const std::uint32_t octets = __builtin_bswap32(nibbles);
    return (octets >> 4U & 0x0f0f0f0fU) | (octets & 0x0f0f0f0fU) << 4U;
}

/// All stretches of eight nibbles of the address, forward and in reverse.
class NibbleWindows {
public:
    explicit NibbleWindows(const IpAddress& address) {
        std::uint64_t last_sixteen = 0;
        for (std::size_t nibbles = 2; nibbles <= 32; nibbles += 2) {
            last_sixteen = last_sixteen << 8U | address.octets()[nibbles / 2 - 1];
            if (nibbles >= 8) {
                add(nibbles - 8, static_cast<std::uint32_t>(last_sixteen));
            }
            if (nibbles >= 10) {
                add(nibbles - 9, static_cast<std::uint32_t>(last_sixteen >> 4U));
            }
        }
    }

    /// Whether `window`, which is not all zero, is one of them. Without a way out of the loop, so that it becomes
    /// vector instructions: with one, names of IPv6 addresses took most of the time of a mix that had 5 % of them.
    bool contains(std::uint32_t window) const {
        bool is_there = false;
        for (const std::uint32_t known : windows_) {
            is_there |= known == window;
        }
        return is_there && window != 0;
    }

private:
    void add(std::size_t number, std::uint32_t forward) {
        windows_[2 * number] = forward;
        windows_[2 * number + 1] = reversed(forward);
    }

    std::array<std::uint32_t, 52> windows_{};  // 25 each way, and two that are zero
};

bool has_nibbles(std::string_view name, const IpAddress& address) {
    const NibbleWindows windows(address);
    std::uint32_t last_eight = 0;
    unsigned digits = 0;
    bool was_digit = false;
    for (const char octet : name) {
        const int value = hex_value(octet);
        if (value == no_digit) {
            digits = was_digit ? digits : 0;  // the second octet in a row that is no digit
            was_digit = false;
            continue;
        }
        was_digit = true;
        ++digits;
        last_eight = last_eight << 4U | static_cast<std::uint32_t>(value);
        if (digits >= 8 && windows.contains(last_eight)) {
            return true;
        }
    }
    return false;
}

/// The groups that a hexadecimal number beside a separator can be: its one to four digits nearest to it, where they do
/// not cut a run of letters or of digits.
class GroupReadings {
public:
    /// Reads from `at` on (step 1) or from `at` back (step -1).
    GroupReadings(std::string_view name, std::size_t at, int step) {
        const auto size = static_cast<std::ptrdiff_t>(name.size());
        auto place = static_cast<std::ptrdiff_t>(at);
        std::uint32_t value = 0;
        for (unsigned digits = 0; digits < 4 && place >= 0 && place < size; ++digits, place += step) {
            const char octet = name[static_cast<std::size_t>(place)];
            const int digit = hex_value(octet);
            if (digit == no_digit) {
                return;
            }
            value = step > 0 ? value << 4U | static_cast<std::uint32_t>(digit)
                             : value | static_cast<std::uint32_t>(digit) << 4U * digits;
            const std::ptrdiff_t next = place + step;
            const char beyond = next >= 0 && next < size ? name[static_cast<std::size_t>(next)] : '.';
            const bool cuts = (is_digit(octet) && is_digit(beyond)) || (is_letter(octet) && is_letter(beyond));
            if (!cuts) {
                values_[count_++] = value;
            }
        }
    }

    bool contains(std::uint32_t group) const {
        const auto end = values_.begin() + static_cast<std::ptrdiff_t>(count_);
        return std::find(values_.begin(), end, group) != end;
    }

private:
    std::array<std::uint32_t, 4> values_{};
    std::size_t count_ = 0;
};

bool has_groups(std::string_view name, const IpAddress& address) {
    Groups groups;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        groups[i] = static_cast<std::uint32_t>(address.octets()[2 * i]) << 8U | address.octets()[2 * i + 1];
    }
    for (std::size_t at = 1; at + 1 < name.size(); ++at) {
        if (is_digit(name[at]) || is_letter(name[at]) || hex_value(name[at - 1]) == no_digit ||
            hex_value(name[at + 1]) == no_digit) {
            continue;
        }
        const GroupReadings left(name, at - 1, -1);
        const GroupReadings right(name, at + 1, 1);
        for (std::size_t i = 0; i + 1 < groups.size(); ++i) {
            const bool is_zero = groups[i] == 0 && groups[i + 1] == 0;
            if (!is_zero && ((left.contains(groups[i]) && right.contains(groups[i + 1])) ||
                             (left.contains(groups[i + 1]) && right.contains(groups[i])))) {
                return true;
            }
        }
    }
    return false;
}

}  // namespace

bool has_address_digits(std::string_view name, const IpAddress& address) {
    if (address.is_v4()) {
        const std::uint8_t* octets = address.octets().data() + 12;
        return OctetSearch(name, octets).found() || has_octets_in_hex(name, octets);
    }
    return has_nibbles(name, address) || has_groups(name, address);
}

}  // namespace echotap
