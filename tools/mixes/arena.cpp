// SPDX-License-Identifier: Apache-2.0
#include "tools/mixes/arena.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace echotap {

Arena::Arena(std::size_t capacity, Pages pages) : capacity_(capacity) {
    void* mapped =
        ::mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) {
        throw std::runtime_error("no room for a mix of " + std::to_string(capacity) +
                                 " octets: " + std::strerror(errno) + "; ask for fewer frames");
    }
    octets_ = static_cast<std::uint8_t*>(mapped);
    // Ordinary pages are asked for as well, or a system whose default is huge pages would measure those.
    ::madvise(octets_, capacity, pages == Pages::huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

Arena::Arena(Arena&& other) noexcept
    : octets_(std::exchange(other.octets_, nullptr)),
      capacity_(std::exchange(other.capacity_, 0)),
      size_(std::exchange(other.size_, 0)) {
}

Arena& Arena::operator=(Arena&& other) noexcept {
    std::swap(octets_, other.octets_);
    std::swap(capacity_, other.capacity_);
    std::swap(size_, other.size_);
    return *this;
}

Arena::~Arena() {
    if (octets_ != nullptr) {
        ::munmap(octets_, capacity_);
    }
}

}  // namespace echotap
