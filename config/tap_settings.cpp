// SPDX-License-Identifier: Apache-2.0
#include "config/tap_settings.hpp"

#include "config/setting_kinds.hpp"

namespace echotap {

namespace {

using namespace std::chrono_literals;
using namespace kinds;

constexpr std::chrono::days day(1);
constexpr std::uint64_t mebi = 1U << 20U;

/// `get` gives the member of a TapConfig, constant or not.
template <class Get, class Kind>
Setting row(const char* section, const char* key, Get get, Kind kind) {
    Setting setting{.section = section, .key = key, .read = {}, .show = {}};
    setting.is_list = requires {
        Kind::is_list;
    };
    setting.read = [=](TomlTable& table, TapConfig& config) { kind.read(table, key, get(config)); };
    setting.show = [=](const TapConfig& config) { return kind.show(get(config)); };
    return setting;
}

Setting live(Setting setting) {
    setting.is_live = true;
    return setting;
}

template <class Value>
std::string text_of(const Value& value) {
    return value.to_string();
}

std::string window_length_text(const WindowLength& window) {
    std::string text = window.is_whole() ? "whole" : show_span(window.length);
    if (window.families != OriginatorFamilies::all) {
        text.append(window.families == OriginatorFamilies::v4 ? ":v4" : ":v6");
    }
    return text;
}

/// A tap runs for ever, and a whole window would never close.
std::optional<WindowLength> parse_live_length(std::string_view text) {
    const auto window = WindowLength::parse(text);
    return window && !window->is_whole() ? window : std::nullopt;
}

std::string time_text(std::chrono::sys_seconds time) {
    const auto date = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day ymd(date);
    const std::chrono::hh_mm_ss clock(time - date);
    const auto two = [](auto number) {
        std::string text = std::to_string(number);
        return text.size() < 2 ? std::string("0").append(text) : text;
    };
    return std::to_string(static_cast<int>(ymd.year()))
        .append("-")
        .append(two(static_cast<unsigned>(ymd.month())))
        .append("-")
        .append(two(static_cast<unsigned>(ymd.day())))
        .append("T")
        .append(two(clock.hours().count()))
        .append(":")
        .append(two(clock.minutes().count()))
        .append(":")
        .append(two(clock.seconds().count()));
}

std::vector<Setting> tap_rows() {
    const Choice<LogLevel> levels{{{"error", LogLevel::error},
                                   {"warning", LogLevel::warning},
                                   {"notice", LogLevel::notice},
                                   {"debug", LogLevel::debug}}};
    return {
        row(
            "tap", "name", [](auto& c) -> auto& { return c.name; }, Text{}),
        row(
            "tap", "user", [](auto& c) -> auto& { return c.user; }, Text{}),
        live(row(
            "tap", "log_level", [](auto& c) -> auto& { return c.log_level; }, levels)),
    };
}

std::vector<Setting> port_rows() {
    const Choice<HugePages> huge_pages{
        {{"automatic", HugePages::automatic}, {"yes", HugePages::yes}, {"no", HugePages::no}}};
    return {
        row(
            "ports", "names", [](auto& c) -> auto& { return c.ports.ports; }, Texts{}),
        row(
            "ports", "workers", [](auto& c) -> auto& { return c.ports.workers; }, Whole{1, 64}),
        row(
            "ports", "cpus", [](auto& c) -> auto& { return c.ports.cpus; }, Wholes{0, 4095}),
        row(
            "ports", "queues_per_port", [](auto& c) -> auto& { return c.ports.queues_per_port; }, Whole{0, 64}),
        row(
            "ports", "huge_pages", [](auto& c) -> auto& { return c.ports.huge_pages; }, huge_pages),
        row(
            "ports", "memory_mib", [](auto& c) -> auto& { return c.ports.memory_mib; }, Whole{0, 1U << 24U}),
        row(
            "ports", "descriptors", [](auto& c) -> auto& { return c.ports.descriptors; }, Whole{64, 32'768}),
        row(
            "ports", "promiscuous", [](auto& c) -> auto& { return c.ports.promiscuous; }, Flag{}),
        row(
            "ports", "mtu", [](auto& c) -> auto& { return c.ports.mtu; }, Whole{576, 65'535}),
        row(
            "ports", "idle_sleep", [](auto& c) -> auto& { return c.ports.idle_sleep; }, Span{0s, 1s}),
        row(
            "ports", "hand_over_frames", [](auto& c) -> auto& { return c.ports.hand_over_frames; },
            Whole{64, 1U << 20U}),
        row(
            "ports", "queries_waiting", [](auto& c) -> auto& { return c.ports.queries_waiting; }, Whole{64, 1U << 20U}),
        row(
            "ports", "dpdk_telemetry", [](auto& c) -> auto& { return c.ports.dpdk_telemetry; }, Flag{}),
        row(
            "ports", "file_prefix", [](auto& c) -> auto& { return c.ports.file_prefix; }, Text{}),
    };
}

std::vector<Setting> line_rows() {
    const ParsedList addresses{"IPv4 or IPv6 addresses", &IpAddress::parse, text_of<IpAddress>};
    const ParsedList prefixes{"addresses, or ADDRESS/LENGTH with all host bits zero", &Prefix::parse, text_of<Prefix>};
    return {
        row(
            "line", "authorities", [](auto& c) -> auto& { return c.line.authorities; }, prefixes),
        row(
            "line", "dns_ports", [](auto& c) -> auto& { return c.line.dns_ports; }, Wholes{1, 65'535}),
        row(
            "line", "own_resolver_addresses", [](auto& c) -> auto& { return c.line.own_resolver_addresses; },
            addresses),
        row(
            "line", "header_depth_max", [](auto& c) -> auto& { return c.line.header_depth_max; }, Whole{4, 256}),
        row(
            "fragments", "timeout", [](auto& c) -> auto& { return c.line.fragments.timeout; }, Span{100ms, 10min}),
        row(
            "fragments", "packets_max", [](auto& c) -> auto& { return c.line.fragments.packets_max; },
            Whole{1, 1U << 24U}),
        row(
            "fragments", "octets_max", [](auto& c) -> auto& { return c.line.fragments.octets_max; }, Octets{mebi}),
        row(
            "tcp", "idle_timeout", [](auto& c) -> auto& { return c.line.tcp.idle_timeout; }, Span{1s, 1h}),
        row(
            "tcp", "streams_max", [](auto& c) -> auto& { return c.line.tcp.streams_max; }, Whole{1, 1U << 24U}),
        row(
            "tcp", "stream_octets_max", [](auto& c) -> auto& { return c.line.tcp.stream_octets_max; },
            Octets{128 * 1024}),
        row(
            "tcp", "octets_max", [](auto& c) -> auto& { return c.line.tcp.octets_max; }, Octets{mebi}),
    };
}

std::vector<Setting> window_rows() {
    const ParsedList lengths{"1m to 5w, with :v4 or :v6 or without", parse_live_length, window_length_text};
    const Parsed anchor{"a time such as \"2014-04-29T12:00\"", parse_time, time_text};
    return {
        row(
            "windows", "lengths", [](auto& c) -> auto& { return c.windows.lengths; }, lengths),
        row(
            "windows", "anchor", [](auto& c) -> auto& { return c.windows.anchor; }, anchor),
        row(
            "windows", "grace", [](auto& c) -> auto& { return c.windows.grace; }, Span{0s, day}),
        row(
            "windows", "repeat_interval", [](auto& c) -> auto& { return c.windows.repeat_interval; }, Span{0s, 10min}),
        row(
            "windows", "sample_size", [](auto& c) -> auto& { return c.windows.sample_size; }, Whole{16, 1U << 24U}),
        row(
            "windows", "sample_key_path", [](auto& c) -> auto& { return c.sample_key_path; }, Text{}),
        row(
            "windows", "sampling_rate", [](auto& c) -> auto& { return c.windows.sampling_rate; }, Whole{1, 1'000'000}),
        row(
            "windows", "memory_budget", [](auto& c) -> auto& { return c.windows.memory_budget; }, Octets{64 * mebi}),
        live(row(
            "windows", "provisional_interval", [](auto& c) -> auto& { return c.provisional_interval; }, Span{0s, day})),
        live(row(
            "originators", "min_queriers", [](auto& c) -> auto& { return c.originators.min_queriers; },
            Number{1, 1e9})),
        live(row(
            "originators", "min_queriers_v6", [](auto& c) -> auto& { return c.originators.min_queriers_v6; },
            Number{1, 1e9})),
        live(row(
            "originators", "top", [](auto& c) -> auto& { return c.originators.top; }, Whole{1, 10'000'000})),
    };
}

std::vector<Setting> name_rows() {
    const ParsedList addresses{"IPv4 or IPv6 addresses", &IpAddress::parse, text_of<IpAddress>};
    const ParsedList servers{"ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT", &NameServer::parse, text_of<NameServer>};
    constexpr std::chrono::days year(366);
    return {
        live(row(
            "names", "snapshot_paths", [](auto& c) -> auto& { return c.names.snapshot_paths; }, Texts{})),
        live(row(
            "names", "load_octets_max", [](auto& c) -> auto& { return c.names.load_octets_max; }, Octets{mebi})),
        live(row(
            "names", "rules_path", [](auto& c) -> auto& { return c.name_rules_path; }, Text{})),
        live(row(
            "names", "wait", [](auto& c) -> auto& { return c.name_wait; }, Span{0s, 1h})),
        row(
            "names", "cache_path", [](auto& c) -> auto& { return c.names.cache.path; }, Text{}),
        row(
            "names", "cache_rows_max", [](auto& c) -> auto& { return c.names.cache.rows_max; },
            Whole{1000, 1'000'000'000}),
        row(
            "names", "name_life", [](auto& c) -> auto& { return c.names.cache.name_life; }, Span{1min, year}),
        row(
            "names", "nxdomain_life", [](auto& c) -> auto& { return c.names.cache.nxdomain_life; }, Span{1min, year}),
        row(
            "names", "unreach_life", [](auto& c) -> auto& { return c.names.cache.unreach_life; }, Span{1s, year}),
        row(
            "resolver", "servers", [](auto& c) -> auto& { return c.names.resolver.servers; }, servers),
        row(
            "resolver", "queries_per_second", [](auto& c) -> auto& { return c.names.resolver.queries_per_second; },
            Number{0, 1e6}),
        row(
            "resolver", "network_queries_per_second",
            [](auto& c) -> auto& { return c.names.resolver.network_queries_per_second; }, Number{0, 1e6}),
        row(
            "resolver", "in_flight_max", [](auto& c) -> auto& { return c.names.resolver.in_flight_max; },
            Whole{1, 16'384}),
        row(
            "resolver", "waiting_max", [](auto& c) -> auto& { return c.names.resolver.waiting_max; },
            Whole{64, 1U << 24U}),
        row(
            "resolver", "timeout", [](auto& c) -> auto& { return c.names.resolver.timeout; }, Span{10ms, 1min}),
        row(
            "resolver", "tries", [](auto& c) -> auto& { return c.names.resolver.tries; }, Whole{1, 10}),
        row(
            "resolver", "source_addresses", [](auto& c) -> auto& { return c.names.resolver.source_addresses; },
            addresses),
    };
}

std::vector<Setting> answer_rows() {
    return {
        live(row(
            "geo", "country_path", [](auto& c) -> auto& { return c.geo.country_path; }, Text{})),
        live(row(
            "geo", "as_path", [](auto& c) -> auto& { return c.geo.as_path; }, Text{})),
        live(row(
            "geo", "country_fields", [](auto& c) -> auto& { return c.geo.country_fields; }, Texts{})),
        live(row(
            "geo", "as_fields", [](auto& c) -> auto& { return c.geo.as_fields; }, Texts{})),
        live(row(
            "model", "path", [](auto& c) -> auto& { return c.model_path; }, Text{})),
        row(
            "store", "path", [](auto& c) -> auto& { return c.store.path; }, Text{}),
        row(
            "store", "patience", [](auto& c) -> auto& { return c.store.patience; }, Span{0s, 1h}),
        row(
            "store", "whole_windows", [](auto& c) -> auto& { return c.store.are_windows_kept; }, Flag{}),
        live(row(
            "store", "keep", [](auto& c) -> auto& { return c.retention.age_max; }, Span{0s, 36'500 * day})),
        live(row(
            "store", "keep_windows", [](auto& c) -> auto& { return c.retention.windows_max; }, Whole{})),
        live(row(
            "store", "keep_whole_windows", [](auto& c) -> auto& { return c.retention.whole_windows_max; }, Whole{})),
    };
}

std::vector<Setting> operator_rows() {
    const Parsed address{"an IPv4 or IPv6 address in quotes", &IpAddress::parse, text_of<IpAddress>};
    return {
        row(
            "checkpoint", "path", [](auto& c) -> auto& { return c.checkpoint.path; }, Text{}),
        row(
            "checkpoint", "interval", [](auto& c) -> auto& { return c.checkpoint.interval; }, Span{1s, day}),
        row(
            "control", "path", [](auto& c) -> auto& { return c.control.path; }, Text{}),
        row(
            "metrics", "address", [](auto& c) -> auto& { return c.metrics.address; }, address),
        row(
            "metrics", "port", [](auto& c) -> auto& { return c.metrics.port; }, Whole{0, 65'535}),
        row(
            "metrics", "token_path", [](auto& c) -> auto& { return c.metrics.token_path; }, Text{}),
        row(
            "watchdog", "worker_limit", [](auto& c) -> auto& { return c.watchdog.worker_limit; }, Span{0s, 1h}),
    };
}

std::vector<Setting> all_rows() {
    std::vector<Setting> all;
    for (const auto rows : {tap_rows, port_rows, line_rows, window_rows, name_rows, answer_rows, operator_rows}) {
        for (Setting& one : rows()) {
            all.push_back(std::move(one));
        }
    }
    return all;
}

}  // namespace

std::string Setting::variable() const {
    std::string name = std::string("ECHOTAP_").append(section).append("_").append(key);
    for (char& letter : name) {
        letter = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
    }
    return name;
}

const std::vector<Setting>& tap_settings() {
    static const std::vector<Setting> settings = all_rows();
    return settings;
}

}  // namespace echotap
