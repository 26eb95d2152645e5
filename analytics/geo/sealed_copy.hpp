// SPDX-License-Identifier: Apache-2.0
// A file's octets, copied once into memory that nobody can change any more: Linux's memfd_create(2) with its seals.
//
// For a library that maps a file by its path. Mapped from the disk, a file that somebody copies over ends the program
// by SIGBUS, or gives octets that were never checked; what is sealed stays what was checked, for the price of its size.
#pragma once

#include <cstdint>
#include <string>

#include "dataplane/capture/octet_source.hpp"
#include "dataplane/octets.hpp"

namespace echotap {

/// What tells one state of a file from another without reading it.
struct FileIdentity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified = 0;  // nanoseconds since 1970

    bool operator==(const FileIdentity&) const = default;

    /// Of the file that `path` leads to now; zeros where there is none.
    static FileIdentity of(const std::string& path);
};

class SealedCopy {
public:
    /// Copies a regular file of 1 to `size_max` octets. Throws std::runtime_error that names `path` and a cure where it
    /// is something else, cannot be read, or changes meanwhile.
    SealedCopy(const std::string& path, std::uint64_t size_max);
    SealedCopy(const SealedCopy&) = delete;
    SealedCopy& operator=(const SealedCopy&) = delete;
    ~SealedCopy();

    /// As long as the copy lives.
    Octets octets() const { return octets_; }
    /// A path at which this process can open the copy, as long as it lives.
    std::string path() const;
    /// Of the file that was copied.
    const FileIdentity& identity() const { return identity_; }

private:
    Descriptor memory_;
    FileIdentity identity_;
    Octets octets_;
};

}  // namespace echotap
