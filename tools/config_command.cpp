// SPDX-License-Identifier: Apache-2.0
#include "tools/config_command.hpp"

#include <fmt/format.h>

#include "config/config_file.hpp"
#include "dataplane/dpdk/eal_arguments.hpp"
#include "tools/exit_code.hpp"

namespace echotap {

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
    if (loaded.config.ports.ports.empty()) {
        throw std::runtime_error(
            fmt::format("{}: ports.names is empty, so there is nothing to listen to; give a port such as "
                        "\"net_af_packet0,iface=eth1\"",
                        options.path));
    }
    static_cast<void>(check(loaded.config.ports));
    fmt::print("{}: good\n", options.path);
    return exit_good;
}

}  // namespace echotap
