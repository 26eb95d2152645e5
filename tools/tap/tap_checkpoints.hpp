// SPDX-License-Identifier: Apache-2.0
// What a tap that was killed goes on from: running windows go into a checkpoint, closed ones that wait into files
// beside it; both come back at the next start.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "config/tap_config.hpp"
#include "dataplane/state/live_checkpoints.hpp"
#include "tools/tap/analyst.hpp"
#include "tools/tap/tap_log.hpp"
#include "tools/tap/tap_status.hpp"
#include "tools/tap/waiting_windows.hpp"

namespace echotap {

/// The main thread's.
class TapCheckpoints {
public:
    /// Reads the checkpoint where there is one, and the windows that waited; `name` is that of the tap with its ports.
    /// So this takes time. Throws as LiveCheckpoints, and std::system_error.
    TapCheckpoints(const TapConfig& config, const std::string& name, const TapLog& log);

    /// For the windows, which go on from it.
    LiveCheckpoints& live() { return live_; }
    /// Hands on what waited in the process before. As the user of the tap: files come of it.
    void take_up(Analyst& analyst);
    /// To be called after each round: writes what is due, tells of faults. That may take long, so `beat` is called in
    /// between.
    void take_turn(Analyst& analyst, LiveWindows& windows, const std::function<void()>& beat);
    /// All windows are closed. Those that the store did not take go into files; then there is nothing to go on with.
    void finish(const Analyst& analyst);

    CheckpointStatus status();

private:
    const std::string path_;
    const TapLog& log_;
    LiveCheckpoints live_;
    WaitingWindows waiting_;
    CheckpointStatus status_{.is_wanted = true};
    std::uint64_t safe_ = 0;  // closed windows that were in the store at the last turn
};

}  // namespace echotap
