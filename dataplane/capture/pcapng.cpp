// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/pcapng.hpp"

#include <fmt/core.h>

#include <limits>

namespace echotap {

namespace {

enum BlockType : std::uint32_t {
    interface_description = 1,
    packet = 2,  // obsolete (appendix A)
    simple_packet = 3,
    enhanced_packet = 6,
    section_header = 0x0a0d0d0a,  // reads the same in either byte order
};

constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;

// Sizes of blocks with nothing in them: type, length, fixed fields, length again (section 3.1).
constexpr std::uint32_t block_size_min = 12;
constexpr std::uint32_t section_size_min = 28;
constexpr std::uint32_t interface_size_min = 20;
constexpr std::uint32_t simple_packet_size_min = 16;
constexpr std::uint32_t packet_size_min = 32;
constexpr std::uint32_t trailer_size = 4;

/// A packet block is held whole, with room for its options beside the largest frame; a larger one is damaged.
constexpr std::uint32_t packet_block_size_max = captured_max_limit + (1U << 20U);
/// Options of an interface are looked at as far as this; comments and filters behind it do not matter.
constexpr std::uint32_t interface_block_read_max = 1U << 20U;

constexpr std::uint16_t option_end = 0;
constexpr std::uint16_t option_tsresol = 9;
constexpr std::uint16_t option_tsoffset = 14;

constexpr bool is_packet(std::uint32_t type) {
    return type == enhanced_packet || type == simple_packet || type == packet;
}

constexpr std::size_t padded(std::size_t octets) {
    return (octets + 3) / 4 * 4;
}

__extension__ typedef __int128 Wide;
__extension__ typedef unsigned __int128 UnsignedWide;

}  // namespace

TimeScale::TimeScale(std::uint8_t resolution, std::int64_t offset) : offset_(offset) {
    constexpr std::uint8_t power_of_two = 0x80;
    const unsigned exponent = resolution & 0x7fU;
    digits_ = 9;
    if ((resolution & power_of_two) != 0) {
        multiplier_ = 1'000'000'000;
        shift_ = static_cast<std::uint8_t>(exponent);
        return;
    }
    multiplier_ = 1;
    if (exponent <= 9) {
        digits_ = static_cast<std::uint8_t>(exponent);
        for (unsigned i = exponent; i < 9; ++i) {
            multiplier_ *= 10;
        }
    } else if (exponent <= 9 + 19) {
        for (unsigned i = 9; i < exponent; ++i) {
            divisor_ *= 10;
        }
    } else {
        multiplier_ = 0;  // units so small that 2^64 of them are less than a nanosecond
    }
}

Timestamp TimeScale::time(std::uint64_t ticks) const {
    UnsignedWide scaled = UnsignedWide{ticks} * multiplier_ >> shift_;
    if (divisor_ != 1) {
        scaled /= divisor_;
    }
    const Wide exact = static_cast<Wide>(scaled) + Wide{offset_} * 1'000'000'000;
    constexpr Wide least = std::numeric_limits<std::int64_t>::min();
    constexpr Wide most = std::numeric_limits<std::int64_t>::max();
    return Timestamp(std::chrono::nanoseconds(static_cast<std::int64_t>(std::clamp(exact, least, most))));
}

template <class T>
T PcapngReader::load(const std::uint8_t* from) const {
    const T value = load_native<T>(from);
    return is_swapped_ ? swap_order(value) : value;
}

bool PcapngReader::recognises(Octets first) {
    if (first.size() < magic_size || load_native<std::uint32_t>(first.data()) != section_header) {
        return false;
    }
    const auto magic = load_native<std::uint32_t>(first.data() + 8);
    return magic == byte_order_magic || swap_order(magic) == byte_order_magic;
}

/// Whether the next block can be taken without reading on. Of a section header this is not known, since it may change
/// the byte order.
bool PcapngReader::holds_whole_block(Octets window) const {
    return window.size() >= block_size_min && load<std::uint32_t>(window.data()) != section_header &&
           load<std::uint32_t>(window.data() + 4) <= window.size();
}

std::size_t PcapngReader::read(OctetStream& stream, std::span<Frame> into) {
    std::size_t count = 0;
    while (count < into.size() && !has_stopped_) {
        if (count != 0 && !holds_whole_block(stream.window())) {
            break;  // reading on would move the octets of the frames found so far
        }
        if (take_block(stream, into[count])) {
            ++count;
        }
    }
    return count;
}

/// Takes one block off the stream; returns whether it gave a frame.
bool PcapngReader::take_block(OctetStream& stream, Frame& frame) {
    block_position_ = stream.position();
    block_type_ = stream.fill(4) ? load<std::uint32_t>(stream.window().data()) : 0;
    if (!stream.fill(8)) {
        if (stream.window().empty()) {
            has_stopped_ = true;
        } else {
            end_truncated(stream);
        }
        return false;
    }
    if (block_type_ == section_header) {
        take_section(stream);
        return false;
    }
    const auto block_size = load<std::uint32_t>(stream.window().data() + 4);
    if (block_size < block_size_min || block_size % 4 != 0) {
        losses_.corrupt += is_packet(block_type_) ? 1 : 0;
        end_corrupt(fmt::format("a block cannot have {} octets", block_size));
        return false;
    }
    if (is_packet(block_type_)) {
        return take_packet(stream, block_size, frame);
    }
    if (block_type_ == interface_description) {
        take_interface(stream, block_size);
    } else {
        pass_rest(stream, block_size);
    }
    return false;
}

void PcapngReader::take_section(OctetStream& stream) {
    constexpr std::size_t read_size = 16;  // type, length, byte-order magic, version
    if (!stream.fill(read_size)) {
        end_truncated(stream);
        return;
    }
    const std::uint8_t* block = stream.window().data();
    const auto magic = load_native<std::uint32_t>(block + 8);
    if (magic != byte_order_magic && swap_order(magic) != byte_order_magic) {
        end_corrupt("a section header without byte-order magic");
        return;
    }
    is_swapped_ = magic != byte_order_magic;
    const auto block_size = load<std::uint32_t>(block + 4);
    if (block_size < section_size_min || block_size % 4 != 0) {
        end_corrupt(fmt::format("a section header cannot have {} octets", block_size));
        return;
    }
    if (const auto version = load<std::uint16_t>(block + 12); version != 1) {
        end_corrupt(fmt::format("a section of pcapng version {}, of which only 1 is known", version));
        return;
    }
    interfaces_.clear();
    pass_rest(stream, block_size);
}

void PcapngReader::take_interface(OctetStream& stream, std::uint32_t block_size) {
    if (block_size < interface_size_min) {
        end_corrupt(fmt::format("an interface cannot have {} octets", block_size));
        return;
    }
    const std::uint32_t read_size = std::min(block_size, interface_block_read_max);
    if (!stream.fill(read_size)) {
        end_truncated(stream);
        return;
    }
    const std::uint8_t* block = stream.window().data();
    std::uint8_t resolution = 6;
    std::int64_t offset = 0;
    const std::uint8_t* option = block + 16;
    std::size_t left = read_size - trailer_size - 16;
    while (left >= 4) {
        const auto code = load<std::uint16_t>(option);
        const auto size = load<std::uint16_t>(option + 2);
        if (code == option_end || padded(size) > left - 4) {
            break;
        }
        if (code == option_tsresol && size == 1) {
            resolution = option[4];
        } else if (code == option_tsoffset && size == 8) {
            offset = static_cast<std::int64_t>(load<std::uint64_t>(option + 4));
        }
        option += 4 + padded(size);
        left -= 4 + padded(size);
    }
    if (interfaces_.size() < interfaces_max) {
        interfaces_.push_back({static_cast<LinkType>(load<std::uint16_t>(block + 8)), load<std::uint32_t>(block + 12),
                               TimeScale(resolution, offset)});
    }
    pass_rest(stream, block_size);
}

bool PcapngReader::take_packet(OctetStream& stream, std::uint32_t block_size, Frame& frame) {
    bool is_frame = false;
    if (block_size <= packet_block_size_max) {
        if (!stream.fill(block_size)) {
            end_truncated(stream);
            return false;
        }
        const std::uint8_t* block = stream.window().data();
        if (load<std::uint32_t>(block + block_size - trailer_size) == block_size) {
            is_frame = block_type_ == simple_packet ? read_simple_packet(block, block_size, frame)
                                                    : read_packet(block, block_size, frame);
        }
    }
    pass_rest(stream, block_size);
    if (!is_frame && losses_.truncated == 0) {
        ++losses_.corrupt;
        if (losses_.problem.empty()) {
            losses_.problem = fmt::format(
                "is damaged at octet {}: a frame of no known interface, or one larger than its block or its limit; "
                "such frames were passed over. Copy the capture again, or mend it (pcapfix)",
                block_position_);
        }
    }
    return is_frame;
}

/// Enhanced (section 4.3) and obsolete packet blocks. They differ in the first field, where the obsolete one has but
/// 16 bits for the interface, and 16 for a count of drops.
bool PcapngReader::read_packet(const std::uint8_t* block, std::uint32_t block_size, Frame& frame) {
    if (block_size < packet_size_min) {
        return false;
    }
    const std::uint32_t number =
        block_type_ == enhanced_packet ? load<std::uint32_t>(block + 8) : load<std::uint16_t>(block + 8);
    const auto captured = load<std::uint32_t>(block + 20);
    if (number >= interfaces_.size() || captured > block_size - packet_size_min) {
        return false;
    }
    const Interface& interface = interfaces_[number];
    if (captured > captured_max_for(interface.snap_length)) {
        return false;
    }
    const std::uint64_t ticks = std::uint64_t{load<std::uint32_t>(block + 12)} << 32U | load<std::uint32_t>(block + 16);
    frame.octets = block + 28;
    frame.captured = captured;
    frame.length = load<std::uint32_t>(block + 24);
    frame.time = interface.scale.time(ticks);
    frame.link = interface.link;
    frame.time_digits = interface.scale.digits();
    last_time_ = frame.time;
    return true;
}

/// Simple packet blocks (section 4.4): always of the first interface, and cut where its snap length says.
bool PcapngReader::read_simple_packet(const std::uint8_t* block, std::uint32_t block_size, Frame& frame) const {
    if (block_size < simple_packet_size_min || interfaces_.empty()) {
        return false;
    }
    const Interface& interface = interfaces_.front();
    const auto length = load<std::uint32_t>(block + 8);
    const std::uint32_t captured = interface.snap_length == 0 ? length : std::min(length, interface.snap_length);
    if (captured > block_size - simple_packet_size_min || captured > captured_max_for(interface.snap_length)) {
        return false;
    }
    frame.octets = block + 12;
    frame.captured = captured;
    frame.length = length;
    frame.time = last_time_;
    frame.link = interface.link;
    frame.time_digits = 0;
    return true;
}

/// Passes over a block of which nothing has been consumed, and checks its second length.
void PcapngReader::pass_rest(OctetStream& stream, std::uint32_t block_size) {
    if (!stream.skip(block_size - trailer_size) || !stream.fill(trailer_size)) {
        end_truncated(stream);
        return;
    }
    const auto again = load<std::uint32_t>(stream.window().data());
    if (again != block_size) {
        end_corrupt(fmt::format("its two lengths, {} and {}, differ", block_size, again));
        return;
    }
    stream.consume(trailer_size);
}

void PcapngReader::end_truncated(const OctetStream& stream) {
    has_stopped_ = true;
    losses_.truncated = is_packet(block_type_) ? 1 : 0;
    losses_.problem = fmt::format(
        "breaks off at octet {} inside the block that begins at octet {}; everything before "
        "was read. Copy it again if its original is longer",
        stream.position() + stream.window().size(), block_position_);
}

/// The length of this block cannot be trusted, so where the next one begins is not known.
void PcapngReader::end_corrupt(std::string_view why) {
    has_stopped_ = true;
    losses_.problem = fmt::format(
        "is damaged at octet {}: {}; everything before was read. Copy the capture again, or "
        "mend it (pcapfix)",
        block_position_, why);
}

}  // namespace echotap
