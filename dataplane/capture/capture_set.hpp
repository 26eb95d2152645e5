// SPDX-License-Identifier: Apache-2.0
// Many captures as one: paths go in, bursts of frames merged by time come out (a Source).
//
// Frames are ordered by the clock of their capture, not by their own time, so a wild timestamp moves only itself; equal
// clocks go in the order of the paths, and within one capture the order is its own. Only captures whose times overlap
// are open at once, so a folder may hold thousands of them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/capture/capture_file.hpp"
#include "dataplane/capture/capture_paths.hpp"

namespace echotap {

/// Not thread-safe. A burst that comes of one capture alone is handed on as that capture gave it.
class CaptureSet {
public:
    /// Captures that may overlap in time at any one moment; each holds a file descriptor and a CaptureFile's memory.
    static constexpr std::size_t open_max = 512;

    /// Opens the captures at `paths` (list_captures()). Where there are several, looks at the first hundred frames of
    /// each to learn when it begins; for standard input and FIFOs that waits until they have come. A file in a folder
    /// that is no capture is passed over with a message. Throws std::runtime_error for a named path that is missing,
    /// unreadable or no capture, and when there is no capture at all. `ledger` outlives the set.
    CaptureSet(std::span<const std::string> paths, Ledger& ledger,
               std::size_t burst_size = CaptureFile::burst_size_default)
        : CaptureSet(list_captures(paths), ledger, burst_size) {}
    /// The same of what list_captures() gave, or some of it.
    CaptureSet(CapturePaths paths, Ledger& ledger, std::size_t burst_size = CaptureFile::burst_size_default);

    /// The next frames of all captures; empty at the end. They live until the next call. Throws std::runtime_error only
    /// when more than open_max captures overlap.
    Burst next_burst();

    /// Of all captures together; the total is unknown when one of them is a pipe.
    ReadProgress progress() const;

    /// Whether anything was missing: a cut or damaged capture, a file or folder that could not be read. Final at the
    /// end.
    bool is_incomplete() const { return is_incomplete_; }

    /// What was passed over and what was incomplete, a sentence each. Final at the end.
    const std::vector<std::string>& messages() const { return messages_; }

private:
    /// Where a frame, or a capture that waits, stands in the merged order.
    using Place = std::pair<Timestamp, std::size_t>;  // clock, position of its path

    struct Waiting {
        Place start;
        CapturePath path;
        std::unique_ptr<CaptureFile> capture;  // of a pipe, which cannot be opened again
    };

    struct Open {
        Place next;  // of the first frame of `rest`
        std::unique_ptr<CaptureFile> capture;
        Burst rest;
        bool is_whole = true;  // nothing of the burst has been given yet
    };

    static bool is_later(const Open& one, const Open& other) { return one.next > other.next; }

    std::unique_ptr<CaptureFile> open(const CapturePath& path, std::size_t window_size);
    void line_up(std::vector<CapturePath> files);
    void open_due();
    void continue_with(Open capture);
    Open take_first();
    bool precedes_all_others(const Frame& frame, std::size_t order) const;
    void give(Open& first);

    Ledger& ledger_;
    std::size_t burst_size_;
    std::vector<Waiting> waiting_;  // the next to begin last
    std::vector<Open> open_;        // a heap, the capture with the earliest frame in front
    std::optional<Open> drained_;   // the capture whose frames were all given with the last burst
    std::vector<Frame> merged_;
    std::vector<std::string> messages_;
    std::uint64_t octets_finished_ = 0;
    std::optional<std::uint64_t> octets_total_ = 0;
    bool is_incomplete_ = false;
};

}  // namespace echotap
