// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/whole_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace echotap {

namespace {

[[noreturn]] void fail(const std::string& path) {
    throw std::system_error(errno, std::generic_category(), path);
}

/// The temporary name, free: O_EXCL then makes a file of our own, and follows no link that somebody else laid there.
const std::string& freed(const std::string& temporary) {
    if (::unlink(temporary.c_str()) != 0 && errno != ENOENT) {
        fail(temporary);
    }
    return temporary;
}

std::string folder_of(const std::string& path) {
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    return folder.empty() ? "." : folder.string();
}

}  // namespace

OpenFile::OpenFile(std::string path, int flags, unsigned mode)
    : path_(std::move(path)), descriptor_(::open(path_.c_str(), flags | O_CLOEXEC, mode)) {
    if (descriptor_ < 0) {
        fail(path_);
    }
}

OpenFile::~OpenFile() {
    if (descriptor_ >= 0) {
        ::close(descriptor_);
    }
}

std::uint64_t OpenFile::size() const {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) {
        fail(path_);
    }
    return static_cast<std::uint64_t>(status.st_size);
}

std::size_t OpenFile::read(std::span<std::uint8_t> into) const {
    std::size_t done = 0;
    while (done < into.size()) {
        const ssize_t size = ::read(descriptor_, into.data() + done, into.size() - done);
        if (size < 0 && errno != EINTR) {
            fail(path_);
        }
        if (size == 0) {
            break;
        }
        done += size < 0 ? 0 : static_cast<std::size_t>(size);
    }
    return done;
}

void OpenFile::write(Octets octets) const {
    while (!octets.empty()) {
        const ssize_t size = ::write(descriptor_, octets.data(), octets.size());
        if (size < 0 && errno != EINTR) {
            fail(path_);
        }
        octets = octets.subspan(size < 0 ? 0 : static_cast<std::size_t>(size));
    }
}

void OpenFile::sync() const {
    if (::fsync(descriptor_) != 0) {
        fail(path_);
    }
}

void OpenFile::close() {
    if (::close(std::exchange(descriptor_, -1)) != 0) {
        fail(path_);
    }
}

WholeFile::WholeFile(const std::string& path)
    : path_(path), temporary_(path + ".new"), file_(freed(temporary_), O_WRONLY | O_CREAT | O_EXCL, 0600) {
}

WholeFile::~WholeFile() {
    if (!is_committed_) {
        ::unlink(temporary_.c_str());
    }
}

void WholeFile::commit() {
    file_.sync();
    file_.close();
    std::filesystem::rename(temporary_, path_);
    is_committed_ = true;
    OpenFile(folder_of(path_), O_RDONLY | O_DIRECTORY).sync();
}

std::vector<std::uint8_t> read_whole_file(const std::string& path) {
    const OpenFile file(path, O_RDONLY);
    std::vector<std::uint8_t> octets(file.size());
    octets.resize(file.read(octets));
    return octets;
}

}  // namespace echotap
