// SPDX-License-Identifier: Apache-2.0
#include "tools/tap_command.hpp"

#include <fmt/format.h>

#include "config/config_file.hpp"
#include "tools/exit_code.hpp"
#include "tools/say.hpp"
#include "tools/tap/control_socket.hpp"
#include "tools/tap/running_tap.hpp"

namespace echotap {

int run_tap(const TapOptions& options) {
    RunningTap tap(
        {.path = options.path, .overrides = {.environment = ConfigOverrides::variables(), .words = options.words}});
    return tap.run(options.seconds);
}

int run_ctl(const CtlOptions& options) {
    std::string socket = options.socket_path;
    if (socket.empty()) {
        const ConfigOverrides overrides{.environment = ConfigOverrides::variables(), .words = {}};
        socket = load_tap_config(options.path, overrides).config.control.path;
    }
    std::string line = options.action;
    if (!options.argument.empty()) {
        line.append(" ").append(options.argument);
    }
    const ControlAnswer answer = ask_tap(socket, line);
    if (answer.is_good) {
        fmt::print("{}", answer.text);
        return exit_good;
    }
    say(fmt::format("echotap: {}", answer.text));
    return exit_failed;
}

}  // namespace echotap
