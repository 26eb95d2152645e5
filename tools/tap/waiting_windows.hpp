// SPDX-License-Identifier: Apache-2.0
// Closed windows that wait for names or for the store when a checkpoint is written: they go into files beside it, since
// it is without them; a process that was killed takes them up again.
//
//     CHECKPOINT.waiting-SERIAL-RUN-FAMILIES-LENGTH-VIEW-NUMBER      a window file (window_file); the last three: its
//     key
//
// RUN is made of the key of the tables, which a process has from the checkpoint that it goes on from. So a file tells
// whether a checkpoint is of the same run: then a window that is open in it had not closed yet.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/window_config.hpp"
#include "dataplane/state/closed_window.hpp"
#include "dataplane/state/open_window.hpp"

namespace echotap {

/// A closed window that has no rows in the store yet.
struct WaitingWindow {
    std::uint64_t number = 0;  // in the order in which they came; from 1
    WindowKey key{};
    OriginatorFamilies families = OriginatorFamilies::all;
    std::shared_ptr<const ClosedWindow> window{};
};

/// For one thread.
class WaitingWindows {
public:
    /// `run` tells runs apart that do not go on from each other; `checkpoint` is the path of the checkpoint.
    WaitingWindows(std::string checkpoint, std::uint64_t run);

    /// What another process has left: each is given to `take`, which says its number from now on. Where the run is the
    /// same and `is_open` says that the window goes on from the checkpoint, the file is removed: what is in it comes
    /// again. A file that cannot be read gets another name; returned is what to say of these. Throws std::system_error
    /// where the folder cannot be read.
    std::vector<std::string> take_up(const std::function<bool(const WindowKey&)>& is_open,
                                     const std::function<std::uint64_t(WaitingWindow)>& take);
    /// Writes those of `waiting` that have no file. Throws std::system_error.
    void keep(std::span<const WaitingWindow> waiting);
    /// Removes the files of those that do not wait any more.
    void forget_all_but(std::span<const WaitingWindow> waiting);

    /// Files that there are.
    std::size_t size() const { return files_.size(); }

private:
    const std::string prefix_;
    const std::uint64_t run_;
    std::uint64_t serial_ = 0;                    // of the last file
    std::map<std::uint64_t, std::string> files_;  // paths by number
};

}  // namespace echotap
