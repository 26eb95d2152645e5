// SPDX-License-Identifier: Apache-2.0
// A part that is still being counted in, copied a piece at a time: PartCopier runs on the worker between two bursts,
// PartCopy gathers the pieces where they are put together, which assemble() does as it does with parts.
//
// A piece is bounded in slots looked at and queriers copied, so no worker stalls. Counting goes on between two pieces,
// so rows are of slightly different moments; what was evicted and came again is there twice, and is united. Nothing
// that was there from begin to end is missed: slots never move, and tables are walked in the order of hashes, which
// splitting a segment does not change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "config/ip_address.hpp"
#include "dataplane/state/closed_window.hpp"
#include "dataplane/state/window_part.hpp"

namespace echotap {

/// Some of a part. IPv6 queriers of rows are numbers of the part.
struct PartPiece {
    OriginatorColumns originators;
    OriginatorColumns prefixes;
    std::vector<std::pair<std::uint32_t, AskedCounts>> queriers_v4;
    std::vector<std::pair<IpAddress, AskedCounts>> queriers_v6;  // by number, from the next one on; zeros: not counted

    /// Makes room for all that a piece holds, but for originators of very many periods.
    void reserve();
    /// Empty afterwards; the room stays.
    void clear();
};

/// A place in a walk over a part. Not thread-safe: used by the thread that counts in the part.
class PartCopier {
public:
    static constexpr std::size_t slots_max = 128;     // looked at for a piece
    static constexpr std::size_t queriers_max = 512;  // copied into a piece; a segment more at most
    static constexpr std::size_t segments_max = 2;  // looked at for a piece: thinned ones hold little, and take as long
    /// Queriers that a piece has room for: with less it would grow, and the worker would wait for memory.
    static constexpr std::size_t queriers_room = queriers_max + 1'100;

    PartCopier();

    /// From the beginning, of this part or another one.
    void restart();

    /// Copies the next piece into `piece`, which must be empty; true where it was the last. Always of the same part,
    /// whose numbers of IPv6 queriers are held meanwhile.
    bool copy_some(WindowPart& part, PartPiece& piece);

private:
    enum class Stage : std::uint8_t { originators, queriers_v4, queriers_v6, done };

    void copy_originators(const WindowPart& part, PartPiece& piece);
    bool copy_slot(const TableSurroundings& around, const OriginatorTable& table, const OriginatorSlot& slot,
                   OriginatorColumns& rows);

    Stage stage_ = Stage::originators;
    std::size_t kind_ = 0;
    std::size_t piece_ = 0;
    std::size_t slot_ = 0;
    bool is_inside_ = false;  // of the slot: its row is copied, some of its queriers are not
    bool is_in_v6_ = false;
    IpAddress address_;       // of the slot that is_inside_; its key may be a place that a newcomer takes over
    std::uint32_t from_ = 0;  // the hash from which on queriers are not copied yet
    std::uint32_t number_ = 0;
    std::size_t copied_ = 0;    // queriers, into the piece at hand
    std::size_t segments_ = 0;  // that were looked at for it
    bool is_full() const { return copied_ >= queriers_max || segments_ >= segments_max; }
    std::vector<std::uint32_t> v4_;
    std::vector<std::uint32_t> v6_;
};

/// All pieces of a part; assemble() asks it as it asks a part.
class PartCopy {
public:
    void add(const PartPiece& piece);
    /// What the part said of itself when its last piece was copied.
    void finish(const PartCounts& counts, std::uint32_t sample_size, std::uint64_t querier_bound);

    const PartCounts& counts() const { return counts_; }
    std::uint32_t sample_size() const { return sample_size_; }
    std::uint64_t querier_bound() const { return querier_bound_; }
    /// Octets of memory in all that was added.
    std::size_t octets() const;
    const IpAddress& querier_address(std::uint32_t number) const { return queriers_v6_[number - 1].first; }

    template <class Visit>
    void for_each_querier(Visit&& visit) const {
        for (const auto& [number, counts] : queriers_v4_) {
            visit(v4_address(number), counts.full, counts.minimised);
        }
        for (const auto& [address, counts] : queriers_v6_) {
            if (!counts.none()) {
                visit(address, counts.full, counts.minimised);
            }
        }
    }

    std::vector<OriginatorColumns>& originators() { return originators_; }
    std::vector<OriginatorColumns>& prefixes() { return prefixes_; }

private:
    std::vector<OriginatorColumns> originators_;
    std::vector<OriginatorColumns> prefixes_;
    std::size_t column_octets_ = 0;
    std::vector<std::pair<std::uint32_t, AskedCounts>> queriers_v4_;
    std::vector<std::pair<IpAddress, AskedCounts>> queriers_v6_;
    PartCounts counts_;
    std::uint32_t sample_size_ = 0;
    std::uint64_t querier_bound_ = ~std::uint64_t{0};
};

}  // namespace echotap
