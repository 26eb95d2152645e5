// SPDX-License-Identifier: Apache-2.0
// A window of contiguous octets that moves over an input: what the readers of capture formats parse.
//
// An OctetSource goes in; spans come out that hold at least as many octets as were asked for, however the source cut
// them into reads. A record is parsed where it lies: nothing is copied but the beginning of the one record that
// straddles two reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "dataplane/capture/octet_source.hpp"
#include "dataplane/octets.hpp"

namespace echotap {

/// Not thread-safe. Octets of the window stay where they are, consumed ones too, until fill() has to read on.
class OctetStream {
public:
    /// From 128 KiB to 4 MiB there was no difference in speed; this much stays in the second-level cache.
    static constexpr std::size_t window_size_default = 256U << 10U;

    /// `window_size` (at least 1) is where the window starts; it grows for a record that is larger.
    explicit OctetStream(std::unique_ptr<OctetSource> source, std::size_t window_size = window_size_default);

    /// A stream over octets that are in memory already and outlive it: the window is all of them, uncopied.
    explicit OctetStream(Octets memory);

    Octets window() const { return {begin_, static_cast<std::size_t>(end_ - begin_)}; }

    /// Takes `octets` off the front of the window. REQUIRES: it holds as many.
    void consume(std::size_t octets) {
        begin_ += octets;
        position_ += octets;
    }

    /// Reads until the window holds `octets` or the input ends; returns whether it holds them. When it held them
    /// before, nothing moves; otherwise all spans into earlier windows are void. The window grows no further than to
    /// twice what has been asked for, and only as the octets arrive, so a length field alone allocates nothing.
    bool fill(std::size_t octets);

    /// Takes `octets` off the input without ever holding them all. Returns false when the input ends before.
    bool skip(std::uint64_t octets);

    /// Octets of the (unpacked) input in front of the window.
    std::uint64_t position() const { return position_; }

    /// See OctetSource; a stream over memory has no problem and is read as far as it is consumed.
    std::string_view problem() const { return source_ ? source_->problem() : std::string_view{}; }
    std::string_view compression() const { return source_ ? source_->compression() : std::string_view{}; }
    ReadProgress progress() const;

private:
    void make_room();

    std::unique_ptr<OctetSource> source_;
    std::unique_ptr<std::uint8_t[]> buffer_;
    std::size_t capacity_ = 0;
    const std::uint8_t* begin_ = nullptr;
    const std::uint8_t* end_ = nullptr;
    std::uint64_t position_ = 0;
    bool has_ended_ = false;
};

}  // namespace echotap
