// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/block_pool.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace echotap {

namespace {

/// Blocks that came back are kept for the next window, beside those that are kept ready, up to this many.
constexpr std::size_t returned_kept_max = 64;

HugeBuffer map_block(HugeBuffer::Pages pages) {
    try {
        return HugeBuffer(BlockPool::block_octets, pages);
    } catch (const std::runtime_error&) {
        return {};
    }
}

}  // namespace

BlockPool::BlockPool(std::size_t octets_max, std::size_t blocks_ready)
    : blocks_max_(octets_max / block_octets), ready_goal_(blocks_ready) {
    ready_.reserve(ready_goal_ + returned_kept_max);
    if (ready_goal_ != 0) {
        filler_ = std::thread([this] { keep_ready(); });
    }
}

BlockPool::~BlockPool() {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
    }
    ending_.notify_one();
    if (filler_.joinable()) {
        filler_.join();
    }
}

HugeBuffer BlockPool::take() {
    {
        const std::lock_guard lock(mutex_);
        if (taken_ >= blocks_max()) {
            return {};
        }
        ++taken_;
        if (!ready_.empty()) {
            HugeBuffer block = std::move(ready_.back());
            ready_.pop_back();
            return block;
        }
    }
    HugeBuffer block = map_block(ready_goal_ == 0 ? HugeBuffer::Pages::huge : HugeBuffer::Pages::small);
    if (block.octets() == 0) {
        const std::lock_guard lock(mutex_);
        --taken_;
    }
    return block;
}

void BlockPool::give(std::vector<HugeBuffer>&& blocks) {
    std::vector<HugeBuffer> returned = std::move(blocks);  // what is not kept is unmapped outside of the lock
    const std::lock_guard lock(mutex_);
    taken_ -= returned.size();
    while (!returned.empty() && ready_.size() < ready_goal_ + returned_kept_max &&
           ready_.size() + taken_ < blocks_max()) {
        ready_.push_back(std::move(returned.back()));
        returned.pop_back();
    }
}

void BlockPool::set_aside(std::size_t octets) {
    const std::size_t blocks = (octets + block_octets - 1) / block_octets;
    blocks_aside_.store(std::min(blocks, blocks_max_ / 8 * 7), std::memory_order_relaxed);
}

std::size_t BlockPool::octets_taken() const {
    const std::lock_guard lock(mutex_);
    return taken_ * block_octets;
}

void BlockPool::keep_ready() {
    // Looks by itself from time to time: to wake it would cost the worker that takes a block some 50 microseconds.
    constexpr std::chrono::milliseconds pause{1};
    std::unique_lock lock(mutex_);
    while (!is_ending_) {
        bool is_full = ready_.size() >= ready_goal_ || ready_.size() + taken_ >= blocks_max();
        if (!is_full) {
            lock.unlock();
            HugeBuffer block = map_block(HugeBuffer::Pages::huge);
            block.populate();
            lock.lock();
            is_full = block.octets() == 0;  // the system has no more; perhaps later
            if (!is_full) {
                ready_.push_back(std::move(block));
            }
        }
        if (is_full) {
            ending_.wait_for(lock, pause);
        }
    }
}

}  // namespace echotap
