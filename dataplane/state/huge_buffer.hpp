// SPDX-License-Identifier: Apache-2.0
// Memory for large tables: a number of octets goes in, zeroed memory in huge pages (where the system has them) comes
// out.
//
// A table far larger than the cache is touched at random; with pages of 4 KiB every touch would miss the TLB as well.
// Memory that is never touched is never resident, so what is asked for may be an upper bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace echotap {

/// Fetches the cache line at `address` for reading and writing. The empty asm is there because GCC takes a function
/// that only prefetches for one without effect and leaves out the calls of it, which cost half of the speed before it
/// was noticed.
inline void fetch_line(const void* address) {
    __builtin_prefetch(address, 1);
    asm volatile("" : : "r"(address));
}

/// Owns one mapping; movable. Aligned to 2 MiB where it is that large, else to a page.
class HugeBuffer {
public:
    static constexpr std::size_t huge_page_octets = std::size_t{2} << 20U;

    enum class Pages : std::uint8_t { huge, small };

    HugeBuffer() = default;
    /// Throws std::runtime_error where the system gives no memory.
    explicit HugeBuffer(std::size_t octets, Pages pages = Pages::huge);
    ~HugeBuffer();
    HugeBuffer(HugeBuffer&& other) noexcept;
    HugeBuffer& operator=(HugeBuffer&& other) noexcept;

    /// The `index`-th T of the buffer, unchecked.
    template <class T>
    T& at(std::uint64_t index) const {
        return reinterpret_cast<T*>(begin_)[index];
    }

    std::span<std::byte> span() const { return {begin_, octets_}; }
    std::size_t octets() const { return octets_; }

    /// Makes all of it resident now, so that no later touch has to wait for the kernel to zero a page.
    void populate() const;

private:
    std::byte* begin_ = nullptr;
    std::size_t octets_ = 0;
};

}  // namespace echotap
