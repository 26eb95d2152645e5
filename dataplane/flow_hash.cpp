// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow_hash.hpp"

#include <cstring>

namespace echotap {

namespace {

constexpr std::uint32_t unowned_hash = 0;
constexpr int tags_max = 16;  // VLAN tags and MPLS labels, counted together: a frame of tags only must end the walk
constexpr std::size_t ethernet_size = 14;

std::uint64_t load_word(const std::uint8_t* from) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
}

/// The finaliser of MurmurHash3 (public domain): every input bit reaches every output bit.
constexpr std::uint64_t mix(std::uint64_t word) {
    word = (word ^ word >> 33U) * 0xff51afd7ed558ccdU;
    word = (word ^ word >> 33U) * 0xc4ceb9fe1a85ec53U;
    return word ^ word >> 33U;
}

constexpr std::uint64_t fold(std::uint64_t high, std::uint64_t low) {
    return mix(low + mix(high + 0x9e3779b97f4a7c15U));
}

/// Adding is what makes the hash symmetric; xor would do too but would give 0 to every packet sent to oneself.
constexpr std::uint32_t pair_hash(std::uint64_t one, std::uint64_t other) {
    return static_cast<std::uint32_t>(mix(one + other) >> 32U);
}

std::uint64_t fold_v6(const std::uint8_t* octets) {
    return fold(load_word(octets), load_word(octets + 8));
}

/// As fold_v6() of the IPv4-mapped address, so that frames and IpAddress agree.
std::uint64_t fold_v4(const std::uint8_t* octets) {
    std::array<std::uint8_t, 8> low{0, 0, 0xff, 0xff};
    std::memcpy(low.data() + 4, octets, 4);
    return fold(0, load_word(low.data()));
}

/// `ip` begins at what should be an IP header; its first nibble says which.
std::uint32_t ip_hash(Octets ip) {
    if (ip.empty()) {
        return unowned_hash;
    }
    const unsigned version = ip[0] >> 4U;
    if (version == 4 && ip.size() >= 20) {
        return pair_hash(fold_v4(ip.data() + 12), fold_v4(ip.data() + 16));
    }
    if (version == 6 && ip.size() >= 40) {
        return pair_hash(fold_v6(ip.data() + 8), fold_v6(ip.data() + 24));
    }
    return unowned_hash;
}

std::uint32_t ethernet_hash(Octets frame, int tags);

/// `rest` begins at an MPLS label stack entry.
std::uint32_t mpls_hash(Octets rest, int tags) {
    bool bottom = false;
    while (!bottom) {
        if (rest.size() < 4 || tags++ == tags_max) {
            return unowned_hash;
        }
        bottom = (rest[2] & 1U) != 0;
        rest = rest.subspan(4);
    }
    if (rest.empty()) {
        return unowned_hash;
    }
    const unsigned nibble = rest[0] >> 4U;
    if (nibble == 4 || nibble == 6) {
        return ip_hash(rest);
    }
    // A pseudowire, with or without a control word: that begins with a zero nibble (RFC 4385), and so may a MAC
    // address.
    constexpr std::size_t control_word_size = 4;
    if (nibble == 0 && rest.size() > control_word_size) {
        if (const std::uint32_t hash = ethernet_hash(rest.subspan(control_word_size), tags); hash != unowned_hash) {
            return hash;
        }
    }
    return ethernet_hash(rest, tags);
}

/// `rest` begins behind the EtherType `type`.
std::uint32_t ethertype_hash(std::uint16_t type, Octets rest, int tags) {
    for (;;) {
        switch (type) {
            case 0x0800:
            case 0x86dd:
                return ip_hash(rest);
            case 0x8100:
            case 0x88a8:
            case 0x9100:
                if (rest.size() < 4 || tags++ == tags_max) {
                    return unowned_hash;
                }
                type = load_be16(rest.data() + 2);
                rest = rest.subspan(4);
                break;
            case 0x8847:
            case 0x8848:
                return mpls_hash(rest, tags);
            case 0x8864: {
                if (rest.size() < 8) {
                    return unowned_hash;
                }
                const std::uint16_t ppp = load_be16(rest.data() + 6);
                rest = rest.subspan(8);
                if (ppp == 0x0281) {
                    return mpls_hash(rest, tags);
                }
                return ppp == 0x0021 || ppp == 0x0057 ? ip_hash(rest) : unowned_hash;
            }
            default: {
                static constexpr std::array<std::uint8_t, 6> snap{0xaa, 0xaa, 0x03, 0, 0, 0};
                if (type >= 1536 || rest.size() < 8 || std::memcmp(rest.data(), snap.data(), snap.size()) != 0 ||
                    tags++ == tags_max) {
                    return unowned_hash;
                }
                type = load_be16(rest.data() + 6);
                rest = rest.subspan(8);
            }
        }
    }
}

std::uint32_t ethernet_hash(Octets frame, int tags) {
    if (frame.size() < ethernet_size) {
        return unowned_hash;
    }
    return ethertype_hash(load_be16(frame.data() + 12), frame.subspan(ethernet_size), tags);
}

}  // namespace

std::uint32_t flow_hash(const IpAddress& one, const IpAddress& other) {
    return pair_hash(fold_v6(one.octets().data()), fold_v6(other.octets().data()));
}

std::uint32_t flow_hash(const Frame& frame) {
    const Octets octets = frame.span();
    switch (frame.link) {
        case LinkType::ethernet:
            return ethernet_hash(octets, 0);
        case LinkType::raw_bsd:
        case LinkType::raw_openbsd:
        case LinkType::raw:
        case LinkType::raw_v4:
        case LinkType::raw_v6:
            return ip_hash(octets);
        case LinkType::null:
        case LinkType::loop:
            return octets.size() < 4 ? unowned_hash : ip_hash(octets.subspan(4));
        case LinkType::linux_sll:
            return octets.size() < 16 ? unowned_hash : ethertype_hash(load_be16(&octets[14]), octets.subspan(16), 0);
        case LinkType::linux_sll2:
            return octets.size() < 20 ? unowned_hash : ethertype_hash(load_be16(octets.data()), octets.subspan(20), 0);
        case LinkType::arcnet_linux:  // only in old captures: one worker takes them all
            break;
    }
    return unowned_hash;
}

}  // namespace echotap
