// SPDX-License-Identifier: Apache-2.0
// How politely names are asked for: addresses go in, and come out one by one when it is their turn.
//
// Two limits hold: on all questions, and on those about one network (IPv4 /16, IPv6 /32), since the names of a network
// mostly lie with one authority. Both are token buckets in the form of the generic cell rate algorithm (ITU-T I.371): a
// bucket is one time, not a count and a timer. First come, first served, except that a network that has to wait holds
// up nobody else.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <queue>
#include <unordered_map>
#include <vector>

#include "config/ip_address.hpp"

namespace echotap {

using SteadyTime = std::chrono::steady_clock::time_point;

/// An address that is to be asked about.
struct PtrRequest {
    IpAddress address;
    unsigned attempts = 0;    // how often it was asked about already
    unsigned server = 0;      // of whom last
    SteadyTime first_sent{};  // when first
};

/// A rate that holds on average, with bursts of a tenth of a second (at least one). Not thread-safe.
class PaceLimit {
public:
    /// Per second; 0: no limit.
    explicit PaceLimit(double rate);

    /// From when on something may be sent.
    SteadyTime allowed_at() const { return allowed_at_; }
    /// Counts what is sent at `now`. REQUIRES: allowed_at() <= now.
    void count(SteadyTime now);
    /// Whether nothing is left of the past at `now`.
    bool is_rested(SteadyTime now) const { return allowed_at_ + tolerance_ <= now; }

private:
    std::chrono::nanoseconds interval_{0};
    std::chrono::nanoseconds tolerance_{0};
    SteadyTime allowed_at_{};
};

/// Not thread-safe. Time is what callers say; it never goes back.
class QueryPace {
public:
    /// Questions per second in all, and about one network; 0: no limit.
    QueryPace(double rate, double network_rate) : rate_(network_rate), all_(rate) {}

    void add(const PtrRequest& request, SteadyTime now);

    /// The request whose turn it is at `now`, counted as sent; nothing where all have to wait.
    std::optional<PtrRequest> next(SteadyTime now);

    /// When next() will give one; nothing where none waits.
    std::optional<SteadyTime> ready_at() const;

    /// A request without regard to its turn and uncounted, to be answered otherwise; nothing where none waits.
    std::optional<PtrRequest> remove();

    std::size_t waiting() const { return waiting_; }
    /// Networks of which something is known: those that wait or were asked about a moment ago.
    std::size_t networks() const { return networks_.size(); }

private:
    using Network = std::uint64_t;
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    /// Requests of one network wait in a list, so that one vector holds those of all.
    struct Waiting {
        PtrRequest request;
        std::uint64_t number = 0;
        std::uint32_t next = none;
    };
    struct Line {
        explicit Line(double rate) : limit(rate) {}
        PaceLimit limit;
        std::uint32_t first = none;
        std::uint32_t last = none;
    };
    struct Turn {
        SteadyTime at;
        std::uint64_t number;
        Network network;
        bool operator>(const Turn& other) const { return at != other.at ? at > other.at : number > other.number; }
    };

    static Network network_of(const IpAddress& address);
    void forget_rested(SteadyTime now);
    PtrRequest take_first(Line& line);

    double rate_;  // of a network
    PaceLimit all_;
    std::unordered_map<Network, Line> networks_;
    std::size_t forget_at_ = 1024;
    std::vector<Waiting> pool_;
    std::uint32_t free_ = none;
    std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns_;  // one of each network that waits
    std::size_t waiting_ = 0;
    std::uint64_t number_ = 0;
};

}  // namespace echotap
