// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/snapshot_line.hpp"

#include <algorithm>
#include <cstring>

namespace echotap {

namespace {

SnapshotLine faulty(std::string_view what) {
    SnapshotLine line;
    line.fault = what;
    return line;
}

/// Whether the last dot ends the name, which one behind an odd number of backslashes does not.
bool ends_with_dot(std::string_view name) {
    std::size_t backslashes = 0;
    while (backslashes + 1 < name.size() && name[name.size() - 2 - backslashes] == '\\') {
        ++backslashes;
    }
    return name.ends_with('.') && backslashes % 2 == 0;
}

}  // namespace

SnapshotLine parse_snapshot_line(std::string_view line) {
    if (line.size() > snapshot_line_size_max) {
        return faulty("is longer than 1280 octets");
    }
    if (line.ends_with('\r')) {
        line.remove_suffix(1);
    }
    if (line.empty() || line.front() == '#') {
        return {};
    }
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) {
        return faulty("has no tab between address and name");
    }
    SnapshotLine row;
    row.address_text = line.substr(0, tab);
    const auto address = IpAddress::parse(row.address_text);
    if (!address) {
        return faulty("does not begin with an IP address");
    }
    row.address = *address;
    row.name = line.substr(tab + 1);
    if (row.name == "NXDOMAIN" || row.name == "UNREACH") {
        row.state = row.name == "NXDOMAIN" ? NameState::nxdomain : NameState::unreach;
        row.name = {};
    } else {
        const auto is_blank_or_control = [](char each) {
            return static_cast<unsigned char>(each) <= ' ' || each == '\x7f';
        };
        if (std::any_of(row.name.begin(), row.name.end(), is_blank_or_control)) {
            return faulty("has a blank, a second tab or a control character in its name (RFC 1035 writes them \\DDD)");
        }
        if (row.name.size() > 1 && ends_with_dot(row.name)) {
            row.name.remove_suffix(1);
        }
        if (row.name.empty() || row.name.size() > snapshot_name_size_max) {
            return faulty("has a name of no or of more than 1020 characters");
        }
        row.state = NameState::name;
    }
    row.is_row = true;
    return row;
}

std::optional<std::string_view> LineReader::next() {
    std::size_t looked_at = 0;
    while (true) {
        const Octets window = stream_.window();
        const std::size_t end = std::min(window.size(), snapshot_line_size_max + 1);
        const void* const feed =
            looked_at < end ? std::memchr(window.data() + looked_at, '\n', end - looked_at) : nullptr;
        const char* const text = reinterpret_cast<const char*>(window.data());
        std::size_t size = end;
        if (feed != nullptr) {
            size = static_cast<std::size_t>(static_cast<const char*>(feed) - text);
        } else if (end <= snapshot_line_size_max) {
            looked_at = end;
            if (stream_.fill(window.size() + 1)) {
                continue;
            }
            if (end == 0) {
                return std::nullopt;
            }
        }
        // fill() may have moved the window, even where there was nothing more.
        const std::string_view line(reinterpret_cast<const char*>(stream_.window().data()), size);
        ++number_;
        position_ = stream_.position();
        stream_.consume(size + (feed != nullptr ? 1 : 0));
        return line;
    }
}

}  // namespace echotap
