// SPDX-License-Identifier: Apache-2.0
#include "config/world_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <stdexcept>

#include "config/window_config.hpp"

namespace echotap {

namespace {

constexpr double count_max = 1e10;

std::string listed(std::span<const std::string_view> names) {
    std::string text;
    for (const std::string_view name : names) {
        text.append(text.empty() ? "" : ", ").append(name);
    }
    return text;
}

template <class Enum, std::size_t size>
Enum enumerator(TomlTable& table, const std::string& key, const std::array<std::string_view, size>& names, Enum value) {
    std::string text(names[static_cast<std::size_t>(value)]);
    table.read(key, text);
    const auto found = std::ranges::find(names, text);
    if (found == names.end()) {
        table.fail(key, fmt::format("write one of {}", listed(names)));
    }
    return static_cast<Enum>(found - names.begin());
}

/// Reads every field that visit() names.
struct Reader {
    TomlTable& table;

    void operator()(const char* key, std::string& value) { table.read(key, value); }
    void operator()(const char* key, bool& value) { table.read(key, value); }
    void operator()(const char* key, double& value, double least, double most) { table.read(key, value, least, most); }
    void operator()(const char* key, std::uint32_t& value, std::uint32_t least, std::uint32_t most) {
        table.read(key, value, least, most);
    }
    void operator()(const char* key, std::uint64_t& value, std::uint64_t least, std::uint64_t most) {
        table.read(key, value, least, most);
    }
    void operator()(const char* key, ActivityPattern& value) {
        value = enumerator(table, key, activity_pattern_names, value);
    }
    void operator()(const char* key, RoleShares& shares) {
        TomlTable roles = table.table(key);
        if (table.has(key)) {
            shares.fill(0);
        }
        double sum = 0;
        for (std::size_t i = 0; i < querier_role_count; ++i) {
            roles.read(std::string(querier_role_names[i]), shares[i], 0, 1);
            sum += shares[i];
        }
        roles.refuse_unknown();
        if (sum <= 0) {
            table.fail(key, "give at least one role a share");
        }
        for (double& share : shares) {
            share /= sum;
        }
    }
};

/// Writes them as text.
struct Writer {
    std::string& text;

    template <class Value, class... Range>
    void operator()(const char* key, const Value& value, Range...) {
        if constexpr (std::is_same_v<Value, RoleShares>) {
            text.append(key).append("=");
            for (const double share : value) {
                text.append(fmt::format("{},", share));
            }
        } else if constexpr (std::is_enum_v<Value>) {
            text += fmt::format("{}={};", key, static_cast<int>(value));
        } else {
            text += fmt::format("{}={};", key, value);
        }
    }
};

// Each field once, with its range; reading and writing follow the same list.

template <class Config, class Visitor>
void visit_population(Config& config, Visitor&& visitor) {
    visitor("queriers", config.queriers, 1'000U, 16'000'000U);
    visitor("sharing_exponent", config.sharing_exponent, 1.05, 3.0);
    visitor("country_exponent", config.country_exponent, 0.0, 3.0);
    visitor("ipv6_share", config.ipv6_share, 0.0, 1.0);
    visitor("farm_share", config.farm_share, 0.0, 1.0);
    visitor("farms", config.farms, 1U, 1'000'000U);
    visitor("roles", config.roles);
    visitor("keyword_share", config.keyword_share, 0.0, 1.0);
    visitor("grammar", config.grammar, 0U, 1'000'000U);
}

template <class Config, class Visitor>
void visit_cache(Config& config, Visitor&& visitor) {
    visitor("background", config.background, 0.0, 1e15);
    visitor("leak", config.leak, 0.0, 1.0);
    visitor("leak_spread", config.leak_spread, 0.0, 5.0);
    visitor("letter_share", config.letter_share, 1e-6, 1.0);
    visitor("letter_concentration", config.letter_concentration, .01, 1e6);
}

template <class Config, class Visitor>
void visit_traffic(Config& config, Visitor&& visitor) {
    visitor("tcp_share", config.tcp_share, 0.0, 1.0);
    visitor("edns_share", config.edns_share, 0.0, 1.0);
    visitor("mixed_case_share", config.mixed_case_share, 0.0, 1.0);
    visitor("repeat_share", config.repeat_share, 0.0, 1.0);
    visitor("repeat_copies", config.repeat_copies, 1.0, 5.0);
    visitor("minimising_share", config.minimising_share, 0.0, 1.0);
    visitor("nsec_share", config.nsec_share, 0.0, 1.0);
    visitor("masked", config.masked);
    visitor("sampling", config.sampling, 1U, 1'000'000U);
}

template <class Config, class Visitor>
void visit_class(Config& config, Visitor&& visitor) {
    visitor("profile", config.profile);
    visitor("asks", config.asks, 1.0, 1000.0);
    visitor("duty", config.duty, .001, 1.0);
    visitor("pattern", config.pattern);
    visitor("home_share", config.home_share, 0.0, 1.0);
    visitor("home_octets", config.home_octets, 0U, 256U);
    visitor("countries", config.countries, 1U, 300U);
    visitor("operators", config.operators, 0U, 1'000'000U);
    visitor("lookup_probability", config.lookup_probability, 1e-9, 1.0);
    visitor("footprint_exponent", config.footprint_exponent, .5, 10.0);
    visitor("footprint_least", config.footprint_least, 1.0, 1e6);
    visitor("nameless_share", config.nameless_share, 0.0, 1.0);
    visitor("labelled", config.labelled, 0U, 1'000'000U);
    visitor("others", config.others, 0U, 1'000'000U);
    visitor("half_life_weeks", config.half_life_weeks, .1, 1e6);
}

template <class Config, class Visitor>
void visit_planted(Config& config, Visitor&& visitor) {
    visitor("class", config.class_name);
    visitor("operator", config.operator_name);
    visitor("count", config.count, 1U, 1'000'000U);
    visitor("targets", config.targets, 0.0, count_max);
    visitor("queriers", config.queriers, 0.0, 1e6);
    visitor("asks", config.asks, 0.0, 1000.0);
    visitor("labelled", config.labelled);
}

template <class Config, class Visitor>
void visit_campaign(Config& config, Visitor&& visitor) {
    visitor("class", config.class_name);
    visitor("originators", config.originators, 1U, 1'000'000U);
    visitor("queriers_least", config.queriers_least, 1.0, 1e6);
    visitor("queriers_most", config.queriers_most, 1.0, 1e6);
}

template <class Config, class Visitor>
void visit_flood(Config& config, Visitor&& visitor) {
    visitor("originators", config.originators, 1U, 100'000U);
    visitor("queries", config.queries, std::uint64_t{1}, std::uint64_t{100'000'000});
    visitor("begin", config.begin, 0.0, 1.0);
    visitor("length", config.length, 1e-6, 1.0);
}

template <class Config, class Visitor>
void visit_world(Config& config, Visitor&& visitor) {
    visitor("name", config.name);
    visitor("authority_v4", config.authority_v4);
    visitor("authority_v6", config.authority_v6);
    visitor("originator_country", config.originator_country);
    visitor("operator_concentration", config.operator_concentration, .1, 1e9);
    visitor("address_concentration", config.address_concentration, .1, 1e9);
    visitor("week_concentration", config.week_concentration, .1, 1e9);
    visitor("profile_redraw", config.profile_redraw, 0.0, 1e9);
    visitor("operator_asks_deviation", config.operator_asks_deviation, 0.0, 3.0);
    visitor("address_asks_deviation", config.address_asks_deviation, 0.0, 3.0);
    visitor("ipv6_originators", config.ipv6_originators, 0.0, 1.0);
    visitor("footprint_most", config.footprint_most, 20.0, 1e6);
    visitor("labelled_least", config.labelled_least, 1.0, 1e6);
    visitor("label_noise", config.label_noise, 0.0, 1.0);
    visitor("small", config.small, 0U, 50'000'000U);
    visitor("pulse", config.pulse, 0.0, 10.0);
    visitor("immortal_share", config.immortal_share, 0.0, 1.0);
}

template <class Config>
std::vector<Config> read_each(TomlTable& world, const char* key, void (*visit)(Config&, Reader&&)) {
    std::vector<Config> configs;
    for (TomlTable table : world.tables(key)) {
        visit(configs.emplace_back(), Reader{table});
        table.refuse_unknown();
    }
    return configs;
}

template <class Config>
void write_each(std::string& text, const char* key, const std::vector<Config>& configs,
                void (*visit)(const Config&, Writer&&)) {
    for (const Config& config : configs) {
        text += fmt::format("[{}]", key);
        visit(config, Writer{text});
    }
}

}  // namespace

WorldConfig WorldConfig::from(TomlTable table) {
    WorldConfig world;
    visit_world(world, Reader{table});
    world.authority = enumerator(table, "authority", authority_level_names, world.authority);
    table.read("seed", world.seed, std::uint64_t{0}, std::uint64_t{INT64_MAX});
    std::string start = "2014-04-15T11:00";
    table.read("start", start);
    std::string duration = "1h";
    table.read("duration", duration);
    const auto start_time = parse_time(start);
    if (!start_time) {
        table.fail("start", "write a time such as \"2014-04-15T11:00\"");
    }
    const auto span = parse_duration(duration);
    if (!span || *span < std::chrono::minutes(1) || *span > std::chrono::weeks(60)) {
        table.fail("duration", "write a duration from 1m to 60w such as \"50h\"");
    }
    world.start = *start_time;
    world.duration = *span;

    TomlTable population = table.table("population");
    visit_population(world.population, Reader{population});
    population.refuse_unknown();
    TomlTable caches = table.table("cache");
    for (std::size_t level = 0; level < authority_level_names.size(); ++level) {
        TomlTable cache = caches.table(std::string(authority_level_names[level]));
        visit_cache(world.caches[level], Reader{cache});
        cache.refuse_unknown();
    }
    caches.refuse_unknown();
    TomlTable traffic = table.table("traffic");
    visit_traffic(world.traffic, Reader{traffic});
    traffic.refuse_unknown();

    TomlTable classes = table.table("class");
    for (const std::string& name : classes.keys()) {
        TomlTable one = classes.table(name);
        ClassConfig& config = world.classes.emplace_back();
        config.name = name;
        visit_class(config, Reader{one});
        one.refuse_unknown();
    }
    world.planted = read_each<PlantedConfig>(table, "planted", visit_planted<PlantedConfig, Reader>);
    world.campaigns = read_each<CampaignConfig>(table, "campaign", visit_campaign<CampaignConfig, Reader>);
    world.floods = read_each<FloodConfig>(table, "flood", visit_flood<FloodConfig, Reader>);
    table.refuse_unknown();

    if (world.classes.empty()) {
        table.fail("class", "a world needs at least one class: [class.scan]");
    }
    for (const PlantedConfig& planted : world.planted) {
        world.class_number(planted.class_name);
        if ((planted.targets > 0) == (planted.queriers > 0)) {
            table.fail("planted", "give either targets or queriers");
        }
    }
    for (const CampaignConfig& campaign : world.campaigns) {
        world.class_number(campaign.class_name);
    }
    return world;
}

std::string WorldConfig::canonical() const {
    std::string text = fmt::format("authority={};start={};duration={};", static_cast<int>(authority),
                                   start.time_since_epoch().count(), duration.count());
    visit_world(*this, Writer{text});
    text += "[population]";
    visit_population(population, Writer{text});
    for (const CacheConfig& cache : caches) {
        text += "[cache]";
        visit_cache(cache, Writer{text});
    }
    text += "[traffic]";
    visit_traffic(traffic, Writer{text});
    for (const ClassConfig& config : classes) {
        text += fmt::format("[class.{}]", config.name);
        visit_class(config, Writer{text});
    }
    write_each(text, "planted", planted, visit_planted<const PlantedConfig, Writer>);
    write_each(text, "campaign", campaigns, visit_campaign<const CampaignConfig, Writer>);
    write_each(text, "flood", floods, visit_flood<const FloodConfig, Writer>);
    return text;
}

std::string WorldConfig::hash() const {
    // FNV-1a over 64 bits: names a world in reports, and guards against nobody.
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char letter : canonical()) {
        hash = (hash ^ static_cast<std::uint8_t>(letter)) * 0x100000001b3U;
    }
    return fmt::format("{:016x}", hash);
}

std::uint32_t WorldConfig::class_number(const std::string& class_name) const {
    for (std::uint32_t number = 0; number < classes.size(); ++number) {
        if (classes[number].name == class_name) {
            return number;
        }
    }
    throw std::runtime_error(
        fmt::format("{}: the world has no class '{}'; add [class.{}]", name, class_name, class_name));
}

}  // namespace echotap
