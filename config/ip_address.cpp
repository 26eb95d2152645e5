// SPDX-License-Identifier: Apache-2.0
#include "config/ip_address.hpp"

#include <arpa/inet.h>

#include <charconv>

namespace echotap {

namespace {

char* write_v4(char* to, const std::uint8_t* octets) {
    for (int i = 0; i < 4; ++i) {
        if (i > 0) {
            *to++ = '.';
        }
        to = std::to_chars(to, to + 3, octets[i]).ptr;
    }
    return to;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    // inet_pton wants a terminated string; no address is longer than text_size_max.
    if (text.size() > text_size_max || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    const std::string terminated(text);
    std::array<std::uint8_t, 16> octets{};
    if (inet_pton(AF_INET, terminated.c_str(), octets.data()) == 1) {
        return from_v4(octets.data());
    }
    if (inet_pton(AF_INET6, terminated.c_str(), octets.data()) == 1) {
        return from_v6(octets.data());
    }
    return std::nullopt;
}

char* IpAddress::write_text(char* to) const {
    if (is_v4()) {
        return write_v4(to, octets_.data() + 12);
    }
    // RFC 5952 section 4.2: the longest run of two or more zero groups becomes "::", the first one among equals.
    std::array<unsigned, 8> groups{};
    for (std::size_t i = 0; i < 8; ++i) {
        groups[i] = static_cast<unsigned>(octets_[2 * i] << 8 | octets_[2 * i + 1]);
    }
    std::size_t run_start = 8;
    std::size_t run_size = 1;
    for (std::size_t i = 0; i < 8; ++i) {
        std::size_t end = i;
        while (end < 8 && groups[end] == 0) {
            ++end;
        }
        if (end - i > run_size) {
            run_start = i;
            run_size = end - i;
        }
    }
    for (std::size_t i = 0; i < 8; ++i) {
        if (i == run_start) {
            *to++ = ':';
            *to++ = ':';
            i += run_size - 1;
            continue;
        }
        if (i > 0 && i != run_start + run_size) {
            *to++ = ':';
        }
        to = std::to_chars(to, to + 4, groups[i], 16).ptr;
    }
    return to;
}

std::string IpAddress::to_string() const {
    std::array<char, text_size_max> text;
    return std::string(text.data(), write_text(text.data()));
}

Prefix::Prefix(const IpAddress& address, unsigned length) : length_(length) {
    std::array<std::uint8_t, 16> octets = address.octets();
    for (unsigned i = 0; i < 16; ++i) {
        const unsigned bits = length > 8 * i ? std::min(8U, length - 8 * i) : 0;
        octets[i] &= static_cast<std::uint8_t>(0xff00U >> bits);
    }
    address_ = IpAddress::from_v6(octets.data());
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto address = IpAddress::parse(text.substr(0, slash));
    if (!address) {
        return std::nullopt;
    }
    const bool v4 = text.substr(0, slash).find(':') == std::string_view::npos;
    unsigned length = v4 ? 32 : 128;
    if (slash != std::string_view::npos) {
        const std::string_view digits = text.substr(slash + 1);
        unsigned given = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), given);
        if (error != std::errc{} || end != digits.data() + digits.size() || given > length) {
            return std::nullopt;
        }
        length = given;
    }
    const Prefix prefix(*address, v4 ? length + 96 : length);
    if (prefix.address() != *address) {
        return std::nullopt;
    }
    return prefix;
}

bool Prefix::contains(const IpAddress& address) const {
    // An IPv6 prefix that happens to cover ::ffff:0:0/96, such as ::/0, means IPv6 addresses all the same.
    constexpr unsigned mapped_length = 96;
    if (length_ < mapped_length && address.is_v4()) {
        return false;
    }
    return Prefix(address, length_).address_ == address_;
}

std::string Prefix::to_string() const {
    const bool v4 = length_ >= 96 && address_.is_v4();
    return address_.to_string() + "/" + std::to_string(v4 ? length_ - 96 : length_);
}

std::string Prefix::short_text() const {
    constexpr unsigned whole_address = 128;
    return length_ == whole_address ? address_.to_string() : to_string();
}

}  // namespace echotap
