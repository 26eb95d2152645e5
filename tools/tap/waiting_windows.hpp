// SPDX-License-Identifier: Apache-2.0
// Closed windows that wait for names or for the store when a checkpoint is written: they go into files beside it, since
// it is without them; a process that was killed takes them up again.
//
//     CHECKPOINT.waiting-SERIAL-RUN-LENGTH-VIEW-NUMBER      a window file (window_file)
//
// The last three are the key of the window. RUN is made of the key of the tables, which a process has from the
// checkpoint that it goes on from. So a file tells whether a checkpoint is of the same run: where a window is open in
// it, the checkpoint is older than the file, which has all of the window, and so the file counts.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "dataplane/state/closed_window.hpp"
#include "dataplane/state/open_window.hpp"
#include "dataplane/state/window_books.hpp"

namespace echotap {

/// A closed window that has no rows in the store yet.
struct WaitingWindow {
    std::uint64_t number = 0;  // in the order in which they came; from 1
    WindowKey key{};
    std::shared_ptr<const ClosedWindow> window{};
};

/// For one thread.
class WaitingWindows {
public:
    /// `run` tells runs apart that do not go on from each other; `checkpoint` is the path of the checkpoint.
    WaitingWindows(std::string checkpoint, std::uint64_t run);

    /// Reads what another process has left. What is no window any more gets another name; what cannot be read now stays
    /// for the next start. Returned is what to say of these, a line for each. Throws std::system_error where the folder
    /// cannot be read.
    std::vector<std::string> read();
    /// The windows of the same run, of those that were read and those that wait for the next start.
    std::set<WindowKey> keys() const;
    /// How many were no windows any more.
    std::size_t damaged() const { return damaged_; }
    /// Each that was read is given to `take`, which says its number from now on.
    void take_up(const std::function<std::uint64_t(WaitingWindow)>& take);
    /// Writes those of `waiting` that have no file, and calls `beat` after each. Throws std::system_error.
    void keep(std::span<const WaitingWindow> waiting, const std::function<void()>& beat);
    /// Removes the files of those that do not wait any more. Only once the checkpoint on the disk is without them:
    /// where it has one open, the window would close another time, as another one that the store does not know.
    void forget_all_but(std::span<const WaitingWindow> waiting);

    /// Files that there are.
    std::size_t size() const { return files_.size(); }

private:
    /// A file that was read.
    struct Found {
        std::string path;
        std::uint64_t run = 0;
        WaitingWindow window{};
    };

    const std::string prefix_;
    const std::uint64_t run_;
    std::uint64_t serial_ = 0;  // of the last file
    std::vector<Found> found_;  // that nobody has taken up yet
    std::set<WindowKey> left_;  // of the same run, for the next start
    std::size_t damaged_ = 0;
    std::map<std::uint64_t, std::string> files_;  // paths by number
};

}  // namespace echotap
