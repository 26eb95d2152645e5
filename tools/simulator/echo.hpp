// SPDX-License-Identifier: Apache-2.0
// One frame to come: when, about whom, by whom, and what kind. 16 octets, since there are millions in an hour.
#pragma once

#include <cstdint>
#include <tuple>

#include "tools/simulator/random.hpp"

namespace echotap {

enum class EchoKind : std::uint8_t {
    syn,        // of a question over TCP
    question,   // over UDP
    stream,     // a question over TCP
    repeat,     // the same question again within 30 s
    minimised,  // a shorter name
    spoofed,    // the querier is an IPv4 address, not a number of the population
    fin,        // of a question over TCP
};

class Echo {
public:
    Echo() = default;
    /// `time` in nanoseconds from the world's start, below 2^60: 36 years.
    Echo(std::uint64_t time, EchoKind kind, std::uint32_t originator, std::uint32_t querier)
        : key_(time << 4U | static_cast<std::uint64_t>(kind)), originator_(originator), querier_(querier) {}

    std::uint64_t time() const { return key_ >> 4U; }
    EchoKind kind() const { return static_cast<EchoKind>(key_ & 0xfU); }
    std::uint32_t originator() const { return originator_; }
    std::uint32_t querier() const { return querier_; }

    friend bool operator<(const Echo& one, const Echo& other) {
        return std::tie(one.key_, one.originator_, one.querier_) <
               std::tie(other.key_, other.originator_, other.querier_);
    }

private:
    std::uint64_t key_ = 0;
    std::uint32_t originator_ = 0;
    std::uint32_t querier_ = 0;
};
static_assert(sizeof(Echo) == 16);

/// A stream's SYN comes so many nanoseconds before its question and its FIN so many after, 1 to 301 ms. Of the pair
/// alone, so that either of the three tells when the question is.
inline std::uint64_t stream_round_trip(std::uint32_t originator, std::uint32_t querier) {
    return 1'000'000 + scramble(std::uint64_t{originator} << 32U | querier) % 300'000'000;
}

/// What came of an originator in a week, before sampling.
struct EchoCounts {
    double targets = 0;           // touched
    double lookups = 0;           // that these made, at all resolvers
    std::uint32_t queriers = 0;   // that asked for the full name
    std::uint32_t questions = 0;  // for the full name, repeats within 30 s aside
    std::uint32_t sent = 0;       // with the repeats
    std::uint32_t minimised = 0;  // for a shorter name

    void add(const EchoCounts& other) {
        targets = other.targets;
        lookups = other.lookups;
        queriers += other.queriers;
        questions += other.questions;
        sent += other.sent;
        minimised += other.minimised;
    }
};

}  // namespace echotap
