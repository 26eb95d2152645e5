// SPDX-License-Identifier: Apache-2.0
// The memory of one part of a window: a number of cache lines goes in, the number of the first one comes out.
//
// Lines lie in blocks that never move, so a line is named by 4 octets and found by one look into a short list of
// blocks. Sizes are powers of two; what is given back is kept by size and used again, cut up where only smaller sizes
// are wanted, but never put together. All of it goes back to the pool
// at once, when the part is done with: nothing is walked, nothing is destroyed one by one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/state/block_pool.hpp"

namespace echotap {

/// The number of a line of 64 octets; 0 is none.
using LineNumber = std::uint32_t;

/// Not thread-safe; reading at() is, while nobody allocates. Movable.
class PartMemory {
public:
    static constexpr std::size_t line_octets = 64;
    static constexpr unsigned block_line_bits = 15;
    /// 2^15 lines: a whole block.
    static constexpr unsigned size_class_max = block_line_bits;
    static_assert(BlockPool::block_octets == line_octets << block_line_bits);

    /// `pool` must outlive the memory.
    explicit PartMemory(BlockPool& pool) : pool_(&pool), starts_(1, nullptr) {}
    ~PartMemory() { release(); }
    PartMemory(PartMemory&& other) noexcept;
    PartMemory& operator=(PartMemory&& other) noexcept;

    /// 2^size_class lines that follow each other, with undefined content; 0 where the pool has no more.
    LineNumber allocate(unsigned size_class);
    /// Takes back what allocate(size_class) gave.
    void free(LineNumber line, unsigned size_class);

    /// The first octet of a line, as a T.
    template <class T>
    T* at(LineNumber line) const {
        std::byte* const block = starts_[line >> block_line_bits];
        return reinterpret_cast<T*>(block +
                                    static_cast<std::size_t>(line & ((1U << block_line_bits) - 1)) * line_octets);
    }

    /// Octets of the blocks that the memory holds, and of these the ones that it could give out again.
    std::size_t octets() const { return blocks_.size() * BlockPool::block_octets; }
    std::size_t octets_free() const { return free_lines_ * line_octets; }

private:
    /// Small sizes are cut from chunks of this size, so that a block serves several sizes.
    static constexpr unsigned chunk_class = 10;

    struct FreeLines {
        LineNumber next;
    };

    LineNumber take_free(unsigned size_class);
    LineNumber cut_block(unsigned size_class);
    LineNumber split_or_grow(unsigned size_class);
    bool take_block();
    void release();

    BlockPool* pool_;
    std::vector<HugeBuffer> blocks_;
    std::vector<std::byte*> starts_;  // of the blocks; the first is none, so that line 0 is none
    std::array<LineNumber, size_class_max + 1> free_{};
    std::array<LineNumber, chunk_class> chunk_next_{};  // where the open chunk of a size goes on, up to chunk_end_
    std::array<LineNumber, chunk_class> chunk_end_{};
    LineNumber block_next_ = 0;
    LineNumber block_end_ = 0;
    std::size_t free_lines_ = 0;
};

/// Elements of one type in the order in which they were added, in pieces that never move.
template <class T>
class Column {
public:
    static constexpr std::size_t piece_size = (PartMemory::line_octets << 10U) / sizeof(T);

    /// Adds `value` at index size(); false where there is no memory.
    bool push_back(PartMemory& memory, const T& value) {
        if (size_ == pieces_.size() * piece_size) {
            const LineNumber piece = memory.allocate(10);
            if (piece == 0) {
                return false;
            }
            pieces_.push_back(piece);
        }
        ++size_;
        at(memory, size_ - 1) = value;
        return true;
    }

    void pop_back() { --size_; }

    T& at(const PartMemory& memory, std::size_t index) const {
        return memory.at<T>(pieces_[index / piece_size])[index % piece_size];
    }

    std::size_t size() const { return size_; }

private:
    std::vector<LineNumber> pieces_;
    std::size_t size_ = 0;
};

}  // namespace echotap
