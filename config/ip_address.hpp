// SPDX-License-Identifier: Apache-2.0
// IP addresses and prefixes: the values that configuration and data plane share.
//
// An IPv4 address is held as the IPv4-mapped IPv6 address ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), so every address
// has 16 octets, one order and one hash. An IPv6 address in ::ffff:0:0/96 therefore *is* the IPv4 address that it maps.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace echotap {

class IpAddress {
public:
    /// The unspecified address `::`.
    constexpr IpAddress() = default;

    /// From 4 octets in network order, as they stand in an IPv4 header.
    static IpAddress from_v4(const std::uint8_t* octets) {
        IpAddress address;
        address.octets_[10] = 0xff;
        address.octets_[11] = 0xff;
        std::memcpy(address.octets_.data() + 12, octets, 4);
        return address;
    }

    /// From 16 octets in network order, as they stand in an IPv6 header.
    static IpAddress from_v6(const std::uint8_t* octets) {
        IpAddress address;
        std::memcpy(address.octets_.data(), octets, 16);
        return address;
    }

    /// From dotted quads or RFC 4291 text; nothing where the text is neither.
    static std::optional<IpAddress> parse(std::string_view text);

    /// In words, since every query asks this of two addresses.
    bool is_v4() const {
        std::uint64_t front = 0;
        std::uint32_t mark = 0;
        std::memcpy(&front, octets_.data(), sizeof front);
        std::memcpy(&mark, octets_.data() + sizeof front, sizeof mark);
        return front == 0 && mark == std::bit_cast<std::uint32_t>(std::array<std::uint8_t, 4>{0, 0, 0xff, 0xff});
    }

    /// All 16 octets, network order.
    const std::array<std::uint8_t, 16>& octets() const { return octets_; }

    /// Dotted quads for IPv4; RFC 5952 text for IPv6.
    std::string to_string() const;

    /// Writes what to_string() gives into `to`, which must have room for text_size_max octets; returns the end.
    /// No allocation, no terminating zero: rows are printed by the million.
    char* write_text(char* to) const;
    static constexpr std::size_t text_size_max = 45;

    friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;
    friend constexpr bool operator==(const IpAddress& one, const IpAddress& other) {
        using Words = std::array<std::uint64_t, 2>;
        const Words left = std::bit_cast<Words>(one.octets_);
        const Words right = std::bit_cast<Words>(other.octets_);
        return ((left[0] ^ right[0]) | (left[1] ^ right[1])) == 0;
    }

private:
    std::array<std::uint8_t, 16> octets_{};
};

static_assert(sizeof(IpAddress) == 16);

/// An address prefix. Host bits are zero; an IPv4 prefix of /n is held as ::ffff:0:0/(96 + n).
class Prefix {
public:
    /// From `ADDRESS/LENGTH` or a single `ADDRESS`; nothing where the text is neither or host bits are set.
    static std::optional<Prefix> parse(std::string_view text);

    /// The first `length` bits of `address`, counted over 128 bits; 0 <= length <= 128.
    Prefix(const IpAddress& address, unsigned length);

    /// Whether `address` is of this family and begins with these bits.
    bool contains(const IpAddress& address) const;
    const IpAddress& address() const { return address_; }

    /// Length over 128 bits: an IPv4 /8 is 104.
    unsigned length() const { return length_; }

    /// `ADDRESS/LENGTH`, with the length in the family of the address.
    std::string to_string() const;
    /// The same, but an address alone without its length: how originators are written.
    std::string short_text() const;

    friend auto operator<=>(const Prefix&, const Prefix&) = default;

private:
    IpAddress address_;
    unsigned length_;
};

}  // namespace echotap
