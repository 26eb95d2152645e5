// SPDX-License-Identifier: Apache-2.0
#include "tools/config_command.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "config/config_file.hpp"
#include "dataplane/dpdk/eal_arguments.hpp"
#include "dataplane/dpdk/port_spec.hpp"
#include "tools/exit_code.hpp"
#include "tools/say.hpp"
#include "tools/tap/named_files.hpp"

namespace echotap {

namespace {

std::vector<FileFault> faults_of_ports(const PortConfig& ports) {
    std::vector<FileFault> faults;
    if (ports.ports.empty()) {
        faults.push_back({"ports.names",
                          "is empty, so there is nothing to listen to; give a port such as "
                          "\"net_af_packet0,iface=eth1\"",
                          false});
    }
    for (const std::string& port : ports.ports) {
        try {
            parse_port_spec(port);
        } catch (const std::runtime_error& error) {
            faults.push_back({"ports.names", error.what(), false});
        }
    }
    if (faults.empty()) {
        try {
            static_cast<void>(check(ports));
        } catch (const std::runtime_error& error) {
            faults.push_back({"ports", error.what(), false});
        }
    }
    return faults;
}

int check_settings(const LoadedConfig& loaded, const ConfigOptions& options) {
    std::vector<FileFault> faults = faults_of_ports(loaded.config.ports);
    if (!options.is_syntax_only) {
        for (FileFault& fault : faults_of_files(loaded.config)) {
            faults.push_back(std::move(fault));
        }
    }
    bool is_good = true;
    for (const FileFault& fault : faults) {
        is_good = is_good && fault.is_warning;
        const char* const kind = fault.is_warning ? "warning: " : "";
        const auto origin = loaded.origins.find(fault.setting);
        say(origin == loaded.origins.end()
                ? fmt::format("echotap: {}: {}{} (by default): {}\n", options.path, kind, fault.setting, fault.what)
                : fmt::format("echotap: {}: {}{}: {}\n", origin->second, kind, fault.setting, fault.what));
    }
    if (!is_good) {
        return exit_failed;
    }
    fmt::print("{}: good\n", options.path);
    return exit_good;
}

}  // namespace

int run_config(const ConfigOptions& options) {
    ConfigOverrides overrides{.environment = {}, .words = options.words};
    if (options.action == ConfigAction::check || options.is_effective) {
        overrides.environment = ConfigOverrides::variables();
    }
    const LoadedConfig loaded = load_tap_config(options.path, overrides);
    if (options.action == ConfigAction::show) {
        fmt::print("{}", show_tap_config(loaded, options.is_effective));
        return exit_good;
    }
    return check_settings(loaded, options);
}

}  // namespace echotap
