// SPDX-License-Identifier: Apache-2.0
// The live resolver: addresses go in, their names come out later, asked of recursive servers. The only home of c-ares.
//
// One thread with an epoll loop of its own asks; others hand it addresses and take answers through two queues that are
// bounded together. Retries are ours and not the library's, so that they count against the limits, too. A question is
// asked over TCP where the answer did not fit into a datagram.
//
// Failures are believed only of servers that do their work (server_trust): where none does, the answer is "unknown".
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "analytics/resolver/ptr_response.hpp"
#include "analytics/resolver/query_pace.hpp"
#include "config/ip_address.hpp"
#include "config/resolver_config.hpp"

namespace echotap {

/// Any thread may call anything.
class PtrResolver {
public:
    struct Counts {
        std::array<std::uint64_t, ptr_outcome_count> answers{};  // by outcome
        std::uint64_t questions = 0;                             // sent over UDP, with retries and without probes
        std::uint64_t retries = 0;                               // of these, not the first about their address
        std::uint64_t probes = 0;
        std::uint64_t rests = 0;  // how often a server was found not to do its work
    };

    /// Starts the thread. Throws std::runtime_error where no server is configured, a source address is not this
    /// host's, or the system has no room for a thread or a descriptor.
    explicit PtrResolver(const ResolverConfig& config);
    /// Ends the thread at once; what was not answered stays so.
    ~PtrResolver();
    PtrResolver(const PtrResolver&) = delete;
    PtrResolver& operator=(const PtrResolver&) = delete;

    /// Takes as many of the first addresses as there is room for and returns how many. Never waits. An address that is
    /// given twice is asked about twice.
    std::size_t ask(std::span<const IpAddress> addresses);

    /// Appends all answers there are; where there is none, waits for one, until `deadline`. Returns how many came.
    /// There is one answer for each address that ask() took, whatever happens, within tries * (timeout + the wait for
    /// the pace) and the time of a probe.
    std::size_t take(std::vector<PtrAnswer>& answers, SteadyTime deadline);

    Counts counts() const;

private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace echotap
