// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/echo_frames.hpp"

#include <fmt/format.h>
#include <tbb/parallel_for.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "dataplane/state/state_query.hpp"
#include "tools/simulator/frame_packer.hpp"
#include "tools/simulator/query_names.hpp"
#include "tools/simulator/random.hpp"

namespace echotap {

namespace {

constexpr std::size_t frame_size_max = frame_headers_size_max + 2 + 12 + QueryName::size_max + 4 + 11;
constexpr std::uint16_t type_a = 1;
constexpr std::uint16_t type_ns = 2;
constexpr std::uint16_t type_ptr = 12;
constexpr std::uint8_t tcp_syn = 0x02;
constexpr std::uint8_t tcp_fin_ack = 0x11;
constexpr std::uint8_t tcp_psh_ack = 0x18;

void store_be16(std::uint8_t* to, unsigned value) {
    to[0] = static_cast<std::uint8_t>(value >> 8U);
    to[1] = static_cast<std::uint8_t>(value);
}

/// True with this probability, by bits of a number that nothing else uses.
bool happens(std::uint64_t chance, unsigned shift, double probability) {
    return static_cast<double>((chance >> shift) & 0xffffU) < probability * 65536.0;
}

IpAddress masked(const IpAddress& address) {
    std::array<std::uint8_t, 16> octets = address.octets();
    const std::size_t kept = address.is_v4() ? 15 : 8;
    std::memset(octets.data() + kept, 0, octets.size() - kept);
    return IpAddress::from_v6(octets.data());
}

IpAddress parse_authority(const std::string& text, bool is_v4) {
    const auto address = IpAddress::parse(text);
    if (!address || address->is_v4() != is_v4) {
        throw std::runtime_error(
            fmt::format("authority_{}: '{}' is no IPv{} address", is_v4 ? "v4" : "v6", text, is_v4 ? 4 : 6));
    }
    return *address;
}

/// When the question is that an echo belongs to.
std::uint64_t question_time(const Echo& echo) {
    const std::uint64_t round_trip = stream_round_trip(echo.originator(), echo.querier());
    return echo.kind() == EchoKind::syn   ? echo.time() + round_trip
           : echo.kind() == EchoKind::fin ? echo.time() - round_trip
                                          : echo.time();
}

/// What a minimising resolver shows: a root is asked for the top of the tree, a national authority for a /16 or /32
/// (requirements of RFC 9156 section 2.3; what is below each level's cut).
QueryName minimised(const IpAddress& originator, AuthorityLevel level, std::uint64_t chance) {
    if (level == AuthorityLevel::root) {
        QueryName name;
        name.append(originator.is_v4() ? "in-addr" : "ip6");
        name.append("arpa");
        name.finish();
        return name;
    }
    return minimised_name(originator, originator.is_v4() ? 2 : 8, happens(chance, 0, .25));
}

}  // namespace

EchoFrames::EchoFrames(const WorldConfig& world, const Population& population, const Cast& cast)
    : world_(world),
      population_(population),
      cast_(cast),
      authority_v4_(parse_authority(world.authority_v4, true)),
      authority_v6_(parse_authority(world.authority_v6, false)) {
}

IpAddress EchoFrames::querier_address(const Echo& echo) const {
    const IpAddress address =
        echo.kind() == EchoKind::spoofed ? v4_address(echo.querier()) : population_.address(echo.querier());
    return world_.traffic.masked ? masked(address) : address;
}

Timestamp EchoFrames::time(const Echo& echo) const {
    return Timestamp(world_.start) + std::chrono::nanoseconds(echo.time());
}

std::size_t EchoFrames::pack_message(const Echo& echo, std::uint64_t chance, std::uint8_t* to) const {
    const IpAddress& originator = cast_.originators()[echo.originator()].address;
    const bool is_minimised = echo.kind() == EchoKind::minimised;
    QueryName name = is_minimised ? minimised(originator, world_.authority, chance) : reverse_name(originator);
    if (happens(chance, 16, world_.traffic.mixed_case_share)) {
        Random random(chance);
        mix_case(name, random);
    }
    const bool has_edns = happens(chance, 32, world_.traffic.edns_share);
    std::memset(to, 0, 12);
    store_be16(to, static_cast<std::uint16_t>(chance >> 48U));
    to[5] = 1;                  // one question
    to[11] = has_edns ? 1 : 0;  // one additional record
    std::memcpy(to + 12, name.octets.data(), name.size);
    std::size_t size = 12U + name.size;
    store_be16(to + size, !is_minimised ? type_ptr : (chance & 1U) != 0 ? type_a : type_ns);
    store_be16(to + size + 2, 1);
    size += 4;
    if (has_edns) {
        // Root name, type OPT, 1232 octets of payload, DO set.
        constexpr std::uint8_t opt[11]{0, 0, 41, 0x04, 0xd0, 0, 0, 0x80, 0, 0, 0};
        std::memcpy(to + size, opt, sizeof opt);
        size += sizeof opt;
    }
    return size;
}

std::size_t EchoFrames::pack_frame(const Echo& echo, std::uint8_t* to) const {
    const IpAddress querier = querier_address(echo);
    const bool is_stream =
        echo.kind() == EchoKind::syn || echo.kind() == EchoKind::stream || echo.kind() == EchoKind::fin;
    // The segments of a stream have one source port: all goes by the pair and the time of the question.
    const std::uint64_t chance =
        scramble(scramble(std::uint64_t{echo.originator()} << 32U | echo.querier()) ^ question_time(echo));
    const Ends ends{querier, authority(!querier.is_v4()), static_cast<std::uint16_t>(1024 + (chance >> 20U) % 64'000),
                    53};
    std::uint8_t payload[2 + 12 + QueryName::size_max + 4 + 11];
    if (!is_stream) {
        const std::size_t size = pack_message(echo, chance, payload);
        return pack_udp(to, ends, false, {payload, size});
    }
    const auto sequence = static_cast<std::uint32_t>(chance >> 32U);
    if (echo.kind() == EchoKind::syn) {
        return pack_tcp(to, ends, false, {sequence, 0, tcp_syn}, {});
    }
    const std::size_t size = pack_message(echo, chance, payload + 2);
    if (echo.kind() == EchoKind::fin) {
        const auto next = static_cast<std::uint32_t>(sequence + 1 + 2 + size);
        return pack_tcp(to, ends, false, {next, 1, tcp_fin_ack}, {});
    }
    store_be16(payload, static_cast<unsigned>(size));  // RFC 1035 section 4.2.2
    return pack_tcp(to, ends, false, {sequence + 1, 1, tcp_psh_ack}, {payload, size + 2});
}

std::span<const Frame> EchoFrames::pack(std::span<const Echo> echoes) {
    octets_.resize(echoes.size() * frame_size_max);
    frames_.resize(echoes.size());
    const std::size_t bursts = (echoes.size() + burst_frames - 1) / burst_frames;
    tbb::parallel_for(std::size_t{0}, bursts, [&](std::size_t burst) {
        const std::size_t begin = burst * burst_frames;
        const std::size_t end = std::min(begin + burst_frames, echoes.size());
        std::uint8_t* to = octets_.data() + begin * frame_size_max;
        for (std::size_t i = begin; i < end; ++i) {
            const auto size = static_cast<std::uint32_t>(pack_frame(echoes[i], to));
            frames_[i] = {.octets = to,
                          .captured = size,
                          .length = size,
                          .time = time(echoes[i]),
                          .clock = time(echoes[i]),
                          .link = LinkType::ethernet,
                          .time_digits = 9,
                          .sequence = static_cast<std::uint32_t>(i - begin)};
            to += size;
        }
    });
    return frames_;
}

}  // namespace echotap
