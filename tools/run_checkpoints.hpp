// SPDX-License-Identifier: Apache-2.0
// The checkpoints of `echotap window`: a run that was killed goes on from one, and a running one leaves them.
//
// How often is a matter of wall time, since what a killed process may lose is; what comes out never depends on it.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "dataplane/state/team_checkpoint.hpp"
#include "tools/command_line.hpp"

namespace echotap {

/// One per run; does nothing where no checkpoints were asked for.
class RunCheckpoints {
public:
    /// `is_stream`: the source cannot be read again. Reads the checkpoint where there is one, and says so. Throws
    /// std::runtime_error where it is damaged or of another run, where none could be written, and where the sources
    /// are of both kinds or standard input is a file.
    RunCheckpoints(const WindowOptions& options, std::vector<SourceDigest> sources);

    /// The key that the team must have.
    HashKey table_key() const;
    /// To be called before the first frame.
    void resume(WindowTeam& team);
    /// Whether the windows of this run have a part that an earlier process counted, of a source that is gone.
    bool went_onward() const { return went_onward_; }

    /// To be called between two bursts; writes a checkpoint when it is time. Where that fails, says so and goes on: a
    /// full disk must not end a run.
    void take_turn(WindowTeam& team);
    /// A window was closed and written. That of a stream comes no more, so the next checkpoint must be without it.
    void note_closed() { is_due_ |= is_stream_; }
    /// All windows are closed and written: there is nothing left to go on with.
    void finish();

private:
    const WindowOptions& options_;
    RunSettings settings_;
    std::vector<SourceDigest> sources_;
    bool is_stream_ = false;
    bool went_onward_ = false;
    bool is_due_ = false;
    std::optional<Checkpoint> found_;
    std::chrono::steady_clock::time_point next_;
};

}  // namespace echotap
