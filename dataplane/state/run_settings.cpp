// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/run_settings.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "dataplane/state/window_header.hpp"

namespace echotap {

namespace {

std::string joined(const std::vector<std::string>& texts, const char* separator) {
    std::string all;
    for (const std::string& text : texts) {
        all += all.empty() ? "" : separator;
        all += text;
    }
    return all;
}

/// The value of a name, or what stands for one that a run of another version does not have.
std::string value_of(const RunSettings& settings, const std::string& name) {
    const auto found = std::ranges::find(settings, name, &RunSettings::value_type::first);
    return found == settings.end() ? "unknown" : found->second;
}

}  // namespace

RunSettings settings_of(const LineConfig& line, const WindowConfig& windows) {
    std::vector<std::string> authorities;
    for (const Prefix& authority : line.authorities) {
        authorities.push_back(authority.to_string());
    }
    std::vector<std::string> lengths;
    for (const WindowLength& length : windows.lengths) {
        constexpr const char* families[] = {"", ":v4", ":v6"};
        lengths.push_back(fmt::format("{} s{}", length.length.count(), families[static_cast<int>(length.families)]));
    }
    std::vector<std::string> ports;
    for (const std::uint16_t port : line.dns_ports) {
        ports.push_back(std::to_string(port));
    }
    return {
        {"authorities", joined(authorities, ", ")},
        {"DNS ports", joined(ports, ", ")},
        {"headers in a frame", std::to_string(line.header_depth_max)},
        {"fragments", fmt::format("{} packets, {} octets, {} ns", line.fragments.packets_max, line.fragments.octets_max,
                                  line.fragments.timeout.count())},
        {"streams", fmt::format("{} streams, {} octets, {} octets each, {} ns", line.tcp.streams_max,
                                line.tcp.octets_max, line.tcp.stream_octets_max, line.tcp.idle_timeout.count())},
        {"window lengths", joined(lengths, ", ")},
        {"anchor", fmt::format("{} s", windows.anchor.time_since_epoch().count())},
        {"grace", fmt::format("{} ns", windows.grace.count())},
        {"repeat interval", fmt::format("{} ns", windows.repeat_interval.count())},
        {"sample size", std::to_string(windows.sample_size)},
        {"sample key", fmt::format("fingerprint {:016x}", fingerprint({windows.sample_key[0], windows.sample_key[1]}))},
        {"sampling", fmt::format("1 in {}", windows.sampling_rate)},
    };
}

std::string differences(const RunSettings& before, const RunSettings& now) {
    std::vector<std::string> found;
    const auto note = [&](const std::string& name) {
        const std::string one = value_of(before, name);
        const std::string other = value_of(now, name);
        if (one != other) {
            found.push_back(fmt::format("{}: {} before, {} now", name, one, other));
        }
    };
    for (const auto& [name, value] : now) {
        note(name);
    }
    for (const auto& [name, value] : before) {
        if (value_of(now, name) == "unknown") {
            note(name);
        }
    }
    return joined(found, "; ");
}

}  // namespace echotap
