// SPDX-License-Identifier: Apache-2.0
// Reader of pcap files: a stream of octets goes in, frames that point into it come out.
//
// draft-ietf-opsawg-pcap, and what libpcap reads beyond it: both byte orders, micro- and nanoseconds, the "modified"
// magic (record headers of 24 octets), and the old versions that had a record's two lengths the other way round.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/capture/octet_stream.hpp"
#include "dataplane/capture/record.hpp"
#include "dataplane/frame.hpp"

namespace echotap {

/// State of one pcap file being read. Not thread-safe; the stream is given with each call, so that both can be moved.
class PcapReader {
public:
    static constexpr std::size_t magic_size = 4;
    static constexpr std::size_t file_header_size = 24;

    /// Whether a file that begins with these octets is a pcap file. False for fewer than magic_size.
    static bool recognises(Octets first);

    /// Reads the next frames into the front of `into` (not empty) and returns how many; 0 is the end. Fills octets,
    /// captured, length, time, link and time_digits. The octets live until the next call. It blocks only for the first
    /// frame: what the window holds is returned without waiting for more.
    std::size_t read(OctetStream& stream, std::span<Frame> into);

    /// Valid at any time, final once read() has returned 0.
    const RecordLosses& losses() const { return losses_; }

private:
    enum class LengthOrder : std::uint8_t { captured_first, length_first, larger_last };
    using Walk = std::size_t (PcapReader::*)(OctetStream&, std::span<Frame>) const;

    template <bool swapped, std::size_t header_size>
    std::size_t walk(OctetStream& stream, std::span<Frame> into) const;
    template <bool swapped>
    std::uint32_t captured_of(const std::uint8_t* record) const;

    bool start(OctetStream& stream);
    template <bool swapped>
    void read_file_header(const std::uint8_t* header);
    bool bring_whole_record(OctetStream& stream);
    void stop(OctetStream& stream, std::uint64_t record);

    Walk walk_ = nullptr;  // set once the file header has been read
    std::size_t record_header_size_ = 16;
    std::uint32_t captured_max_ = captured_max_default;
    std::int64_t fraction_ns_ = 1000;  // nanoseconds in a unit of the fraction
    LinkType link_ = LinkType::ethernet;
    std::uint8_t time_digits_ = 6;
    LengthOrder length_order_ = LengthOrder::captured_first;
    bool is_swapped_ = false;
    bool has_stopped_ = false;
    RecordLosses losses_;
};

}  // namespace echotap
