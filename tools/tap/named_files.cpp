// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/named_files.hpp"

#include <fmt/format.h>
#include <net/if.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "analytics/geo/geo_lookup.hpp"
#include "analytics/models/model_file.hpp"
#include "analytics/names/name_matcher.hpp"
#include "analytics/names/name_rules.hpp"
#include "analytics/resolver/name_snapshot.hpp"
#include "analytics/store/store_view.hpp"
#include "config/name_rule_file.hpp"
#include "dataplane/dpdk/port_spec.hpp"
#include "tools/tap/metrics_server.hpp"
#include "tools/tap/privileges.hpp"

namespace echotap {

namespace {

class Faults {
public:
    /// Calls `look()`; what it throws is a fault of the setting.
    template <class Look>
    void look(const char* setting, Look&& look) {
        try {
            look();
        } catch (const std::exception& error) {
            found_.push_back({.setting = setting, .what = error.what(), .is_warning = false});
        }
    }
    /// The same, and what it throws is a warning.
    template <class Look>
    void look_ahead(const char* setting, Look&& look) {
        const std::size_t before = found_.size();
        this->look(setting, std::forward<Look>(look));
        if (found_.size() != before) {
            found_.back().is_warning = true;
        }
    }

    std::vector<FileFault> take() { return std::move(found_); }

private:
    std::vector<FileFault> found_;
};

bool may(const std::filesystem::path& path, int how) {
    return ::euidaccess(path.c_str(), how) == 0;
}

/// Throws where no file can be made at `path`, or what is there cannot be written.
void look_at_place(const std::string& path) {
    const std::filesystem::path given(path);
    const std::filesystem::path folder = given.has_parent_path() ? given.parent_path() : std::filesystem::path(".");
    std::error_code none;
    if (!std::filesystem::is_directory(folder, none)) {
        throw std::runtime_error(
            fmt::format("{}: there is no such folder; make it, for the user of the tap and nobody "
                        "else: install -d -m 0700 -o USER {}",
                        folder.string(), folder.string()));
    }
    if (!may(folder, W_OK | X_OK)) {
        throw std::runtime_error(
            fmt::format("{}: the user of the tap cannot make files there; chown it", folder.string()));
    }
    if (std::filesystem::exists(given, none) && !may(given, R_OK | W_OK)) {
        throw std::runtime_error(fmt::format("{}: the user of the tap cannot read and write it; chown it", path));
    }
}

/// A string that is no port is told by others.
std::optional<PortSpec> port_of(const std::string& text) {
    try {
        return parse_port_spec(text);
    } catch (const std::runtime_error&) {
        return std::nullopt;
    }
}

/// Throws where a NIC is not there: one that another machine has, or that is in a slot without power.
void look_at_device(const std::string& text) {
    const std::optional<PortSpec> port = port_of(text);
    std::error_code none;
    if (port && !port->is_virtual &&
        !std::filesystem::exists(fmt::format("/sys/bus/pci/devices/{}", port->name), none)) {
        throw std::runtime_error(
            fmt::format("port {}: there is no PCI device {}; `dpdk-devbind.py --status` lists them", text, port->name));
    }
}

/// Throws where nobody could listen there now.
void look_at_listener(const IpAddress& address, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.to_string().c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
        return;
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    const int one = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;  // connections that have ended are in nobody's way
    ::setsockopt(one, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const int error = ::bind(one, found->ai_addr, found->ai_addrlen) == 0 ? 0 : errno;
    ::close(one);
    if (error == EADDRINUSE) {
        throw std::runtime_error(
            fmt::format("{} port {} is taken: by the tap that runs with these settings, or by another program, beside "
                        "which no tap starts (`ss -ltnp` says which)",
                        address.to_string(), port));
    }
    if (error != 0) {
        throw std::runtime_error(fmt::format("nobody can listen on {} port {} now: {}", address.to_string(), port,
                                             std::generic_category().message(error)));
    }
}

/// What virtual ports take from this host.
void look_at_port(const std::string& text) {
    const std::optional<PortSpec> port = port_of(text);
    if (!port) {
        return;
    }
    for (const char* const key : {"iface", "rx_iface"}) {
        const std::string interface = port->option(key);
        if (!interface.empty() && ::if_nametoindex(interface.c_str()) == 0) {
            throw std::runtime_error(
                fmt::format("port {}: there is no interface {}; `ip link` lists them", text, interface));
        }
    }
    const std::string capture = port->option("rx_pcap");
    if (!capture.empty() && !may(capture, R_OK)) {
        throw std::runtime_error(fmt::format("port {}: {} cannot be read", text, capture));
    }
}

bool is_made_at_start(const std::string& path) {
    std::error_code none;
    return path.starts_with("/run/") && !std::filesystem::exists(std::filesystem::path(path).parent_path(), none);
}

void look_as_user(const TapConfig& config, Faults& faults) {
    if (!config.sample_key_path.empty()) {
        faults.look("windows.sample_key_path", [&] { read_sample_key(config.sample_key_path); });
    }
    for (const std::string& path : config.names.snapshot_paths) {
        faults.look("names.snapshot_paths", [&] { const NameSnapshot read(path, config.names.load_octets_max); });
    }
    if (!config.name_rules_path.empty()) {
        faults.look("names.rules_path",
                    [&] { const NameMatcher read(name_rules_of(read_name_rule_file(config.name_rules_path))); });
    }
    if (!config.names.cache.path.empty()) {
        faults.look("names.cache_path", [&] { look_at_place(config.names.cache.path); });
    }
    // One by one, so that each is told.
    GeoConfig countries = config.geo;
    countries.as_path.clear();
    faults.look("geo.country_path", [&] { const GeoLookup read(countries); });
    GeoConfig networks = config.geo;
    networks.country_path.clear();
    faults.look("geo.as_path", [&] { const GeoLookup read(networks); });
    if (!config.model_path.empty()) {
        faults.look("model.path", [&] { static_cast<void>(read_model(config.model_path)); });
    }
    if (!config.store.path.empty()) {
        faults.look("store.path", [&] {
            look_at_place(config.store.path);
            std::error_code none;
            if (std::filesystem::exists(config.store.path, none)) {
                const StoreView read(config.store.path);
            }
        });
    }
    if (!config.checkpoint.path.empty()) {
        faults.look("checkpoint.path", [&] { look_at_place(config.checkpoint.path); });
    }
    if (!config.control.path.empty() && !is_made_at_start(config.control.path)) {
        faults.look("control.path", [&] { look_at_place(config.control.path); });
    }
    if (config.metrics.port != 0 && !config.metrics.token_path.empty()) {
        faults.look("metrics.token_path", [&] { read_token(config.metrics.token_path); });
    }
    if (config.metrics.port != 0) {
        faults.look_ahead("metrics.port", [&] { look_at_listener(config.metrics.address, config.metrics.port); });
    }
}

}  // namespace

std::vector<FileFault> faults_of_files(const TapConfig& config) {
    Faults faults;
    std::optional<RunUser> user;
    if (!config.user.empty()) {
        faults.look("tap.user", [&] { user = RunUser::of(config.user); });
    }
    for (const std::string& port : config.ports.ports) {
        faults.look("ports.names", [&] { look_at_port(port); });
        faults.look_ahead("ports.names", [&] { look_at_device(port); });
    }
    const ActingAs acting(user ? &*user : nullptr);
    look_as_user(config, faults);
    return faults.take();
}

std::array<std::uint64_t, 2> read_sample_key(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    if (!file || !std::getline(file, line)) {
        throw std::runtime_error(fmt::format("{}: no sample key can be read from it (windows.sample_key_path)", path));
    }
    const auto key = parse_sample_key(line);
    if (!key) {
        throw std::runtime_error(fmt::format("{}: write 32 hexadecimal digits (windows.sample_key_path)", path));
    }
    return *key;
}

}  // namespace echotap
