// SPDX-License-Identifier: Apache-2.0
// Whole windows beside a store: a closed window goes in, the name of a file comes out; and back.
//
// They lie beside the database and not in it. 60 MB take 0.33 s as a synced file; in the database 0.57 s to commit and
// 0.06 s more for the log to be copied, and afterwards log and file stay 60 MB larger. The database says which files
// belong to it: a file that it does not name is left of a process that was stopped, and goes.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "dataplane/state/closed_window.hpp"

namespace echotap {

/// Its callers see to it that one process at a time changes the folder.
class WholeWindows {
public:
    /// `folder` is made, mode 0700, when the first window comes.
    explicit WholeWindows(std::string folder) : folder_(std::move(folder)) {}

    /// Returns the name of the file, which is synced. Throws std::system_error.
    std::string put(const ClosedWindow& window, std::int64_t id) const;
    /// Throws WindowFileError where the file is no whole window, std::system_error where it cannot be read.
    ClosedWindow get(const std::string& name) const;
    /// Whether there is any window; none is there where the disk of the folder is missing.
    bool any() const;
    /// Whether there is their folder, be it empty.
    bool has_folder() const;
    /// A file that is not there, or cannot go, is left to the next keep_only().
    void drop(const std::string& name) const;
    /// All files go but those of these names.
    void keep_only(const std::set<std::string>& names) const;

private:
    std::string folder_;
};

}  // namespace echotap
