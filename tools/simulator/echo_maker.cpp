// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/echo_maker.hpp"

#include <algorithm>

#include "tools/simulator/seeds.hpp"

namespace echotap {

namespace {

constexpr std::uint64_t second = 1'000'000'000;
// Questions of one querier about one originator stand further apart than the repeat filter's 30 s; what is nearer is a
// repeat of ours.
constexpr std::uint64_t question_distance = 31 * second;
constexpr std::uint64_t repeats_within = 29 * second;
constexpr std::uint64_t repeat_after_max = 6 * second;
constexpr unsigned bisections = 60;
constexpr unsigned small_lookups_max = 40;  // per querier that is wanted

/// Of UTC; which country lies where is not known to us, and the same for all worlds is enough.
double hours_ahead(std::uint16_t country) {
    return static_cast<double>(scramble(country) % 24);
}

/// The share of queriers that are seen where one question in `sampling` is kept: each asks 1 + geometric times.
/// Thinning what is drawn gives what every n-th of very many gives, and the rest need not be drawn.
double kept_share(double asks, double sampling) {
    const double lost = 1 - 1 / sampling;
    return 1 - lost / (asks - (asks - 1) * lost);
}

}  // namespace

EchoMaker::EchoMaker(const WorldConfig& world, const Population& population, const QuerierUrn& urn, const Cast& cast,
                     std::uint64_t seed)
    : world_(world),
      population_(population),
      urn_(urn),
      cast_(cast),
      seed_(seed),
      weeks_(weeks_of(world)),
      sees_minimised_(world.authority != AuthorityLevel::final_authority),
      end_(static_cast<std::uint64_t>(std::chrono::nanoseconds(world.duration).count())) {
}

double EchoMaker::lookups_of(const Operator& owner, const RoleShares& profile, double queriers) const {
    double lookups = 0;
    for (std::size_t i = 0; i < querier_role_count; ++i) {
        const auto role = static_cast<QuerierRole>(i);
        const double wanted = queriers * profile[i];
        const UrnPart& everywhere = urn_.part(role);
        const UrnPart& home = urn_.part(role, owner.country);
        lookups += everywhere.intensity(wanted * (1 - owner.home_share) / owner.support_share) *
                   everywhere.lookup_share() * owner.support_share;
        lookups += home.intensity(wanted * owner.home_share / owner.home_octets_share) * home.lookup_share() *
                   owner.home_octets_share;
    }
    return lookups;
}

double EchoMaker::queriers_of(const Operator& owner, const RoleShares& profile, double lookups) const {
    double least = 0;
    double most = population_.size();
    for (unsigned i = 0; i < bisections; ++i) {
        const double middle = (least + most) / 2;
        (lookups_of(owner, profile, middle) < lookups ? least : most) = middle;
    }
    return (least + most) / 2;
}

EchoCounts EchoMaker::make(std::uint32_t originator, std::uint32_t week, const TimeSlice& slice,
                           std::vector<Echo>& echoes) {
    const Originator& one = cast_.originators()[originator];
    EchoCounts counts;
    Random random = random_of(seed_, seeds::echoes, (std::uint64_t{originator} << 16U) + week);
    if (one.standing == Standing::spoofed) {
        if (week == 0) {
            make_spoofed(random, originator, slice, echoes, counts);
        }
        return counts;
    }
    const ClassConfig& config = world_.classes[one.class_number];
    const std::uint64_t begin = week * weeks_.nanoseconds;
    const std::uint64_t end = std::min(end_, begin + weeks_.nanoseconds);
    double asks = config.asks;
    queriers_.clear();
    if (one.standing == Standing::small) {
        const auto wanted = static_cast<std::size_t>(one.queriers);
        for (std::size_t lookup = 0; queriers_.size() < wanted && lookup < small_lookups_max * wanted; ++lookup) {
            const std::uint32_t querier = urn_.draw_one(random);
            if (std::ranges::find(queriers_, querier) == queriers_.end()) {
                queriers_.push_back(querier);
            }
        }
        // Half of them in one run of an hour or less, the others at any time.
        const bool is_brief = random.chance(5000);
        const std::uint64_t length = is_brief ? std::min(end - begin, 3600 * second) : end - begin;
        const std::uint64_t start =
            begin + static_cast<std::uint64_t>(uniform(random) * static_cast<double>(end - begin - length));
        activity_.always(start, start + length);
        counts.lookups = static_cast<double>(queriers_.size()) / std::max(urn_.visible_share(), 1e-12);
    } else {
        const Operator& owner = cast_.operators()[one.operator_number];
        const RoleShares profile = cast_.profile(originator, week);
        Random traits = random_of(seed_, seeds::activity, originator);
        asks = std::max(1.0, owner.asks * draw_lognormal(traits, world_.address_asks_deviation));
        const double kept = kept_share(asks, world_.traffic.sampling);
        counts.lookups =
            one.targets > 0 ? one.targets * config.lookup_probability : lookups_of(owner, profile, one.queriers / kept);
        double queriers = one.targets > 0 ? queriers_of(owner, profile, counts.lookups) * kept : one.queriers;
        asks = std::max(1.0, asks / world_.traffic.sampling / kept);
        if (one.is_nameless) {
            queriers *= 1 - world_.traffic.nsec_share;  // RFC 8198: cached denials answer for it
        }
        draw_queriers(random, one, profile, queriers);
        activity_.draw(random, config.pattern, owner.duty, begin, end, hours_ahead(owner.country));
    }
    counts.targets = one.targets > 0 ? one.targets : counts.lookups / config.lookup_probability;
    for (const std::uint32_t querier : queriers_) {
        ask(random, originator, querier, asks, slice, echoes, counts);
    }
    return counts;
}

void EchoMaker::draw_queriers(Random& random, const Originator& one, const RoleShares& profile, double queriers) {
    const Operator& owner = cast_.operators()[one.operator_number];
    for (std::size_t i = 0; i < querier_role_count; ++i) {
        const auto role = static_cast<QuerierRole>(i);
        const double wanted = queriers * profile[i];
        const UrnPart& everywhere = urn_.part(role);
        const UrnPart& home = urn_.part(role, owner.country);
        urn_.draw(random, everywhere, everywhere.intensity(wanted * (1 - owner.home_share) / owner.support_share),
                  owner.support, queriers_);
        const auto first_home = static_cast<std::ptrdiff_t>(queriers_.size());
        urn_.draw(random, home, home.intensity(wanted * owner.home_share / owner.home_octets_share), {}, queriers_);
        const auto is_elsewhere = [&](std::uint32_t querier) {
            const Querier& one_querier = population_[querier];
            return !one_querier.is_v6 && !owner.home_octets.test(one_querier.place >> 24U);
        };
        queriers_.erase(std::remove_if(queriers_.begin() + first_home, queriers_.end(), is_elsewhere), queriers_.end());
    }
    std::ranges::sort(queriers_);
    queriers_.erase(std::unique(queriers_.begin(), queriers_.end()), queriers_.end());
}

void EchoMaker::ask(Random& random, std::uint32_t originator, std::uint32_t querier, double asks,
                    const TimeSlice& slice, std::vector<Echo>& echoes, EchoCounts& counts) {
    const TrafficConfig& traffic = world_.traffic;
    const std::uint64_t questions = 1 + draw_geometric(random, asks - 1);
    times_.clear();
    for (std::uint64_t i = 0; i < questions; ++i) {
        times_.push_back(activity_.time(random));
    }
    std::ranges::sort(times_);
    const bool is_minimised = sees_minimised_ && population_[querier].is_minimising;
    bool is_first = true;
    std::uint64_t earliest = 0;
    for (std::uint64_t time : times_) {
        time = std::max(time, earliest);
        earliest = time + question_distance;
        if (time >= end_) {
            break;
        }
        const bool is_here = slice.holds(time);
        if (is_minimised) {
            if (is_here) {
                echoes.emplace_back(time, EchoKind::minimised, originator, querier);
                ++counts.minimised;
            }
            continue;
        }
        if (is_here) {
            counts.queriers += is_first ? 1 : 0;
            ++counts.questions;
            ++counts.sent;
        }
        is_first = false;
        const auto append = [&](std::uint64_t at, EchoKind kind) {
            if (slice.holds(at)) {
                echoes.emplace_back(at, kind, originator, querier);
            }
        };
        if (uniform(random) < traffic.tcp_share) {
            const std::uint64_t round_trip = stream_round_trip(originator, querier);
            if (time >= round_trip) {
                append(time - round_trip, EchoKind::syn);
            }
            append(time, EchoKind::stream);
            if (time + round_trip < end_) {
                append(time + round_trip, EchoKind::fin);
            }
            continue;
        }
        append(time, EchoKind::question);
        if (uniform(random) * traffic.sampling < traffic.repeat_share) {
            const std::uint64_t copies =
                std::min<std::uint64_t>(4, 1 + draw_geometric(random, traffic.repeat_copies - 1));
            std::uint64_t at = time;
            for (std::uint64_t copy = 0; copy < copies; ++copy) {
                at += 1 + static_cast<std::uint64_t>(uniform(random) * static_cast<double>(repeat_after_max));
                if (at < end_ && at - time < repeats_within && slice.holds(at)) {
                    echoes.emplace_back(at, EchoKind::repeat, originator, querier);
                    ++counts.sent;
                }
            }
        }
    }
}

void EchoMaker::make_spoofed(Random& random, std::uint32_t originator, const TimeSlice& slice,
                             std::vector<Echo>& echoes, EchoCounts& counts) const {
    const FloodConfig& flood = world_.floods[cast_.originators()[originator].flood];
    const double span = static_cast<double>(end_);
    for (std::uint64_t i = 0; i < flood.queries; ++i) {
        const double at = std::min(flood.begin + uniform(random) * flood.length, 1.0);
        const auto time = std::min(static_cast<std::uint64_t>(at * span), end_ - 1);
        // Any unicast address: 1.0.0.0 to 223.255.255.255.
        const std::uint32_t querier = (1U << 24U) + random.below(223U << 24U);
        if (slice.holds(time)) {
            echoes.emplace_back(time, EchoKind::spoofed, originator, querier);
            ++counts.questions;
            ++counts.sent;
        }
    }
}

}  // namespace echotap
