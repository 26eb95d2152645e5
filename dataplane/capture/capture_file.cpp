// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/capture_file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
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

/// Holds at least so many frames, unless the capture has no more or they have too many octets. How many there are
/// depends on the frames alone, so that the clock does not depend on how the input was cut into reads.
void CaptureFile::look_ahead(std::size_t frames) {
    Frame frame;
    while (!has_ended_ && held_.size() < frames && held_.octets() < held_octets_max) {
        if (read({&frame, 1}) == 0) {
            has_ended_ = true;
        } else {
            held_.push(frame);
        }
    }
}

/// Starts the clock with the first frames.
void CaptureFile::read_head() {
    head_is_read_ = true;
    look_ahead(SourceClock::agreeing_frames_min);
    std::vector<Timestamp> times;
    std::ranges::transform(held_.frames(), std::back_inserter(times), &Frame::time);
    clock_ = SourceClock(times);
    if (!times.empty()) {
        held_.frames().front().clock = clock_.advance(times[0], std::span(times).subspan(1), has_ended_);
    }
}

std::optional<Timestamp> CaptureFile::first_clock() {
    if (!head_is_read_) {
        read_head();
    }
    return held_.is_empty() ? std::nullopt : std::optional(held_.frames().front().clock);
}

/// Gives of the frames held, from the first on; where time jumps, by what those behind say of it.
std::span<Frame> CaptureFile::give_held() {
    std::size_t count = 0;
    for (; count < std::min(held_.size(), frames_.size()); ++count) {
        const Timestamp time = held_.frames()[count].time;
        Timestamp clock;
        if (clock_.agrees(time)) {
            clock = clock_.advance(time);
        } else {
            look_ahead(count + SourceClock::agreeing_frames_min);
            const std::span<const Frame> behind = held_.frames().subspan(count + 1);
            const std::size_t seen = std::min<std::size_t>(behind.size(), SourceClock::agreeing_frames_min - 1);
            upcoming_.clear();
            std::ranges::transform(behind.first(seen), std::back_inserter(upcoming_), &Frame::time);
            clock = clock_.advance(time, upcoming_, has_ended_ && seen == behind.size());
        }
        held_.frames()[count].clock = clock;
    }
    held_given_ = count;
    return held_.frames().first(count);
}

Burst CaptureFile::next_burst() {
    if (!head_is_read_) {
        read_head();
    }
    held_.drop(std::exchange(held_given_, 0));
    std::span<Frame> burst;
    if (held_.is_empty() && !has_ended_) {
        burst = std::span(frames_).first(read(frames_));
        std::size_t steady = 0;
        for (; steady < burst.size() && clock_.agrees(burst[steady].time); ++steady) {
            burst[steady].clock = clock_.advance(burst[steady].time);
        }
        // From here on frames are looked at ahead.
        std::ranges::for_each(burst.subspan(steady), [&](const Frame& frame) { held_.push(frame); });
        burst = burst.first(steady);
    }
    if (burst.empty()) {
        burst = give_held();
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
