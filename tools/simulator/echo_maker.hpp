// SPDX-License-Identifier: Apache-2.0
// The echoes of one originator: its traits go in, the questions of its queriers come out.
//
//     targets -> lookups -> resolvers by Zipf's law -> caches -> queriers, each with its questions and their times
//
// Everything is drawn from the originator's own stream of chance, so the echoes of a week can be made again for each
// piece of time that is wanted: a world needs no memory of what it has sent.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/simulator/activity.hpp"
#include "tools/simulator/cast.hpp"
#include "tools/simulator/echo.hpp"

namespace echotap {

/// A piece of time, nanoseconds from the world's start.
struct TimeSlice {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool holds(std::uint64_t time) const { return time >= begin && time < end; }
};

/// Not thread-safe: one per thread, since it keeps its buffers. All arguments must outlive it.
class EchoMaker {
public:
    EchoMaker(const WorldConfig& world, const Population& population, const QuerierUrn& urn, const Cast& cast,
              std::uint64_t seed);

    /// Appends the echoes of an originator in a week, those alone that fall into `slice`, and counts them.
    EchoCounts make(std::uint32_t originator, std::uint32_t week, const TimeSlice& slice, std::vector<Echo>& echoes);

    /// The intensities at which an originator's expected number of queriers is `queriers`, and the lookups that these
    /// are. For tests and for what a scan of known size will show.
    double lookups_of(const Operator& owner, const RoleShares& profile, double queriers) const;
    /// The inverse: queriers that are expected of so many lookups.
    double queriers_of(const Operator& owner, const RoleShares& profile, double lookups) const;

private:
    void draw_queriers(Random& random, const Originator& one, const RoleShares& profile, double queriers);
    void ask(Random& random, std::uint32_t originator, std::uint32_t querier, double asks, const TimeSlice& slice,
             std::vector<Echo>& echoes, EchoCounts& counts);
    void make_spoofed(Random& random, std::uint32_t originator, const TimeSlice& slice, std::vector<Echo>& echoes,
                      EchoCounts& counts) const;

    const WorldConfig& world_;
    const Population& population_;
    const QuerierUrn& urn_;
    const Cast& cast_;
    std::uint64_t seed_;
    Weeks weeks_;
    bool sees_minimised_;
    std::uint64_t end_ = 0;  // of the world
    Activity activity_;
    std::vector<std::uint32_t> queriers_;
    std::vector<std::uint64_t> times_;
};

}  // namespace echotap
