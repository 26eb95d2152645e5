// SPDX-License-Identifier: Apache-2.0
// Text of addresses and prefixes, differential to inet_pton() and inet_ntop(): both must take the same texts, give the
// same octets and print the same IPv6 text; what is printed must parse back to the same value.
#include <arpa/inet.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/ip_address.hpp"

namespace {

using echotap::IpAddress;
using echotap::Prefix;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

/// What the C library makes of the text; IPv4 as the mapped address.
std::optional<IpAddress> parse_by_library(const std::string& text) {
    std::array<std::uint8_t, 16> octets{};
    if (text.find('\0') != std::string::npos) {
        return std::nullopt;
    }
    if (inet_pton(AF_INET, text.c_str(), octets.data()) == 1) {
        return IpAddress::from_v4(octets.data());
    }
    if (inet_pton(AF_INET6, text.c_str(), octets.data()) == 1) {
        return IpAddress::from_v6(octets.data());
    }
    return std::nullopt;
}

void check_print(const IpAddress& address) {
    const std::string text = address.to_string();
    require(text.size() <= IpAddress::text_size_max);
    require(IpAddress::parse(text) == address);
    std::array<char, INET6_ADDRSTRLEN> expected{};
    if (address.is_v4()) {
        inet_ntop(AF_INET, address.octets().data() + 12, expected.data(), expected.size());
    } else {
        inet_ntop(AF_INET6, address.octets().data(), expected.data(), expected.size());
    }
    // Under ::/96 the C library prints dotted quads, which RFC 5952 section 5 leaves to known prefixes only.
    if (std::string_view(expected.data()).find('.') == std::string_view::npos || address.is_v4()) {
        require(text == expected.data());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
    // Exact size on the heap: a read past the text is seen by ASan.
    const auto exact = std::make_unique<char[]>(size);
    std::copy(octets, octets + size, exact.get());
    const std::string_view text(exact.get(), size);

    const auto address = IpAddress::parse(text);
    require(address == parse_by_library(std::string(text)));
    if (address) {
        check_print(*address);
    }
    if (size == 16) {
        check_print(IpAddress::from_v6(octets));
    }
    if (const auto prefix = Prefix::parse(text)) {
        require(prefix->length() <= 128);
        require(prefix->contains(prefix->address()));
        require(Prefix::parse(prefix->to_string()) == prefix);
    }
    return 0;
}
