// SPDX-License-Identifier: Apache-2.0
// A file that is there whole or not at all: octets go in piece by piece, a file comes out once all are there.
//
// Written to a temporary name in the same folder, synced, renamed, and the folder synced: under its path there is the
// old file or the whole new one, whatever happens to process or machine.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "dataplane/octets.hpp"

namespace echotap {

/// An open file, closed at the end. All of it throws std::system_error that names the path.
class OpenFile {
public:
    /// Flags and mode as open(2) has them.
    OpenFile(std::string path, int flags, unsigned mode = 0);
    ~OpenFile();
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    /// In octets.
    std::uint64_t size() const;
    /// Reads until `into` is full or the file ends; returns what there was.
    std::size_t read(std::span<std::uint8_t> into) const;
    void write(Octets octets) const;
    void sync() const;
    /// A full disk may show only here.
    void close();

private:
    std::string path_;
    int descriptor_;
};

/// Not thread-safe. Its temporary name is `path` with `.new` behind it: what a killed process has left there, the next
/// one replaces. Two processes must not write the same path at once.
class WholeFile {
public:
    /// Mode 0600. Throws std::system_error where the folder cannot be written.
    explicit WholeFile(const std::string& path);
    /// Without commit() nothing has happened to `path`.
    ~WholeFile();
    WholeFile(const WholeFile&) = delete;
    WholeFile& operator=(const WholeFile&) = delete;

    /// Throws std::system_error.
    void write(Octets octets) const { file_.write(octets); }
    /// All octets are there. Throws std::system_error; `path` is then as it was.
    void commit();

private:
    std::string path_;
    std::string temporary_;
    OpenFile file_;
    bool is_committed_ = false;
};

/// All octets of a file. Throws std::system_error.
std::vector<std::uint8_t> read_whole_file(const std::string& path);

}  // namespace echotap
