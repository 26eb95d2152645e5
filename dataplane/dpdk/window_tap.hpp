// SPDX-License-Identifier: Apache-2.0
// Live ports to windows: a LiveWorker per lcore between the ports and the thread that puts windows together.
//
//     WindowTap tap(port_config, line_config, window_config, [](ClosingWindow&& window) { ... });
//     tap.run(Stop());
//     print(tap.ledger());
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/line_config.hpp"
#include "config/port_config.hpp"
#include "config/window_config.hpp"
#include "dataplane/dpdk/tap.hpp"
#include "dataplane/state/live_checkpoints.hpp"
#include "dataplane/state/live_windows.hpp"

namespace echotap {

/// All calls from one thread, the main thread, which is also the one that puts windows together.
class WindowTap {
public:
    /// Starts DPDK and the ports. Throws std::runtime_error with what is wrong and what to do. One per process, ever.
    /// `name` tells this tap from all others; for the rest see LiveWindows. With `checkpoints` it goes on from what
    /// they have found; to take turns is the caller's, from `stop`.
    WindowTap(const std::string& name, const PortConfig& ports, const LineConfig& line, const WindowConfig& windows,
              LiveWindows::OnClosing on_closing, LiveCheckpoints* checkpoints = nullptr);

    /// Runs until `stop()` is true, which is asked every half millisecond while no window is being put together.
    /// Everything received until then is worked off, and all windows are handed on. Once.
    void run(const std::function<bool()>& stop);

    /// To ask for snapshots, from `stop`.
    LiveWindows& windows() { return windows_; }

    /// Ports, workers and buffers, from `stop`; for the rest see Tap.
    TapPicture picture() { return tap_->picture(); }
    std::span<const WorkerLoad> loads() const { return tap_->loads(); }

    /// Ports and workers together, after run(): held is 0 at every stage.
    const Ledger& ledger() const { return ledger_; }

    /// How the tap is set up, a line each; see Tap::report().
    std::vector<std::string> report() const { return tap_->report(); }

private:
    LiveWindows windows_;
    std::optional<Tap> tap_;
    Ledger ledger_;
};

}  // namespace echotap
