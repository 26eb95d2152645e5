// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/cast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "dataplane/state/state_query.hpp"
#include "tools/simulator/arithmetic.hpp"
#include "tools/simulator/seeds.hpp"

namespace echotap {

namespace {

constexpr std::uint64_t week_nanoseconds = 7ULL * 24 * 3600 * 1'000'000'000;
// 5,606 scanners stood in 2,227 /24s (Fukuda & Heidemann, section 6.1).
constexpr double originators_per_block = 2.5;
// The weeks of the Heartbleed pulse (their figure 7), counted from the world's start in mid-February.
constexpr std::uint32_t pulse_first_week = 8;
constexpr std::uint32_t pulse_last_week = 11;
constexpr double small_queriers_most = 19.999;

double draw_footprint(Random& random, double least, double most, double exponent) {
    while (true) {
        const double footprint = least * power(uniform_positive(random), -1 / exponent);
        if (footprint <= most) {
            return footprint;
        }
    }
}

double draw_share(Random& random, double concentration, double mean) {
    const std::array means{mean, 1 - mean};
    std::array<double, 2> shares{};
    draw_dirichlet(random, concentration, means, shares);
    return shares[0];
}

}  // namespace

Weeks weeks_of(const WorldConfig& world) {
    const auto duration = static_cast<std::uint64_t>(std::chrono::nanoseconds(world.duration).count());
    if (duration <= week_nanoseconds) {
        return {1, duration};
    }
    return {static_cast<std::uint32_t>((duration + week_nanoseconds - 1) / week_nanoseconds), week_nanoseconds};
}

Cast::Cast(const WorldConfig& world, const Networks& networks, const Population& population, QuerierUrn& urn,
           std::uint64_t seed)
    : world_(world),
      networks_(networks),
      population_(population),
      seed_(seed),
      weeks_(weeks_of(world)),
      countries_(population.country_shares()) {
    for (std::uint32_t number = 0; number < world.classes.size(); ++number) {
        RoleShares profile = world.classes[number].profile;
        if (world.profile_redraw > 0) {
            Random random = random_of(seed, seeds::class_profile, number);
            const RoleShares means = profile;
            draw_dirichlet(random, world.profile_redraw, means, profile);
        }
        class_profiles_.push_back(profile);
    }
    for (std::uint32_t number = 0; number < world.classes.size(); ++number) {
        make_class(number);
    }
    add_planted();
    add_campaigns();
    add_small();
    add_floods();
    for (const Operator& each : operators_) {
        urn.prepare(each.country);
    }
}

std::string_view Cast::class_of(const Originator& originator) const {
    return originator.standing == Standing::spoofed ? std::string_view("spoofed")
                                                    : world_.classes[originator.class_number].name;
}

std::string_view Cast::operator_of(const Originator& originator) const {
    return originator.standing == Standing::usual ? std::string_view(operators_[originator.operator_number].name)
                                                  : std::string_view("-");
}

RoleShares Cast::profile(std::uint32_t originator, std::uint32_t week) const {
    const Originator& one = originators_[originator];
    Random random = random_of(seed_, seeds::address_traits, originator);
    RoleShares profile{};
    draw_dirichlet(random, world_.address_concentration, operators_[one.operator_number].profile, profile);
    if (weeks_.count > 1) {
        Random weekly = random_of(seed_, seeds::week_traits, (std::uint64_t{originator} << 16U) + week);
        const RoleShares means = profile;
        draw_dirichlet(weekly, world_.week_concentration, means, profile);
    }
    return profile;
}

void Cast::make_class(std::uint32_t class_number) {
    const ClassConfig& config = world_.classes[class_number];
    const std::uint32_t count = config.labelled + config.others;
    if (count == 0) {
        return;
    }
    Random random = random_of(seed_, seeds::originators, class_number);
    std::vector<std::uint32_t> staff;
    for (std::uint32_t i = 0; i < config.operators; ++i) {
        staff.push_back(
            add_operator(class_number, fmt::format("{}-{}", config.name, i + 1), count / config.operators + 1));
    }
    for (std::uint32_t i = 0; i < count; ++i) {
        live(class_number, staff, i < config.labelled, random);
    }
    if (config.name == "scan" && world_.pulse > 0 && weeks_.count > pulse_first_week) {
        const auto more = static_cast<std::uint32_t>(world_.pulse * count);
        for (std::uint32_t i = 0; i < more; ++i) {
            const std::uint32_t operator_number = staff.empty()
                                                      ? add_operator(class_number, fmt::format("pulse-{}", i + 1), 1)
                                                      : staff[random.below(static_cast<std::uint32_t>(staff.size()))];
            Originator one;
            one.first_week = pulse_first_week;
            one.last_week = std::min(pulse_last_week, weeks_.count - 1);
            add_originator(random, operator_number, one);
        }
    }
}

/// One place in a class, taken by one originator after another over the weeks.
void Cast::live(std::uint32_t class_number, std::span<const std::uint32_t> staff, bool is_labelled, Random& random) {
    const ClassConfig& config = world_.classes[class_number];
    const double death = 1 - exponential(-ln_2 / config.half_life_weeks);
    for (std::uint32_t week = 0; week < weeks_.count;) {
        Originator one;
        one.is_labelled = is_labelled;
        one.first_week = week;
        const bool is_immortal = uniform(random) < world_.immortal_share;
        while (++week < weeks_.count && (is_immortal || uniform(random) >= death)) {
        }
        one.last_week = week - 1;
        // Companies are of unequal size: the n-th largest has some n^-0.7 of the addresses.
        std::uint32_t operator_number = 0;
        if (staff.empty()) {
            operator_number = add_operator(class_number, fmt::format("{}-{}", config.name, operators_.size() + 1), 1);
        } else {
            const double rank = power(uniform_positive(random), 1 / .3) * static_cast<double>(staff.size());
            operator_number = staff[std::min(static_cast<std::size_t>(rank), staff.size() - 1)];
        }
        add_originator(random, operator_number, one);
    }
}

std::uint32_t Cast::add_operator(std::uint32_t class_number, std::string name, std::size_t originators) {
    const ClassConfig& config = world_.classes[class_number];
    Random random = random_of(seed_, seeds::operator_traits, operators_.size());
    Operator& one = operators_.emplace_back();
    one.name = std::move(name);
    one.class_number = class_number;
    one.country = world_.originator_country.empty() ? static_cast<std::uint16_t>(countries_.draw(random))
                                                    : networks_.country(world_.originator_country);
    one.home_share = draw_share(random, world_.operator_concentration, config.home_share);
    one.asks = config.asks * draw_lognormal(random, world_.operator_asks_deviation);
    one.duty = std::clamp(config.duty * draw_lognormal(random, .2), .02, 1.0);
    draw_dirichlet(random, world_.operator_concentration, class_profiles_[class_number], one.profile);

    // Countries by an exponential race: the weightier come first, and no two operators have quite the same.
    const std::vector<double>& shares = population_.country_shares();
    std::vector<std::pair<double, std::uint32_t>> race;
    for (std::uint32_t country = 0; country < shares.size(); ++country) {
        race.emplace_back(draw_exponential(random) / shares[country], country);
    }
    std::ranges::sort(race);
    one.support.assign(shares.size(), 0);
    one.support_share = 0;
    for (std::size_t i = 0; i < race.size() && i < config.countries; ++i) {
        one.support[race[i].second] = 1;
        one.support_share += shares[race[i].second];
    }
    choose_home_octets(random, one);
    const auto blocks = static_cast<std::size_t>(static_cast<double>(originators) / originators_per_block) + 1;
    for (std::size_t i = 0; i < blocks; ++i) {
        Site site;
        one.blocks.push_back(networks_.draw_v4_block(random, one.country, site));
    }
    return static_cast<std::uint32_t>(operators_.size() - 1);
}

/// The /8s of the operator's queriers at home, again by an exponential race.
void Cast::choose_home_octets(Random& random, Operator& one) const {
    const std::uint32_t octets_max = world_.classes[one.class_number].home_octets;
    if (octets_max == 0) {
        one.home_octets.set();
        return;
    }
    const auto& counts = population_.octet_counts(one.country);
    std::vector<std::pair<double, std::uint32_t>> race;
    double all = 0;
    for (std::uint32_t octet = 0; octet < counts.size(); ++octet) {
        if (counts[octet] > 0) {
            race.emplace_back(draw_exponential(random) / counts[octet], octet);
            all += counts[octet];
        }
    }
    std::ranges::sort(race);
    double kept = 0;
    for (std::size_t i = 0; i < race.size() && i < octets_max; ++i) {
        one.home_octets.set(race[i].second);
        kept += counts[race[i].second];
    }
    one.home_octets_share = all > 0 ? kept / all : 1;
}

void Cast::add_originator(Random& random, std::uint32_t operator_number, Originator originator) {
    const Operator& owner = operators_[operator_number];
    const ClassConfig& config = world_.classes[owner.class_number];
    originator.class_number = owner.class_number;
    originator.operator_number = operator_number;
    originator.is_nameless = uniform(random) < config.nameless_share;
    originator.address =
        draw_address(random, owner.blocks[random.below(static_cast<std::uint32_t>(owner.blocks.size()))]);
    if (originator.queriers <= 0 && originator.targets <= 0) {
        const double least =
            originator.is_labelled ? std::max(config.footprint_least, world_.labelled_least) : config.footprint_least;
        originator.queriers =
            draw_footprint(random, least, std::max(world_.footprint_most, least + 1), config.footprint_exponent);
    }
    originators_.push_back(originator);
}

void Cast::add_planted() {
    for (std::size_t i = 0; i < world_.planted.size(); ++i) {
        const PlantedConfig& planted = world_.planted[i];
        Random random = random_of(seed_, seeds::originators, (1U << 16U) + i);
        const std::string name =
            planted.operator_name.empty() ? fmt::format("planted-{}", i + 1) : planted.operator_name;
        const std::uint32_t operator_number =
            add_operator(world_.class_number(planted.class_name), name, planted.count);
        if (planted.asks > 0) {
            operators_[operator_number].asks = std::max(1.0, planted.asks);
        }
        for (std::uint32_t j = 0; j < planted.count; ++j) {
            Originator one;
            one.is_labelled = planted.labelled;
            one.queriers = planted.queriers;
            one.targets = planted.targets;
            one.last_week = weeks_.count - 1;
            add_originator(random, operator_number, one);
        }
    }
}

void Cast::add_campaigns() {
    for (std::size_t i = 0; i < world_.campaigns.size(); ++i) {
        const CampaignConfig& campaign = world_.campaigns[i];
        Random random = random_of(seed_, seeds::originators, (2U << 16U) + i);
        // Bots stand anywhere: a block each.
        const std::uint32_t operator_number = add_operator(world_.class_number(campaign.class_name),
                                                           fmt::format("campaign-{}", i + 1), campaign.originators);
        for (std::uint32_t j = 0; j < campaign.originators; ++j) {
            Originator one;
            one.queriers =
                campaign.queriers_least + uniform(random) * (campaign.queriers_most - campaign.queriers_least);
            one.last_week = weeks_.count - 1;
            add_originator(random, operator_number, one);
            originators_.back().address = draw_address_anywhere(random);
        }
    }
}

void Cast::add_small() {
    std::vector<double> weights;
    for (const ClassConfig& config : world_.classes) {
        weights.push_back(config.labelled + config.others);
    }
    if (world_.small == 0 || std::accumulate(weights.begin(), weights.end(), 0.0) <= 0) {
        return;
    }
    const WeightedIndices classes(weights);
    Random random = random_of(seed_, seeds::small_originators);
    originators_.reserve(originators_.size() + world_.small);
    for (std::uint32_t i = 0; i < world_.small; ++i) {
        Originator one;
        one.standing = Standing::small;
        one.class_number = classes.draw(random);
        one.queriers = draw_footprint(random, 1, small_queriers_most, 1.76);
        one.address = draw_address_anywhere(random);
        one.first_week = random.below(weeks_.count);
        one.last_week = one.first_week;
        originators_.push_back(one);
    }
}

void Cast::add_floods() {
    Random random = random_of(seed_, seeds::floods);
    for (std::uint32_t flood = 0; flood < world_.floods.size(); ++flood) {
        for (std::uint32_t i = 0; i < world_.floods[flood].originators; ++i) {
            Originator one;
            one.standing = Standing::spoofed;
            one.flood = flood;
            one.last_week = weeks_.count - 1;
            one.address = draw_address_anywhere(random);
            originators_.push_back(one);
        }
    }
}

/// An address of the block that nobody has, or of another block where it is full; IPv6 by the world's share.
IpAddress Cast::draw_address(Random& random, std::uint32_t v4_block) {
    if (uniform(random) < world_.ipv6_originators) {
        Site site;
        std::array<std::uint8_t, 16> octets =
            networks_.draw_v6_block(random, static_cast<std::uint16_t>(countries_.draw(random)), site).octets();
        const std::uint32_t number = ++v6_count_;
        for (unsigned i = 0; i < 4; ++i) {
            octets[12 + i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
        }
        return IpAddress::from_v6(octets.data());
    }
    for (unsigned attempt = 0;; ++attempt) {
        if (attempt > 0 && attempt % 64 == 0) {
            Site site;
            v4_block = networks_.draw_v4_block(random, static_cast<std::uint16_t>(countries_.draw(random)), site);
        }
        const std::uint32_t address = v4_block + 1 + random.below(254);
        if (taken_.insert(address).second) {
            return v4_address(address);
        }
    }
}

IpAddress Cast::draw_address_anywhere(Random& random) {
    Site site;
    const std::uint16_t country = world_.originator_country.empty()
                                      ? static_cast<std::uint16_t>(countries_.draw(random))
                                      : networks_.country(world_.originator_country);
    return draw_address(random, networks_.draw_v4_block(random, country, site));
}

}  // namespace echotap
