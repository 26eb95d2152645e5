// SPDX-License-Identifier: Apache-2.0
#include "analytics/geo/sealed_copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace echotap {

namespace {

[[noreturn]] void refuse(const std::string& path, std::string_view what, int error) {
    throw std::runtime_error(fmt::format("{} {}: {}", path, what, std::generic_category().message(error)));
}

FileIdentity identity_of(const struct stat& status) {
    return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
            std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

struct stat examine(int number, const std::string& path) {
    struct stat status {};
    if (::fstat(number, &status) != 0) {
        refuse(path, "cannot be examined", errno);
    }
    return status;
}

void write_all(int number, const std::uint8_t* from, std::size_t size, const std::string& path) {
    while (size > 0) {
        const ssize_t written = ::write(number, from, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            refuse(path, "cannot be copied into memory", written < 0 ? errno : ENOSPC);
        }
        from += written;
        size -= static_cast<std::size_t>(written);
    }
}

}  // namespace

FileIdentity FileIdentity::of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? identity_of(status) : FileIdentity{};
}

SealedCopy::SealedCopy(const std::string& path, std::uint64_t size_max)
    : memory_(::memfd_create("echotap", MFD_CLOEXEC | MFD_ALLOW_SEALING), true) {
    if (memory_.number() < 0) {
        refuse(path, "cannot be copied into memory", errno);
    }
    // O_NONBLOCK: a FIFO without a writer is refused below, not waited for.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK), true);
    if (file.number() < 0) {
        refuse(path, "cannot be opened (check the path and its permissions)", errno);
    }
    const struct stat status = examine(file.number(), path);
    if (!S_ISREG(status.st_mode)) {
        throw std::runtime_error(path + " is no regular file; give the path of one");
    }
    identity_ = identity_of(status);
    if (identity_.size == 0 || identity_.size > size_max) {
        throw std::runtime_error(fmt::format("{} has {} octets, and 1 to {} are read; fetch or make it again", path,
                                             identity_.size, size_max));
    }
    std::vector<std::uint8_t> chunk(std::min<std::uint64_t>(identity_.size, 1U << 20U));
    std::uint64_t copied = 0;
    while (copied <= identity_.size) {
        const ssize_t got = ::read(file.number(), chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            refuse(path, "cannot be read", errno);
        }
        if (got == 0) {
            break;
        }
        write_all(memory_.number(), chunk.data(), static_cast<std::size_t>(got), path);
        copied += static_cast<std::uint64_t>(got);
    }
    if (copied != identity_.size || identity_of(examine(file.number(), path)) != identity_) {
        throw std::runtime_error(path + " changed while it was read; replace such files by renaming a new one");
    }
    if (::fcntl(memory_.number(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
        refuse(path, "cannot be sealed in memory", errno);
    }
    void* const mapped = ::mmap(nullptr, copied, PROT_READ, MAP_SHARED, memory_.number(), 0);
    if (mapped == MAP_FAILED) {
        refuse(path, "cannot be mapped in memory", errno);
    }
    octets_ = {static_cast<const std::uint8_t*>(mapped), copied};
}

SealedCopy::~SealedCopy() {
    if (octets_.data() != nullptr) {
        ::munmap(const_cast<std::uint8_t*>(octets_.data()), octets_.size());
    }
}

std::string SealedCopy::path() const {
    return fmt::format("/proc/self/fd/{}", memory_.number());
}

}  // namespace echotap
