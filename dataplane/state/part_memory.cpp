// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/part_memory.hpp"

#include <utility>

namespace echotap {

namespace {

/// What 32 bits can name: 256 GiB.
constexpr std::size_t blocks_max = std::size_t{1} << (32 - PartMemory::block_line_bits);

}  // namespace

PartMemory::PartMemory(PartMemory&& other) noexcept
    : pool_(other.pool_),
      blocks_(std::move(other.blocks_)),
      starts_(std::move(other.starts_)),
      free_(other.free_),
      chunk_next_(other.chunk_next_),
      chunk_end_(other.chunk_end_),
      block_next_(other.block_next_),
      block_end_(other.block_end_),
      free_lines_(other.free_lines_) {
    other.blocks_.clear();
}

PartMemory& PartMemory::operator=(PartMemory&& other) noexcept {
    if (this != &other) {
        release();
        pool_ = other.pool_;
        blocks_ = std::exchange(other.blocks_, {});
        starts_ = std::move(other.starts_);
        free_ = other.free_;
        chunk_next_ = other.chunk_next_;
        chunk_end_ = other.chunk_end_;
        block_next_ = other.block_next_;
        block_end_ = other.block_end_;
        free_lines_ = other.free_lines_;
    }
    return *this;
}

void PartMemory::release() {
    if (!blocks_.empty()) {
        pool_->give(std::exchange(blocks_, {}));
    }
}

LineNumber PartMemory::allocate(unsigned size_class) {
    if (const LineNumber line = take_free(size_class); line != 0) {
        return line;
    }
    if (size_class >= chunk_class) {
        const LineNumber line = cut_block(size_class);
        return line != 0 ? line : split_or_grow(size_class);
    }
    if (chunk_next_[size_class] == chunk_end_[size_class]) {
        LineNumber chunk = take_free(chunk_class);
        chunk = chunk != 0 ? chunk : cut_block(chunk_class);
        if (chunk == 0) {
            return split_or_grow(size_class);
        }
        chunk_next_[size_class] = chunk;
        chunk_end_[size_class] = chunk + (LineNumber{1} << chunk_class);
        free_lines_ += LineNumber{1} << chunk_class;
    }
    const LineNumber lines = LineNumber{1} << size_class;
    const LineNumber line = chunk_next_[size_class];
    chunk_next_[size_class] += lines;
    free_lines_ -= lines;
    return line;
}

void PartMemory::free(LineNumber line, unsigned size_class) {
    at<FreeLines>(line)->next = free_[size_class];
    free_[size_class] = line;
    free_lines_ += LineNumber{1} << size_class;
}

/// What was given back in this very size; 0 where nothing is left of it.
LineNumber PartMemory::take_free(unsigned size_class) {
    const LineNumber line = free_[size_class];
    if (line != 0) {
        free_[size_class] = at<FreeLines>(line)->next;
        free_lines_ -= LineNumber{1} << size_class;
    }
    return line;
}

/// From the block that was taken last; 0 where it has no more.
LineNumber PartMemory::cut_block(unsigned size_class) {
    const LineNumber lines = LineNumber{1} << size_class;
    if (block_end_ - block_next_ < lines) {
        return 0;
    }
    const LineNumber line = block_next_;
    block_next_ += lines;
    free_lines_ -= lines;
    return line;
}

/// Cuts up a larger piece that was given back: what has been thinned then serves what grows. Where there is none, takes
/// another block.
LineNumber PartMemory::split_or_grow(unsigned size_class) {
    for (unsigned larger = size_class + 1; larger <= size_class_max; ++larger) {
        if (const LineNumber line = take_free(larger); line != 0) {
            while (larger > size_class) {
                --larger;
                free(line + (LineNumber{1} << larger), larger);
            }
            return line;
        }
    }
    return take_block() ? allocate(size_class) : 0;
}

bool PartMemory::take_block() {
    HugeBuffer block = starts_.size() == blocks_max ? HugeBuffer{} : pool_->take();
    if (block.octets() == 0) {
        return false;
    }
    // What is left of the old block serves small sizes.
    for (; block_next_ != block_end_; block_next_ += LineNumber{1} << chunk_class) {
        at<FreeLines>(block_next_)->next = free_[chunk_class];
        free_[chunk_class] = block_next_;
    }
    starts_.push_back(block.span().data());
    blocks_.push_back(std::move(block));
    block_next_ = static_cast<LineNumber>(blocks_.size()) << block_line_bits;
    block_end_ = block_next_ + (LineNumber{1} << block_line_bits);
    free_lines_ += LineNumber{1} << block_line_bits;
    return true;
}

}  // namespace echotap
