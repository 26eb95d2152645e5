// SPDX-License-Identifier: Apache-2.0
// What the queriers of a mix ask: how many there are of whom goes in, queries and their messages come out, with what
// the line must make of each.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "config/ip_address.hpp"
#include "dataplane/drop.hpp"
#include "dataplane/frame.hpp"
#include "tools/simulator/frame_packer.hpp"
#include "tools/simulator/query_names.hpp"
#include "tools/simulator/random.hpp"

namespace echotap {

struct MixPopulation {
    std::uint32_t reverse_share;  // of queries, in 1/10,000
    std::uint32_t originator_count;
    std::uint32_t querier_count;
};

inline constexpr std::uint16_t mix_ptr_type = 12;
inline constexpr std::size_t mix_message_size_max = 352 - frame_headers_size_max;

struct MixQuery {
    Ends ends;  // from the querier to the authority
    IpAddress originator;
    QueryName name;
    std::uint16_t type = 0;
    std::uint16_t qclass = 1;
    std::uint16_t id = 0;
    std::uint16_t flags = 0;
    bool edns = false;
    bool cookie = false;
    bool mixed_case = false;
    bool minimised = false;
    Drop verdict = Drop::none;
    Timestamp time;
};

/// A query or the response to it as a DNS message (RFC 1035 section 4.1).
class MixMessage {
public:
    MixMessage(const MixQuery& query, bool is_response);

    /// As in a datagram. REQUIRES: framed() was not called.
    Octets span() const { return {octets_.data(), size_}; }
    /// As in a stream, with the two octets of length in front (RFC 1035 section 4.2.2). Once.
    Octets framed();

private:
    void put(std::uint16_t value);
    void put(Octets octets);

    std::array<std::uint8_t, mix_message_size_max> octets_;
    std::size_t size_ = 0;
};

/// Draws queries. Ranks become addresses by a bijection that is part of the seed: neighbours in rank are none on the
/// net. `random` must outlive it; others may draw from it in between.
class MixQueries {
public:
    MixQueries(const MixPopulation& population, Random& random);

    MixQuery draw();

    std::uint16_t source_port() { return static_cast<std::uint16_t>(1024 + random_.below(65536 - 1024)); }
    std::uint16_t id() { return static_cast<std::uint16_t>(random_.below(65536)); }

private:
    void ask(MixQuery& query);
    IpAddress address(std::uint32_t rank, bool v6, std::uint64_t kind) const;

    std::uint32_t reverse_share_;
    Random& random_;
    std::uint64_t salt_;
    ZipfRanks originators_;
    ZipfRanks queriers_;
    NamePool names_;
};

}  // namespace echotap
