// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/huge_buffer.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace echotap {

HugeBuffer::HugeBuffer(std::size_t octets, Pages pages) : octets_(octets) {
    if (octets == 0) {
        return;
    }
    // Mapped with room to spare and cut to the alignment of a huge page, since mmap() promises 4 KiB only.
    const std::size_t spare = octets >= huge_page_octets ? huge_page_octets : 0;
    void* const mapped =
        mmap(nullptr, octets + spare, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED) {
        throw std::runtime_error(
            fmt::format("the system gives no {} octets for a table of the state: {}; lower memory_budget", octets,
                        std::strerror(errno)));
    }
    std::byte* const first = static_cast<std::byte*>(mapped);
    begin_ = first;
    if (spare != 0) {
        const std::size_t past = reinterpret_cast<std::uintptr_t>(first) % huge_page_octets;
        const std::size_t skipped = past == 0 ? 0 : huge_page_octets - past;
        begin_ = first + skipped;
        if (skipped != 0) {
            munmap(first, skipped);
        }
        // Ends on a page, as munmap() wants it.
        constexpr std::size_t page = 4096;
        const std::size_t kept = (octets + page - 1) / page * page;
        const std::size_t left = spare - skipped + octets - std::min(kept, spare - skipped + octets);
        if (left >= page) {
            munmap(begin_ + kept, left);
        }
    }
    // Advice: where there are no huge pages, small ones serve.
    madvise(begin_, octets_, pages == Pages::huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

HugeBuffer::~HugeBuffer() {
    if (begin_ != nullptr) {
        munmap(begin_, octets_);
    }
}

HugeBuffer::HugeBuffer(HugeBuffer&& other) noexcept
    : begin_(std::exchange(other.begin_, nullptr)), octets_(std::exchange(other.octets_, 0)) {
}

HugeBuffer& HugeBuffer::operator=(HugeBuffer&& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(octets_, other.octets_);
    return *this;
}

void HugeBuffer::populate() const {
    if (begin_ != nullptr && madvise(begin_, octets_, MADV_POPULATE_WRITE) != 0) {
        // Linux before 5.14: touch each page.
        for (std::size_t i = 0; i < octets_; i += 4096) {
            begin_[i] = begin_[i];
        }
    }
}

}  // namespace echotap
