// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/capture_file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "dataplane/capture/compression.hpp"

namespace echotap {

CaptureFile::CaptureFile(const std::string& path, Ledger& ledger, std::size_t burst_size, std::size_t window_size)
    : CaptureFile(OctetStream(DescriptorOctets::open(path), window_size), path, ledger, burst_size, window_size) {
}

CaptureFile::CaptureFile(OctetStream octets, std::string name, Ledger& ledger, std::size_t burst_size,
                         std::size_t window_size)
    : name_(std::move(name)),
      octets_(unpack(std::move(octets), window_size)),
      reader_(recognise(octets_, name_)),
      ledger_(ledger),
      frames_(burst_size) {
}

CaptureFile::Reader CaptureFile::recognise(OctetStream& octets, const std::string& name) {
    octets.fill(PcapngReader::magic_size);  // a file shorter than this can still be a cut pcap file
    const Octets first = octets.window();
    if (PcapReader::recognises(first)) {
        return PcapReader();
    }
    if (PcapngReader::recognises(first)) {
        return PcapngReader();
    }
    if (!octets.problem().empty()) {
        throw std::runtime_error(fmt::format("{} {}", name, octets.problem()));
    }
    if (first.empty()) {
        throw NotACapture(fmt::format("{} is empty: no capture file, not even one without frames", name));
    }
    std::string shown;
    for (const std::uint8_t octet : first.first(std::min(first.size(), PcapReader::magic_size))) {
        shown += fmt::format(" {:02x}", octet);
    }
    throw NotACapture(fmt::format("{} is no capture file: it begins with{}{}, and neither pcap nor pcapng does", name,
                                  shown, octets.compression().empty() ? "" : " once unpacked"));
}

std::size_t CaptureFile::read(std::span<Frame> into) {
    return std::visit([&](auto& reader) { return reader.read(octets_, into); }, reader_);
}

const RecordLosses& CaptureFile::losses() const {
    return std::visit([](const auto& reader) -> const RecordLosses& { return reader.losses(); }, reader_);
}

/// Takes the first frames off the reader and starts the clock with them. How many there are depends on the frames
/// alone, so that the clock does not depend on how the input was cut into reads.
void CaptureFile::read_head() {
    head_is_read_ = true;
    Frame frame;
    while (head_.size() < SourceClock::agreeing_frames_min && head_octets_.size() < head_octets_max &&
           read({&frame, 1}) != 0) {
        head_.push_back(frame);
        head_octets_.insert(head_octets_.end(), frame.octets, frame.octets + frame.captured);
    }
    std::vector<Timestamp> times;
    const std::uint8_t* octets = head_octets_.data();
    for (Frame& held : head_) {
        held.octets = octets;
        octets += held.captured;
        times.push_back(held.time);
    }
    clock_ = SourceClock(times);
    for (Frame& held : head_) {
        held.clock = clock_.advance(held.time);
    }
}

std::optional<Timestamp> CaptureFile::first_clock() {
    if (!head_is_read_) {
        read_head();
    }
    return head_.empty() ? std::nullopt : std::optional(head_.front().clock);
}

Burst CaptureFile::next_burst() {
    if (!head_is_read_) {
        read_head();
    }
    std::span<Frame> burst(frames_);
    if (head_given_ < head_.size()) {
        burst = std::span(head_).subspan(head_given_, std::min(frames_.size(), head_.size() - head_given_));
        head_given_ += burst.size();
    } else {
        // The head was given; its memory is not needed again. (`= {}` would be an empty list, and keep it.)
        head_octets_ = std::vector<std::uint8_t>();
        burst = burst.first(read(burst));
        for (Frame& frame : burst) {
            frame.clock = clock_.advance(frame.time);
        }
    }
    std::uint32_t sequence = 0;
    for (Frame& frame : burst) {
        frame.sequence = sequence++;
    }
    count(burst.size());
    return burst;
}

/// Enters into the books the frames given and the records that were lost on the way to them.
void CaptureFile::count(std::size_t frames) {
    const std::uint64_t truncated = losses().truncated - std::exchange(truncated_counted_, losses().truncated);
    const std::uint64_t corrupt = losses().corrupt - std::exchange(corrupt_counted_, losses().corrupt);
    ledger_.enter(Stage::source, frames + truncated + corrupt);
    ledger_.pass(Stage::source, frames);
    ledger_.drop(Drop::record_truncated, truncated);
    ledger_.drop(Drop::record_corrupt, corrupt);
}

std::string CaptureFile::incomplete() const {
    // That the file shrank or its compression is broken is the cause, and the cut record only its effect.
    if (!octets_.problem().empty()) {
        return fmt::format("{} {}", name_, octets_.problem());
    }
    if (losses().problem.empty()) {
        return {};
    }
    return fmt::format("{} {}{}", name_, losses().problem,
                       octets_.compression().empty() ? "" : " (octets as counted in the unpacked capture)");
}

}  // namespace echotap
