// SPDX-License-Identifier: Apache-2.0
// The memory of all open windows: blocks of 2 MiB, up to a limit; requests go in, blocks or a refusal come out.
//
// To zero a huge page takes the kernel 100 microseconds and more, too long for a worker between two bursts. So a pool
// for live workers keeps some blocks ready that a thread of its own has made resident; if workers take them faster than
// that, they get blocks of small pages, whose zeroing is spread over their first touches.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "dataplane/state/huge_buffer.hpp"

namespace echotap {

/// Thread-safe. Must outlive whatever holds its blocks.
class BlockPool {
public:
    static constexpr std::size_t block_octets = HugeBuffer::huge_page_octets;

    /// At most `octets_max` octets in blocks, taken or ready. `blocks_ready` of them are kept resident ahead of need by
    /// a thread; 0 (for captures, where nothing waits): none, and no thread.
    explicit BlockPool(std::size_t octets_max, std::size_t blocks_ready = 0);
    ~BlockPool();
    BlockPool(const BlockPool&) = delete;
    BlockPool& operator=(const BlockPool&) = delete;

    /// A block whose content is undefined, or an empty buffer where the limit is reached. Never throws.
    HugeBuffer take();
    /// Takes blocks back, from any thread.
    void give(std::vector<HugeBuffer>&& blocks);

    /// Octets in blocks that are taken.
    std::size_t octets_taken() const;
    std::size_t octets_max() const { return blocks_max() * block_octets; }

    /// So many octets of the limit are used elsewhere from now on, instead of what was said before; at most seven
    /// eighths of it, so that new queries find room.
    void set_aside(std::size_t octets);

private:
    void keep_ready();
    std::size_t blocks_max() const { return blocks_max_ - blocks_aside_.load(std::memory_order_relaxed); }

    const std::size_t blocks_max_;
    std::atomic<std::size_t> blocks_aside_{0};
    const std::size_t ready_goal_;
    mutable std::mutex mutex_;
    std::condition_variable ending_;
    std::vector<HugeBuffer> ready_;
    std::size_t taken_ = 0;
    bool is_ending_ = false;
    std::thread filler_;  // last: it uses all of the above
};

}  // namespace echotap
