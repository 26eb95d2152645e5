// SPDX-License-Identifier: Apache-2.0
// The checkpoints of a live tap: running windows go into a file from time to time; a process that was killed goes on
// from it.
//
//     LiveCheckpoints checkpoints("state", 60s, tap, line, windows);   // reads the file where there is one
//     LiveWindows live(tap, line, windows, ..., checkpoints.table_key());
//     checkpoints.resume(live);                                        // before the first burst
//     the assembling thread: live.poll(...), then checkpoints.take_turn(live); at last live.finish(...), .finish()
//
// No worker stops: each copies a piece between two bursts (snapshot), and the assembling thread writes. How often is a
// matter of wall time, since what a killed process may lose is.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "dataplane/state/live_windows.hpp"
#include "dataplane/state/run_settings.hpp"

namespace echotap {

/// All calls belong to the assembling thread.
class LiveCheckpoints {
public:
    /// Reads the checkpoint at `path` where there is one. `tap` is what LiveWindows is told. Throws CheckpointError
    /// where it is damaged or of another tap or other settings, std::system_error where none could be written.
    LiveCheckpoints(std::string path, std::chrono::seconds interval, const std::string& tap, const LineConfig& line,
                    const WindowConfig& windows);

    /// Frames that the process before had read; nothing where there was none.
    std::optional<std::uint64_t> frames_before() const { return frames_before_; }
    /// The key that the windows must have.
    HashKey table_key() const { return found_ ? found_->head.table_key : own_key_; }
    /// Windows that have closed since the checkpoint was written and are safe elsewhere, as they closed: they do not go
    /// on. Before resume().
    void leave_out(std::set<WindowKey> closed) { closed_ = std::move(closed); }
    /// Lets the windows go on where a process before has stopped. Before the first burst. See LiveWindows::resume().
    void resume(LiveWindows& windows);

    /// To be called after each poll(): asks for a checkpoint when it is time, and writes it once the workers have
    /// copied theirs, as long as that takes. Before that, `before_write` keeps what the checkpoint is without and the
    /// one before may have; where it throws, that one stays. Returns why none could be written, empty where all is
    /// well: a full disk must not end a tap. It is tried again after the interval.
    std::string take_turn(LiveWindows& windows, const std::function<void()>& before_write = {});

    /// A window was handed on and is safe elsewhere: the next checkpoint, which is without it, is due at once.
    void note_closed() { is_due_ = true; }

    /// All windows are closed and safe elsewhere: there is nothing left to go on with. Removes the file.
    void finish() const;

private:
    void write(const LiveCheckpoint& checkpoint) const;

    std::string path_;
    std::chrono::seconds interval_;
    RunSettings settings_;
    HashKey own_key_ = HashKey::random();
    std::optional<Checkpoint> found_;
    std::optional<std::uint64_t> frames_before_;
    std::set<WindowKey> closed_;
    std::chrono::steady_clock::time_point next_;
    bool is_asked_for_ = false;  // the workers are copying
    bool is_due_ = false;
};

}  // namespace echotap
