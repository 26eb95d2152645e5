// SPDX-License-Identifier: Apache-2.0
// Reader of pcapng files: a stream of octets goes in, frames that point into it come out.
//
// draft-ietf-opsawg-pcapng sections 3 and 4: sections of either byte order, interfaces with their own link type and
// time resolution, enhanced, simple and (obsolete) packet blocks. Every other block is passed over, however large.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/capture/octet_stream.hpp"
#include "dataplane/capture/record.hpp"
#include "dataplane/frame.hpp"

namespace echotap {

/// How an interface counts time: if_tsresol and if_tsoffset (section 4.2).
class TimeScale {
public:
    /// Microseconds since 1970, the default.
    TimeScale() = default;

    /// `resolution` as in if_tsresol: 10^-n seconds, or 2^-n with the highest bit set. `offset` in seconds is added.
    TimeScale(std::uint8_t resolution, std::int64_t offset);

    /// Whole nanoseconds (rounded down), saturated at the ends of what 64 bits hold (1677 to 2262).
    Timestamp time(std::uint64_t ticks) const;

    /// Digits after the decimal point that show the resolution, 0 to 9; 9 for any power of two.
    std::uint8_t digits() const { return digits_; }

private:
    std::uint64_t multiplier_ = 1000;
    std::uint64_t divisor_ = 1;
    std::uint8_t shift_ = 0;
    std::uint8_t digits_ = 6;
    std::int64_t offset_ = 0;  // seconds
};

/// State of one pcapng file being read. Not thread-safe; the stream is given with each call, so that both can be moved.
class PcapngReader {
public:
    static constexpr std::size_t magic_size = 12;
    /// Interfaces of a section beyond this are not known; their frames are corrupt records.
    static constexpr std::size_t interfaces_max = 65'536;

    /// Whether a file that begins with these octets is a pcapng file: a section header block and its byte-order magic.
    static bool recognises(Octets first);

    /// Like PcapReader::read(). A frame of a simple packet block, which has no time, gets the time of the frame before
    /// it (1970 if there is none) and no digits.
    std::size_t read(OctetStream& stream, std::span<Frame> into);

    /// Valid at any time, final once read() has returned 0. A packet block that contradicts itself is counted and
    /// passed over; one whose length cannot be trusted ends the reading.
    const RecordLosses& losses() const { return losses_; }

private:
    struct Interface {
        LinkType link;
        std::uint32_t snap_length;
        TimeScale scale;
    };

    template <class T>
    T load(const std::uint8_t* from) const;

    bool holds_whole_block(Octets window) const;
    bool take_block(OctetStream& stream, Frame& frame);
    void take_section(OctetStream& stream);
    void take_interface(OctetStream& stream, std::uint32_t block_size);
    bool take_packet(OctetStream& stream, std::uint32_t block_size, Frame& frame);
    bool read_packet(const std::uint8_t* block, std::uint32_t block_size, Frame& frame);
    bool read_simple_packet(const std::uint8_t* block, std::uint32_t block_size, Frame& frame) const;
    void pass_rest(OctetStream& stream, std::uint32_t block_size);
    void end_truncated(const OctetStream& stream);
    void end_corrupt(std::string_view why);

    std::vector<Interface> interfaces_;
    std::uint64_t block_position_ = 0;  // of the block being taken
    std::uint32_t block_type_ = 0;      // of the same; 0, which is no packet, where the file ends inside it
    Timestamp last_time_;
    bool is_swapped_ = false;
    bool has_stopped_ = false;
    RecordLosses losses_;
};

}  // namespace echotap
