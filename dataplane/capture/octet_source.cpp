// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/octet_source.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace echotap {

namespace {

std::string reason(int error) {
    return std::generic_category().message(error);
}

}  // namespace

Descriptor::~Descriptor() {
    if (is_owned_) {
        ::close(number_);
    }
}

DescriptorOctets::DescriptorOctets(int number, bool is_owned) : descriptor_(number, is_owned) {
}

std::unique_ptr<DescriptorOctets> DescriptorOctets::open(const std::string& path) {
    const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (number < 0) {
        const int error = errno;
        throw std::runtime_error(fmt::format(
            "{} cannot be opened: {}; {}", path, reason(error),
            error == EMFILE ? "raise the limit on open files (ulimit -n)" : "check the path and its permissions"));
    }
    std::unique_ptr<DescriptorOctets> source(new DescriptorOctets(number, true));
    struct stat status {};
    if (::fstat(number, &status) != 0) {
        throw std::runtime_error(fmt::format("{} cannot be examined: {}", path, reason(errno)));
    }
    if (S_ISDIR(status.st_mode)) {
        throw std::runtime_error(fmt::format("{} is a folder where a capture file is wanted", path));
    }
    source->is_regular_ = S_ISREG(status.st_mode);
    if (source->is_regular_) {
        source->size_ = static_cast<std::uint64_t>(status.st_size);
        // Only advice (a larger read-ahead), so its result does not matter.
        static_cast<void>(::posix_fadvise(number, 0, 0, POSIX_FADV_SEQUENTIAL));
    }
    return source;
}

std::unique_ptr<DescriptorOctets> DescriptorOctets::standard_input() {
    std::unique_ptr<DescriptorOctets> source(new DescriptorOctets(STDIN_FILENO, false));
    struct stat status {};
    const off_t position = ::lseek(STDIN_FILENO, 0, SEEK_CUR);
    if (position >= 0 && ::fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode)) {
        source->is_regular_ = true;
        source->position_ = static_cast<std::uint64_t>(position);
        source->size_ = static_cast<std::uint64_t>(status.st_size);
    }
    return source;
}

std::size_t DescriptorOctets::read(std::span<std::uint8_t> into) {
    while (!has_ended_) {
        const ssize_t got = ::read(descriptor_.number(), into.data(), into.size());
        if (got > 0) {
            position_ += static_cast<std::uint64_t>(got);
            return static_cast<std::size_t>(got);
        }
        has_ended_ = true;
        if (got < 0 && errno == EINTR) {
            // Only a program that has installed a handler, and so wants to end, is interrupted.
            problem_ = fmt::format("was read to octet {} only: a signal came", position_);
        } else if (got < 0) {
            problem_ = fmt::format("cannot be read beyond octet {}: {}; check the disk, then run again", position_,
                                   reason(errno));
        } else if (has_shrunk()) {
            struct stat status {};
            static_cast<void>(::fstat(descriptor_.number(), &status));
            problem_ = fmt::format("shrank from {} to {} octets while it was read; run again once nothing writes to it",
                                   size_, status.st_size);
        }
    }
    return 0;
}

bool DescriptorOctets::has_shrunk() {
    return is_regular_ && position_ < size_;
}

ReadProgress DescriptorOctets::progress() const {
    if (!is_regular_) {
        return {position_, std::nullopt};
    }
    return {position_, std::max(position_, size_)};
}

}  // namespace echotap
