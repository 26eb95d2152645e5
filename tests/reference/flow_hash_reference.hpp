// SPDX-License-Identifier: Apache-2.0
// The outermost IP addresses of a frame, found slowly: every read goes through at(), which throws where octets end.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "config/ip_address.hpp"
#include "dataplane/frame.hpp"

namespace echotap::reference {

using Addresses = std::optional<std::pair<IpAddress, IpAddress>>;

class AddressFinder {
public:
    explicit AddressFinder(std::vector<std::uint8_t> octets) : octets_(std::move(octets)) {}

    Addresses find(LinkType link) {
        try {
            switch (link) {
                case LinkType::ethernet:
                    return ethernet();
                case LinkType::null:
                case LinkType::loop:
                    skip(4);
                    return ip();
                case LinkType::linux_sll:
                    skip(14);
                    return ethertype(two());
                case LinkType::linux_sll2: {
                    const unsigned type = two();
                    skip(18);
                    return ethertype(type);
                }
                default:
                    return ip();
            }
        } catch (const std::out_of_range&) {
            return std::nullopt;
        }
    }

private:
    unsigned one() { return octets_.at(at_++); }
    unsigned two() {
        const unsigned high = one();
        return high << 8U | one();
    }
    unsigned peek(std::size_t ahead) const { return octets_.at(at_ + ahead); }
    void skip(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            one();
        }
    }
    void tag() {
        if (++tags_ > 16) {
            throw std::out_of_range("too many tags");
        }
    }

    Addresses ethernet() {
        skip(12);
        return ethertype(two());
    }

    Addresses ethertype(unsigned type) {
        if (type == 0x0800 || type == 0x86dd) {
            return ip();
        }
        if (type == 0x8100 || type == 0x88a8 || type == 0x9100) {
            tag();
            skip(2);
            return ethertype(two());
        }
        if (type == 0x8847 || type == 0x8848) {
            return mpls();
        }
        if (type == 0x8864) {
            skip(6);
            const unsigned ppp = two();
            if (ppp == 0x0281) {
                return mpls();
            }
            return ppp == 0x0021 || ppp == 0x0057 ? ip() : std::nullopt;
        }
        if (type < 1536 && two() == 0xaaaa && two() == 0x0300 && two() == 0) {
            tag();
            return ethertype(two());
        }
        return std::nullopt;
    }

    Addresses mpls() {
        for (;;) {
            tag();
            const bool bottom = (peek(2) & 1U) == 1;
            skip(4);
            if (!bottom) {
                continue;
            }
            const unsigned nibble = peek(0) >> 4U;
            if (nibble == 4 || nibble == 6) {
                return ip();
            }
            if (nibble == 0) {
                const AddressFinder without_control_word = *this;
                if (const Addresses found = behind_control_word()) {
                    return found;
                }
                *this = without_control_word;
            }
            return ethernet();
        }
    }

    Addresses behind_control_word() {
        try {
            skip(4);
            return ethernet();
        } catch (const std::out_of_range&) {
            return std::nullopt;
        }
    }

    Addresses ip() {
        const unsigned version = peek(0) >> 4U;
        if (version == 4) {
            skip(12);
            const IpAddress source = address(4);
            return std::pair(source, address(4));
        }
        if (version == 6) {
            skip(8);
            const IpAddress source = address(16);
            return std::pair(source, address(16));
        }
        return std::nullopt;
    }

    IpAddress address(std::size_t size) {
        std::vector<std::uint8_t> octets;
        for (std::size_t i = 0; i < size; ++i) {
            octets.push_back(static_cast<std::uint8_t>(one()));
        }
        return size == 4 ? IpAddress::from_v4(octets.data()) : IpAddress::from_v6(octets.data());
    }

    std::vector<std::uint8_t> octets_;
    std::size_t at_ = 0;
    int tags_ = 0;
};

inline Addresses outermost_addresses(std::vector<std::uint8_t> octets, LinkType link) {
    return AddressFinder(std::move(octets)).find(link);
}

}  // namespace echotap::reference
