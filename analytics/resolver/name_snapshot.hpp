// SPDX-License-Identifier: Apache-2.0
// A snapshot of names: a file of `address<TAB>name` goes in, the name of an address comes out.
//
// A plain file whose lines ascend stays on the disk: of each block of 4 KiB the first address is kept, and a look-up
// reads one block. It is read, not mapped, so that a file that is written over is a counted miss and not a SIGBUS
// (docs/decisions/0010_read_snapshots.md). Any other file, also .gz, .zst, .xz, .lz4 and pipes, is loaded.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "analytics/resolver/snapshot_rows.hpp"

namespace echotap {

/// Found in by any number of threads at once.
class NameSnapshot {
public:
    /// How a file is sorted, as far as that helps. IPv4 addresses are ::ffff:0:0/96 in the order of addresses; the
    /// order of texts is that of `LC_ALL=C sort`, and wants IPv6 addresses as RFC 5952 writes them.
    enum class Order : std::uint8_t { none, address, text };

    /// Reads all of the file once. Throws std::runtime_error that names file and line where a line is wrong, and the
    /// file where it cannot be opened, is cut, or would take over `load_octets_max` of memory.
    NameSnapshot(const std::string& path, std::size_t load_octets_max);

    /// Of several lines of an address the last one counts. Reads one block of the file unless it is loaded.
    QuerierName find(const IpAddress& address) const;

    Order order() const { return order_; }
    /// Whether the rows are in memory.
    bool is_loaded() const { return file_ == nullptr; }
    /// Lines that hold a row; several of one address count as several unless the file is loaded.
    std::uint64_t size() const { return is_loaded() ? rows_.size() : indexed_rows_; }
    /// Octets of memory.
    std::size_t octets() const;
    /// Look-ups that found the file other than it was when it was opened; each was answered "unknown".
    std::uint64_t stale() const { return stale_.load(std::memory_order_relaxed); }

private:
    /// A run of whole lines that begins with a row.
    struct Block {
        IpAddress first;
        std::uint32_t size = 0;
        std::uint64_t position = 0;
    };
    static constexpr std::size_t block_size = 4096;

    bool index(LineReader lines);
    void load(LineReader lines, std::size_t octets_max);
    /// Whether `one` stands before `other` in this file.
    bool is_before(const IpAddress& one, const IpAddress& other) const;
    QuerierName find_in(std::string_view block, const Block& index, const IpAddress& address) const;
    QuerierName give_up() const;

    std::string path_;
    Order order_ = Order::none;
    std::unique_ptr<const Descriptor> file_;  // none: the rows are loaded
    std::vector<Block> blocks_;
    std::uint64_t indexed_rows_ = 0;
    mutable std::atomic<std::uint64_t> stale_ = 0;
    SnapshotRows rows_;
};

}  // namespace echotap
