// SPDX-License-Identifier: Apache-2.0
// What the paths of a command line stand for: files, folders and standard input go in, a list of files comes out.
//
// Folders are walked in the order of names, each folder at its own place in that order, so that the same tree gives the
// same list on every machine.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace echotap {

/// The path that stands for standard input. A file of this name is "./-".
inline constexpr const char* standard_input_path = "-";

struct CapturePath {
    std::string path;
    /// Named on the command line, not merely found in a folder: if it is no capture somebody has erred.
    bool is_named = false;
    /// Can be opened again and read from the beginning; not so standard input, FIFOs and devices.
    bool is_regular = false;
    std::uint64_t size = 0;  // octets, of a regular file
};

struct CapturePaths {
    std::vector<CapturePath> files;
    /// For messages: the path, or that there are several.
    std::string named;
    /// What in a folder was passed over, a sentence each.
    std::vector<std::string> warnings;
    /// Something in a folder could not be looked at, so captures may be missing.
    bool is_incomplete = false;
};

/// Throws std::runtime_error when a named path is not there, when standard input is named twice, or no path is given.
CapturePaths list_captures(std::span<const std::string> paths);

}  // namespace echotap
