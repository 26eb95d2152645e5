// SPDX-License-Identifier: Apache-2.0
#include "config/resolver_config.hpp"

#include <charconv>

namespace echotap {

std::optional<NameServer> NameServer::parse(std::string_view text) {
    NameServer server;
    // A colon alone is no sign of a port, since IPv6 addresses are made of them.
    if (const auto address = IpAddress::parse(text)) {
        server.address = *address;
        return server;
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view host = text.substr(0, colon);
    const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
    if (is_bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    const auto address = IpAddress::parse(host);
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), server.port);
    if (!address || address->is_v4() == is_bracketed || error != std::errc{} || end != port.data() + port.size() ||
        server.port == 0) {
        return std::nullopt;
    }
    server.address = *address;
    return server;
}

std::string NameServer::to_string() const {
    std::string text = address.to_string();
    if (!address.is_v4()) {
        text = std::string("[").append(text).append("]");
    }
    return text.append(":").append(std::to_string(port));
}

std::string servers_text(const ResolverConfig& config) {
    std::string text;
    for (const NameServer& server : config.servers) {
        text.append(text.empty() ? "" : ", ").append(server.to_string());
    }
    return text;
}

}  // namespace echotap
