// SPDX-License-Identifier: Apache-2.0
// A snapshot of names read slowly and obviously: the whole text, split at line feeds, into a map.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "analytics/resolver/querier_name.hpp"
#include "config/ip_address.hpp"

namespace echotap::test {

/// Nothing where a line is wrong.
inline std::optional<std::map<IpAddress, QuerierName>> read_snapshot(std::string_view text) {
    std::map<IpAddress, QuerierName> rows;
    while (!text.empty()) {
        const std::size_t feed = text.find('\n');
        std::string line(text.substr(0, feed));
        text = feed == std::string_view::npos ? std::string_view{} : text.substr(feed + 1);
        if (line.size() > 1280) {
            return std::nullopt;
        }
        if (!line.empty() && line.back() == '\r') {
            line.pop_back();
        }
        if (line.empty() || line[0] == '#') {
            continue;
        }
        const std::size_t tab = line.find('\t');
        const auto address = IpAddress::parse(line.substr(0, tab));
        if (tab == std::string::npos || !address) {
            return std::nullopt;
        }
        QuerierName& row = rows[*address];
        row = {NameState::name, line.substr(tab + 1)};
        for (const char each : row.name) {
            if (static_cast<unsigned char>(each) <= 32 || each == 127) {
                return std::nullopt;
            }
        }
        // Walked from the left, a backslash takes the next character with it.
        bool ends_with_dot = false;
        for (std::size_t i = 0; i < row.name.size(); ++i) {
            ends_with_dot = row.name[i] == '.' && i + 1 == row.name.size();
            i += row.name[i] == '\\' ? 1 : 0;
        }
        if (ends_with_dot && row.name.size() > 1) {
            row.name.pop_back();
        }
        if (row.name.empty() || row.name.size() > 1020) {
            return std::nullopt;
        }
        if (line.substr(tab + 1) == "NXDOMAIN") {
            row = {NameState::nxdomain, {}};
        } else if (line.substr(tab + 1) == "UNREACH") {
            row = {NameState::unreach, {}};
        }
    }
    return rows;
}

}  // namespace echotap::test
