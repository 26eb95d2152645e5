// SPDX-License-Identifier: Apache-2.0
#include "tools/live_window.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <exception>
#include <filesystem>
#include <optional>
#include <string>

#include "dataplane/dpdk/stop.hpp"
#include "dataplane/dpdk/window_tap.hpp"
#include "dataplane/state/live_checkpoints.hpp"
#include "dataplane/state/window_file.hpp"
#include "tools/exit_code.hpp"
#include "tools/grouped.hpp"
#include "tools/ledger_report.hpp"
#include "tools/say.hpp"
#include "tools/standard_output.hpp"
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

/// SIGUSR1, by which a user asks for the windows that are open. It is blocked while this lives, in all threads that
/// start meanwhile, and waits until it is asked for.
class SnapshotSignal {
public:
    SnapshotSignal() {
        sigemptyset(&wanted_);
        sigaddset(&wanted_, SIGUSR1);
        pthread_sigmask(SIG_BLOCK, &wanted_, &before_);
    }
    ~SnapshotSignal() {
        take();
        pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    }
    SnapshotSignal(const SnapshotSignal&) = delete;
    SnapshotSignal& operator=(const SnapshotSignal&) = delete;

    /// Whether it has come since the last call.
    bool take() const {
        constexpr timespec at_once{};
        return sigtimedwait(&wanted_, nullptr, &at_once) == SIGUSR1;
    }

private:
    sigset_t wanted_{};
    sigset_t before_{};
};

/// Puts windows together, prints and writes them, as they close.
class Output {
public:
    /// `may_be_less`: a process that was killed may have closed a window already that its checkpoint still had.
    Output(const WindowOptions& options, bool may_be_less)
        : options_(options),
          may_be_less_(may_be_less),
          pseudonyms_(Pseudonyms::from_file(options.pseudonym_key_path)) {}

    void take(ClosingWindow&& closing) {
        const auto& sample_key = options_.windows.sample_key;
        const WindowKey key = closing.key;
        const bool was_carried = closing.carried.has_value();
        const ClosedWindow window = put_together(std::move(closing), {sample_key[0], sample_key[1]});
        if (!options_.output_path.empty()) {
            const std::string path = window_path(options_, key, window.header);
            // A file that is there is of an earlier run within the same window, or of before a clock was set back.
            std::string free = path;
            for (unsigned times = 2; std::filesystem::exists(free); ++times) {
                if (may_be_less_ && was_carried && holds_more(free, window.header)) {
                    say(fmt::format("echotap: {}: kept as it is; it was closed after the checkpoint\n", free));
                    return;
                }
                free = fmt::format("{}.{}", path, times);
            }
            write(window, free);
        }
        print(window);
    }

    void print(const ClosedWindow& window) {
        try {
            fmt::print("{}", window_report(window, options_.format, options_.top, pseudonyms_));
            flush_standard_output();
        } catch (const std::exception& error) {
            fail("a window was not printed", error);
        }
    }

    bool has_failed() const { return has_failed_; }

private:
    void write(const ClosedWindow& window, const std::string& path) {
        try {
            write_window(window, path);
        } catch (const std::exception& error) {
            fail(fmt::format("{} was not written", path), error);
        }
    }

    /// A tap goes on where a disk is full: the next window may find room.
    void fail(const std::string& what, const std::exception& error) {
        has_failed_ = true;
        say(fmt::format("echotap: {}: {}\n", what, error.what()));
    }

    const WindowOptions& options_;
    const bool may_be_less_;
    const Pseudonyms pseudonyms_;
    bool has_failed_ = false;
};

}  // namespace

int run_live_windows(const WindowOptions& options) {
    const SnapshotSignal snapshot_signal;
    const std::string name = tap_name(options.live);
    std::optional<LiveCheckpoints> checkpoints;
    if (!options.checkpoint_path.empty()) {
        checkpoints.emplace(options.checkpoint_path, options.checkpoint_interval, name, options.line, options.windows);
    }
    const bool goes_on = checkpoints && checkpoints->frames_before();
    if (goes_on) {
        say(fmt::format("echotap: {}: going on after {} frames with what comes; what came in between is missing\n",
                        options.checkpoint_path, grouped(*checkpoints->frames_before())));
    }
    Output output(options, goes_on);
    const auto take_closed = [&](ClosingWindow&& window) {
        output.take(std::move(window));
        if (checkpoints) {
            checkpoints->note_closed();
        }
    };
    WindowTap tap(name, options.live, options.line, options.windows, take_closed,
                  checkpoints ? &*checkpoints : nullptr);
    if (!options.quiet) {
        for (const std::string& line : tap.report()) {
            say(fmt::format("echotap: {}\n", line));
        }
    }
    Stop stop(Stop::after(options.seconds));
    bool wants_snapshot = false;
    tap.run([&] {
        wants_snapshot = snapshot_signal.take() || wants_snapshot;
        if (wants_snapshot && tap.windows().request_snapshot()) {
            wants_snapshot = false;
        }
        if (checkpoints) {
            if (const std::string why = checkpoints->take_turn(tap.windows()); !why.empty()) {
                say(fmt::format("echotap: no checkpoint: {}; trying again in {} s\n", why,
                                options.checkpoint_interval.count()));
            }
        }
        for (const OpenSnapshot& snapshot : tap.windows().take_snapshot()) {
            output.print(snapshot.window);
        }
        return stop();
    });
    if (checkpoints && !output.has_failed()) {
        checkpoints->finish();
    }
    if (const std::uint64_t times = tap.windows().times_full(); times != 0 && !options.quiet) {
        say(fmt::format("echotap: {} times closed windows waited for the windows before them; none was lost\n", times));
    }
    if (!options.quiet) {
        say(ledger_text(tap.ledger()));
    }
    return output.has_failed() ? exit_failed : exit_good;
}

}  // namespace echotap
