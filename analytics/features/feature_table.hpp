// SPDX-License-Identifier: Apache-2.0
// The features of an originator: their order, names, units, formulas and sources. One table, which a model's file
// carries too.
//
// Notation, for one originator in one window: U unique queriers, Q queries that counted (repeats within 30 s do not),
// all of a kind counted once per unique querier. 1.5, 1.6, 2.2, 2.4 and 6 are sections of the requirements; [FH] is
// Fukuda, Heidemann: "Detecting Malicious Activity with DNS Backscatter", IMC 2015, section 3.3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace echotap {

enum class FeatureGroup : std::uint8_t {
    name,     // static features of [FH]: what queriers are called
    dynamic,  // dynamic features of [FH]: when and from where they ask
    ours,     // a second table, which a model may use or not
};

enum class Feature : std::uint8_t {
    home,
    mail,
    ns,
    fw,
    antispam,
    www,
    ntp,
    cdn,
    aws,
    ms,
    google,
    other_unclassified,
    unreach,
    nxdomain,
    queries_per_querier,
    query_persistence,
    local_entropy,
    global_entropy,
    unique_ases,
    unique_countries,
    queriers_per_country,
    queriers_per_as,
    footprint_log,
    ipv6_share,
    growth_exponent,
    gap_variation,
    daily_strength,
    shared_queriers,
    minimising_share,
};

inline constexpr std::size_t feature_count = 29;
inline constexpr std::size_t paper_feature_count = 22;  // those before footprint_log

struct FeatureDefinition {
    std::string_view name;
    FeatureGroup group;
    std::string_view unit;
    std::string_view formula;
    std::string_view source;
};

/// By Feature.
inline constexpr std::array<FeatureDefinition, feature_count> feature_table{{
    {"home", FeatureGroup::name, "share", "queriers of this category / queriers whose name is known", "1.5"},
    {"mail", FeatureGroup::name, "share", "as home", "1.5"},
    {"ns", FeatureGroup::name, "share", "as home", "1.5"},
    {"fw", FeatureGroup::name, "share", "as home", "1.5"},
    {"antispam", FeatureGroup::name, "share", "as home", "1.5"},
    {"www", FeatureGroup::name, "share", "as home", "1.5"},
    {"ntp", FeatureGroup::name, "share", "as home", "1.5"},
    {"cdn", FeatureGroup::name, "share", "as home", "1.5"},
    {"aws", FeatureGroup::name, "share", "as home", "1.5"},
    {"ms", FeatureGroup::name, "share", "as home", "1.5"},
    {"google", FeatureGroup::name, "share", "as home", "1.5"},
    {"other_unclassified", FeatureGroup::name, "share", "as home", "1.5"},
    {"unreach", FeatureGroup::name, "share", "as home", "1.5"},
    {"nxdomain", FeatureGroup::name, "share", "as home", "1.5"},
    {"queries_per_querier", FeatureGroup::dynamic, "queries", "Q / U", "1.6"},
    {"query_persistence", FeatureGroup::dynamic, "periods of 10 minutes", "distinct floor(t / 600 s)", "1.6"},
    {"local_entropy", FeatureGroup::dynamic, "share of log2 U", "H(/24 of IPv4, /48 of IPv6 queriers) / log2 U",
     "1.6, 2.2"},
    {"global_entropy", FeatureGroup::dynamic, "octets", "H(/8 of IPv4, /32 of IPv6 queriers) / 8 bits", "1.6, 2.2"},
    {"unique_ases", FeatureGroup::dynamic, "share", "ASes of its queriers / ASes of all queriers of the window", "1.6"},
    {"unique_countries", FeatureGroup::dynamic, "share", "countries of its queriers / countries of all queriers",
     "1.6"},
    {"queriers_per_country", FeatureGroup::dynamic, "1 / countries", "1 / countries of its queriers", "1.6"},
    {"queriers_per_as", FeatureGroup::dynamic, "1 / ASes", "1 / ASes of its queriers", "1.6"},
    {"footprint_log", FeatureGroup::ours, "log10 queriers", "log10 U", "3.6"},
    {"ipv6_share", FeatureGroup::ours, "share", "IPv6 queriers / U", "2.2"},
    {"growth_exponent", FeatureGroup::ours, "exponent", "ln U / ln Q; 1 where Q is 1", "6"},
    {"gap_variation", FeatureGroup::ours, "ratio", "deviation / mean of the gaps between periods", "6"},
    {"daily_strength", FeatureGroup::ours, "share", "resultant of the periods on a clock of 24 hours", "6"},
    {"shared_queriers", FeatureGroup::ours, "share", "queriers that other originators have as well / U", "6"},
    {"minimising_share", FeatureGroup::ours, "share", "queriers that also sent minimised queries / U", "2.4"},
}};

constexpr std::string_view name_of(Feature feature) {
    return feature_table[static_cast<std::size_t>(feature)].name;
}

}  // namespace echotap
