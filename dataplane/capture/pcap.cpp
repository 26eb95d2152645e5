// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/pcap.hpp"

#include <fmt/core.h>

#include <optional>

namespace echotap {

namespace {

constexpr std::uint32_t magic_micro = 0xa1b2c3d4;
constexpr std::uint32_t magic_nano = 0xa1b23c4d;
// Alexey Kuznetsov's patch of libpcap: record headers also carry interface index, protocol and packet type.
constexpr std::uint32_t magic_modified = 0xa1b2cd34;

constexpr std::size_t record_header_size_plain = 16;
constexpr std::size_t record_header_size_modified = 24;

constexpr bool is_magic(std::uint32_t value) {
    return value == magic_micro || value == magic_nano || value == magic_modified;
}

template <bool swapped, class T>
T load(const std::uint8_t* from) {
    const T value = load_native<T>(from);
    return swapped ? swap_order(value) : value;
}

}  // namespace

bool PcapReader::recognises(Octets first) {
    if (first.size() < magic_size) {
        return false;
    }
    const auto magic = load_native<std::uint32_t>(first.data());
    return is_magic(magic) || is_magic(swap_order(magic));
}

template <bool swapped>
std::uint32_t PcapReader::captured_of(const std::uint8_t* record) const {
    const auto captured = load<swapped, std::uint32_t>(record + 8);
    if (length_order_ == LengthOrder::captured_first) {
        return captured;
    }
    const auto length = load<swapped, std::uint32_t>(record + 12);
    return length_order_ == LengthOrder::length_first ? length : std::min(captured, length);
}

/// Frames of all records that lie whole in the window. This loop is what reading a plain capture costs, so the byte
/// order and the size of the record header are constants in it.
template <bool swapped, std::size_t header_size>
std::size_t PcapReader::walk(OctetStream& stream, std::span<Frame> into) const {
    const Octets window = stream.window();
    const std::uint8_t* at = window.data();
    std::size_t left = window.size();
    std::size_t count = 0;
    while (count < into.size() && left >= header_size) {
        const std::uint32_t captured = captured_of<swapped>(at);
        if (captured > captured_max_ || captured > left - header_size) {
            break;
        }
        const auto one = load<swapped, std::uint32_t>(at + 8);
        const auto other = load<swapped, std::uint32_t>(at + 12);
        const std::int64_t seconds = load<swapped, std::uint32_t>(at);
        const std::int64_t fraction = load<swapped, std::uint32_t>(at + 4);
        Frame& frame = into[count++];
        frame.octets = at + header_size;
        frame.captured = captured;
        frame.length = captured == one ? other : one;
        frame.time = Timestamp(std::chrono::nanoseconds(seconds * 1'000'000'000 + fraction * fraction_ns_));
        frame.link = link_;
        frame.time_digits = time_digits_;
        at += header_size + captured;
        left -= header_size + captured;
    }
    stream.consume(window.size() - left);
    return count;
}

template <bool swapped>
void PcapReader::read_file_header(const std::uint8_t* header) {
    const auto magic = load<swapped, std::uint32_t>(header);
    const auto version_major = load<swapped, std::uint16_t>(header + 4);
    const auto version_minor = load<swapped, std::uint16_t>(header + 6);
    is_swapped_ = swapped;
    captured_max_ = captured_max_for(load<swapped, std::uint32_t>(header + 16));
    // Only the lower half numbers the link type; above it stand flags and the length of the frame check sequence.
    link_ = static_cast<LinkType>(load<swapped, std::uint32_t>(header + 20) & 0xffffU);
    if (magic == magic_nano) {
        fraction_ns_ = 1;
        time_digits_ = 9;
    }
    // Before version 2.3 the length came first; at 2.3 writers did it either way, and the smaller one is what was
    // captured. 543.0 is what DG/UX tcpdump wrote.
    if ((version_major == 2 && version_minor < 3) || version_major == 543) {
        length_order_ = LengthOrder::length_first;
    } else if (version_major == 2 && version_minor == 3) {
        length_order_ = LengthOrder::larger_last;
    }
    if (magic == magic_modified) {
        record_header_size_ = record_header_size_modified;
        walk_ = &PcapReader::walk<swapped, record_header_size_modified>;
    } else {
        record_header_size_ = record_header_size_plain;
        walk_ = &PcapReader::walk<swapped, record_header_size_plain>;
    }
}

bool PcapReader::start(OctetStream& stream) {
    if (!stream.fill(file_header_size)) {
        losses_.problem = fmt::format("breaks off at octet {} inside the file header of pcap, before any frame",
                                      stream.position() + stream.window().size());
        return false;
    }
    const std::uint8_t* header = stream.window().data();
    if (is_magic(load_native<std::uint32_t>(header))) {
        read_file_header<false>(header);
    } else {
        read_file_header<true>(header);
    }
    stream.consume(file_header_size);
    return true;
}

/// Reads on until the window holds the next record. Returns false at the end, clean or not.
bool PcapReader::bring_whole_record(OctetStream& stream) {
    const std::uint64_t record = stream.position();
    if (!stream.fill(record_header_size_)) {
        if (!stream.window().empty()) {
            stop(stream, record);
        }
        return false;
    }
    const std::uint8_t* header = stream.window().data();
    const std::uint32_t captured = is_swapped_ ? captured_of<true>(header) : captured_of<false>(header);
    if (captured > captured_max_) {
        losses_.corrupt = 1;
        losses_.problem = fmt::format(
            "is damaged at octet {}: a record of {} octets where {} are the most; everything before was read. Where "
            "the next record begins is not known, so copy the capture again or mend it (pcapfix)",
            record, captured, captured_max_);
        return false;
    }
    if (!stream.fill(record_header_size_ + captured)) {
        stop(stream, record);
        return false;
    }
    return true;
}

void PcapReader::stop(OctetStream& stream, std::uint64_t record) {
    losses_.truncated = 1;
    losses_.problem = fmt::format(
        "breaks off at octet {} inside the record that begins at octet {}; everything before "
        "was read. Copy it again if its original is longer",
        stream.position() + stream.window().size(), record);
}

std::size_t PcapReader::read(OctetStream& stream, std::span<Frame> into) {
    if (!has_stopped_ && walk_ == nullptr) {
        has_stopped_ = !start(stream);
    }
    while (!has_stopped_) {
        const std::size_t count = (this->*walk_)(stream, into);
        if (count != 0) {
            return count;
        }
        has_stopped_ = !bring_whole_record(stream);
    }
    return 0;
}

}  // namespace echotap
