// SPDX-License-Identifier: Apache-2.0
#include "tools/mixes/mix_queries.hpp"

#include "dataplane/message.hpp"

namespace echotap {

namespace {

// Shares of queries, in 1/10,000.
constexpr std::uint32_t ipv6_share = 500;  // of queriers, and of originators, independently
constexpr std::uint32_t edns_share = 9000;
constexpr std::uint32_t cookie_share = 1000;
constexpr std::uint32_t mixed_case_share = 300;

constexpr std::uint16_t dns_port = 53;
constexpr std::uint32_t authority_count = 4;

enum QueryType : std::uint16_t { a = 1, ns = 2, any = 255 };

// About what root servers are asked for.
constexpr std::array<std::uint16_t, 20> other_types{1,  1,  1,  1,  1, 1, 1,  1,  1,  28,
                                                    28, 28, 28, 28, 2, 2, 43, 65, 15, 33};

// `. SOA a.root-servers.net nstld.verisign-grs.com ...`, as the root denies a name.
constexpr std::uint8_t start_of_authority[]{
    0,    0,    6,   0,   1,   0,   1,   0x51, 0x80, 0,    64,  1,   'a',  12,   'r', 'o', 'o',  't',  '-',
    's',  'e',  'r', 'v', 'e', 'r', 's', 3,    'n',  'e',  't', 0,   5,    'n',  's', 't', 'l',  'd',  12,
    'v',  'e',  'r', 'i', 's', 'i', 'g', 'n',  '-',  'g',  'r', 's', 3,    'c',  'o', 'm', 0,    0x78, 0xc3,
    0x3d, 0x41, 0,   0,   7,   8,   0,   0,    3,    0x84, 0,   9,   0x3a, 0x80, 0,   1,   0x51, 0x80};
constexpr std::uint8_t options[]{0, 0, 41, 0x04, 0xd0, 0, 0, 0x80, 0, 0, 0};
constexpr std::uint8_t options_cookie[]{0,  0, 41, 0x04, 0xd0, 0,    0,    0x80, 0,    0,    12,  0,
                                        10, 0, 8,  0x2a, 0x9c, 0x11, 0x73, 0x5e, 0xd0, 0x64, 0x08};

IpAddress authority(std::uint32_t number, bool v6) {
    const auto last = static_cast<std::uint8_t>(53 + number);
    const std::array<std::uint8_t, 4> octets_v4{192, 0, 2, last};
    const std::array<std::uint8_t, 16> octets_v6{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last};
    return v6 ? IpAddress::from_v6(octets_v6.data()) : IpAddress::from_v4(octets_v4.data());
}

}  // namespace

MixMessage::MixMessage(const MixQuery& query, bool is_response) {
    put(query.id);
    put(static_cast<std::uint16_t>(is_response ? query.flags | 0x8403U : query.flags));  // QR, AA, NXDOMAIN
    put(1);
    put(0);
    put(is_response ? 1 : 0);
    put(query.edns ? 1 : 0);
    put(query.name.span());
    put(query.type);
    put(query.qclass);
    if (is_response) {
        put(Octets(start_of_authority));
    }
    if (query.edns) {
        put(query.cookie ? Octets(options_cookie) : Octets(options));
    }
}

Octets MixMessage::framed() {
    std::memmove(octets_.data() + 2, octets_.data(), size_);
    octets_[0] = static_cast<std::uint8_t>(size_ >> 8U);
    octets_[1] = static_cast<std::uint8_t>(size_);
    return {octets_.data(), size_ + 2};
}

void MixMessage::put(std::uint16_t value) {
    octets_[size_++] = static_cast<std::uint8_t>(value >> 8U);
    octets_[size_++] = static_cast<std::uint8_t>(value);
}

void MixMessage::put(Octets octets) {
    std::memcpy(octets_.data() + size_, octets.data(), octets.size());
    size_ += octets.size();
}

MixQueries::MixQueries(const MixPopulation& population, Random& random)
    : reverse_share_(population.reverse_share),
      random_(random),
      salt_(random.next()),
      originators_(population.originator_count),
      queriers_(population.querier_count),
      names_(random) {
}

MixQuery MixQueries::draw() {
    MixQuery query;
    const bool v6 = random_.chance(ipv6_share);
    query.ends.source = address(queriers_.draw(random_), v6, 0);
    query.ends.source_port = source_port();
    query.ends.destination = authority(random_.below(authority_count), v6);
    query.ends.destination_port = dns_port;
    query.id = id();
    query.edns = random_.chance(edns_share);
    query.cookie = random_.chance(cookie_share);
    ask(query);
    query.mixed_case = random_.chance(mixed_case_share);
    if (query.mixed_case) {
        mix_case(query.name, random_);
    }
    return query;
}

void MixQueries::ask(MixQuery& query) {
    query.originator = address(originators_.draw(random_), random_.chance(ipv6_share), 1);
    if (random_.chance(reverse_share_)) {
        query.name = reverse_name(query.originator);
        query.type = mix_ptr_type;
        return;
    }
    query.type = other_types[random_.below(other_types.size())];
    const std::uint32_t kind = random_.below(1000);
    if (kind < 10) {
        const bool v4 = query.originator.is_v4();
        query.name = minimised_name(query.originator, 1 + random_.below(v4 ? 3 : 31), random_.chance(2500));
        query.type = random_.chance(5000) ? a : ns;
        query.minimised = true;
    } else if (kind < 11) {
        query.name = minimised_name(query.originator, 0, false);
        query.verdict = Drop::reverse_apex;
    } else if (kind < 12) {
        query.name = reverse_name(query.originator);
        query.type = any;
        query.verdict = Drop::reverse_type_other;
    } else if (kind < 13) {
        query.originator = address(originators_.draw(random_), false, 1);
        query.name = service_name(query.originator);
        query.type = mix_ptr_type;
        query.verdict = Drop::reverse_service;
    } else {
        query.name = names_.draw(random_);
        query.verdict = Drop::name_not_reverse;
        if (kind < 14) {
            query.qclass = 3;  // CHAOS
            query.verdict = Drop::class_other;
        } else if (kind < 15) {
            query.flags = 0x2000;  // opcode NOTIFY
            query.verdict = Drop::opcode_other;
        }
    }
}

IpAddress MixQueries::address(std::uint32_t rank, bool v6, std::uint64_t kind) const {
    const std::uint64_t low = scramble(salt_ + 2U * rank + kind);
    if (!v6) {
        const std::array octets{static_cast<std::uint8_t>(1 + (low >> 24U) % 223),
                                static_cast<std::uint8_t>(low >> 16U), static_cast<std::uint8_t>(low >> 8U),
                                static_cast<std::uint8_t>(low)};
        return IpAddress::from_v4(octets.data());
    }
    // 64 ranks share a /32, as the hosts of a provider do.
    const std::uint64_t high = (0x2a00'0000'0000'0000U | scramble(salt_ ^ rank / 64U) >> 40U << 32U) + (low >> 48U);
    std::array<std::uint8_t, 16> octets{};
    for (unsigned i = 0; i < 8; ++i) {
        octets[i] = static_cast<std::uint8_t>(high >> (56U - 8U * i));
        octets[8 + i] = static_cast<std::uint8_t>(low >> (56U - 8U * i));
    }
    return IpAddress::from_v6(octets.data());
}

}  // namespace echotap
