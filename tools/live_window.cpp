// SPDX-License-Identifier: Apache-2.0
#include "tools/live_window.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <exception>
#include <map>
#include <string>

#include "dataplane/dpdk/stop.hpp"
#include "dataplane/dpdk/window_tap.hpp"
#include "dataplane/state/assemble.hpp"
#include "dataplane/state/window_file.hpp"
#include "tools/exit_code.hpp"
#include "tools/ledger_report.hpp"
#include "tools/say.hpp"
#include "tools/window_path.hpp"
#include "tools/window_report.hpp"

namespace echotap {

namespace {

/// What tells this tap from those of other machines and ports.
std::string tap_name(const PortConfig& ports) {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    std::string name(host.data());
    for (const std::string& port : ports.ports) {
        name.append(" ").append(port);
    }
    return name;
}

/// Puts windows together, prints and writes them, as they close.
class Output {
public:
    explicit Output(const WindowOptions& options) : options_(options) {}

    void take(ClosingWindow&& closing) {
        const auto& key = options_.windows.sample_key;
        const ClosedWindow window = assemble(closing.header, closing.parts(), {key[0], key[1]});
        closing.shares.clear();
        fmt::print("{}", window_report(window, options_.format, options_.top));
        std::fflush(stdout);
        if (!options_.output_path.empty()) {
            write(window, window_path(options_, closing.key, window.header));
        }
    }

    bool has_failed() const { return has_failed_; }

private:
    /// A tap goes on where a disk is full: the next window may find room, and this one is printed.
    void write(const ClosedWindow& window, std::string path) {
        if (const unsigned times = ++times_written_[path]; times > 1) {
            // A clock that was set back closes a window again.
            path.append(".").append(std::to_string(times));
        }
        try {
            write_window(window, path);
        } catch (const std::exception& error) {
            has_failed_ = true;
            say(fmt::format("echotap: {} was not written: {}\n", path, error.what()));
        }
    }

    const WindowOptions& options_;
    std::map<std::string, unsigned> times_written_;  // by path
    bool has_failed_ = false;
};

}  // namespace

int run_live_windows(const WindowOptions& options) {
    Output output(options);
    WindowTap tap(tap_name(options.live), options.live, options.line, options.windows,
                  [&](ClosingWindow&& window) { output.take(std::move(window)); });
    if (!options.quiet) {
        for (const std::string& line : tap.report()) {
            say(fmt::format("echotap: {}\n", line));
        }
    }
    Stop stop(Stop::after(options.seconds));
    tap.run([&] { return stop(); });
    if (!options.quiet) {
        say(ledger_text(tap.ledger()));
    }
    return output.has_failed() ? exit_failed : exit_good;
}

}  // namespace echotap
