// SPDX-License-Identifier: Apache-2.0
#include "analytics/address_digits.hpp"

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
            if (!is_start) {
                continue;
            }
            for (int first = 0; first < 4; ++first) {
                if (found_from(at, first, 1, 1) || found_from(at, first, -1, 1)) {
                    return true;
                }
            }
        }
        return false;
    }

private:
    /// Whether octet `number` stands at `at` as the `count`-th of a stretch of two or more that ends where digits do.
    bool found_from(std::size_t at, int number, int step, int count) const {
        if (number < 0 || number > 3) {
            return false;
        }
        unsigned value = 0;
        for (std::size_t end = at; end < std::min(at + 3, name_.size()) && is_digit(name_[end]);) {
            value = value * 10 + static_cast<unsigned>(name_[end] - '0');
            ++end;
            if (value != octets_[number]) {
                continue;
            }
            const bool is_end = end == name_.size() || !is_digit(name_[end]);
            if (is_end && count >= 2) {
                return true;
            }
            if (found_from(is_end ? end + 1 : end, number + step, step, count + 1)) {
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

/// All stretches of eight nibbles of the address, forward and in reverse, that are not all zero.
class NibbleWindows {
public:
    explicit NibbleWindows(const IpAddress& address) {
        std::array<std::uint32_t, 32> nibbles;
        for (std::size_t i = 0; i < 16; ++i) {
            nibbles[2 * i] = address.octets()[i] >> 4U;
            nibbles[2 * i + 1] = address.octets()[i] & 0xfU;
        }
        for (std::size_t first = 0; first + 8 <= nibbles.size(); ++first) {
            std::uint32_t forward = 0;
            std::uint32_t reverse = 0;
            for (std::size_t i = 0; i < 8; ++i) {
                forward = forward << 4U | nibbles[first + i];
                reverse = reverse << 4U | nibbles[first + 7 - i];
            }
            windows_[2 * first] = forward;
            windows_[2 * first + 1] = reverse;
        }
    }

    bool contains(std::uint32_t window) const {
        return window != 0 && std::find(windows_.begin(), windows_.end(), window) != windows_.end();
    }

private:
    std::array<std::uint32_t, 50> windows_;
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
        return std::find(values_.begin(), values_.begin() + count_, group) != values_.begin() + count_;
    }

private:
    std::array<std::uint32_t, 4> values_{};
    std::ptrdiff_t count_ = 0;
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
