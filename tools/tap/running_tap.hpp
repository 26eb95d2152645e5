// SPDX-License-Identifier: Apache-2.0
// A tap from its start to its end: settings go in; windows, rows in the store, metrics and answers come out until
// somebody asks it to stop.
//
//     lcores      poll, run the line, own the state             dataplane
//     main        puts closed windows together, posts status    on_round(), on_closing()
//     analyst     names, features, classes, store               Analyst
//     supervisor  heartbeats, service manager                   supervise()
//     reloads     new settings and the files they name          Reloads
//     metrics     GET /metrics                                  MetricsServer
//     control     echotap ctl                                   ControlSocket
//
// No thread to the right of the lcores can hold one of them up: what they share is bounded rings, counters, and
// requests that a lcore looks at between two bursts.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "config/config_file.hpp"
#include "dataplane/dpdk/stop.hpp"
#include "dataplane/dpdk/telemetry.hpp"
#include "dataplane/dpdk/window_tap.hpp"
#include "tools/tap/analyst.hpp"
#include "tools/tap/control_socket.hpp"
#include "tools/tap/heartbeats.hpp"
#include "tools/tap/metrics_server.hpp"
#include "tools/tap/privileges.hpp"
#include "tools/tap/reloads.hpp"
#include "tools/tap/tap_checkpoints.hpp"
#include "tools/tap/tap_log.hpp"
#include "tools/tap/tap_status.hpp"

namespace echotap {

/// Where settings come from, at the start and at each reload.
struct TapSources {
    std::string path;
    ConfigOverrides overrides;
};

/// One per process, made and used by the main thread.
class RunningTap {
public:
    /// Reads settings and files, opens ports and sockets, gives up privileges. Throws std::runtime_error with what is
    /// wrong and what to do.
    explicit RunningTap(TapSources sources);
    ~RunningTap();
    RunningTap(const RunningTap&) = delete;
    RunningTap& operator=(const RunningTap&) = delete;

    /// Runs for `seconds`, or where that is 0 until SIGINT or SIGTERM. Whatever is open then is closed as partial and
    /// stored. Returns an ExitCode.
    int run(double seconds);

private:
    using Clock = std::chrono::steady_clock;

    int run_to_end(double seconds);
    bool end_reloads();

    // The main thread.
    void on_closing(ClosingWindow&& closing);
    void on_round();
    void look_at_running();
    void post_status();

    // Any thread.
    ControlAnswer answer(const std::string& line);
    TapStatus status() const;

    // The thread of reloads.
    ControlAnswer reload();
    ControlAnswer load_anew();

    // The supervisor.
    void supervise();
    std::vector<Heartbeat> heartbeats() const;

    const TapSources sources_;
    const TapConfig settings_;  // as they were at the start
    TapConfig config_;          // with what they make of this host
    std::optional<RunUser> user_;
    std::string name_;
    TapLog log_;
    StatusBoard board_;
    const Timestamp started_;

    std::unique_ptr<Analyst> analyst_;
    std::unique_ptr<Telemetry> telemetry_;
    std::unique_ptr<TapCheckpoints> checkpoints_;
    std::unique_ptr<WindowTap> tap_;
    std::unique_ptr<MetricsServer> metrics_;
    std::unique_ptr<Reloads> reloads_;
    std::unique_ptr<ControlSocket> control_;

    // The main thread's.
    Clock::time_point kept_house_{};
    Clock::time_point posted_{};
    Clock::time_point looked_{};
    Clock::time_point next_names_{};
    bool is_look_for_rows_ = false;  // the look that is being taken

    std::atomic<std::chrono::seconds> provisional_interval_;
    std::atomic<bool> is_look_wanted_ = false;
    std::atomic<bool> is_listening_ = false;
    std::atomic<bool> is_ending_ = false;
    std::mutex notices_;  // what the service manager is told of its state comes in order: nothing after the end
    std::atomic<bool> is_over_ = false;
    std::atomic<std::uint64_t> main_beats_ = 0;

    std::atomic<std::uint64_t> taken_ = 0;  // reloads
    std::atomic<std::uint64_t> refused_ = 0;
    std::atomic<Timestamp> reloaded_at_ = Timestamp::min();

    std::thread supervisor_;
};

}  // namespace echotap
