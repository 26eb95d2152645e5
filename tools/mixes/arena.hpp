// SPDX-License-Identifier: Apache-2.0
// Memory for the frames of a mix: one piece, page-aligned, filled from the front.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/octets.hpp"

namespace echotap {

/// Where the frames of a mix lie. Huge pages stand for the hugepage memory of DPDK's mbufs; ordinary ones for a file.
enum class Pages : std::uint8_t { ordinary, huge };

/// Moves keep the octets where they are, so frames that point into it stay right.
class Arena {
public:
    Arena() = default;

    /// Reserves addresses for `capacity` octets; memory is taken only as it is written to. Throws std::runtime_error
    /// where the system refuses. Pages::huge asks for them (madvise), the kernel may not have any.
    Arena(std::size_t capacity, Pages pages);
    Arena(Arena&& other) noexcept;
    Arena& operator=(Arena&& other) noexcept;
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena();

    /// REQUIRES: grow() never goes beyond the capacity.
    std::uint8_t* end() { return octets_ + size_; }
    void grow(std::size_t octets) { size_ += octets; }

    std::size_t size() const { return size_; }
    Octets span() const { return {octets_, size_}; }

private:
    std::uint8_t* octets_ = nullptr;
    std::size_t capacity_ = 0;
    std::size_t size_ = 0;
};

}  // namespace echotap
