// SPDX-License-Identifier: Apache-2.0
// One capture, plain or compressed, pcap or pcapng: a file goes in, bursts of frames come out (a Source).
//
// What it is is seen from its content. Frames leave with the clock of the capture filled in (source_clock.hpp), for
// which the first hundred frames are looked at before the first burst is given, and a hundred wherever time jumps.
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "dataplane/capture/held_frames.hpp"
#include "dataplane/capture/pcap.hpp"
#include "dataplane/capture/pcapng.hpp"
#include "dataplane/drop.hpp"
#include "dataplane/source_clock.hpp"

namespace echotap {

/// What was opened is readable but no capture. A folder may hold such files; whoever names one has erred.
struct NotACapture : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Not thread-safe. Memory: a window of 256 KiB (more for records that are larger, to at most 40 MiB), what the
/// unpacker of a compressed capture needs (unpack_memory_max), and up to 8 MiB for the frames looked at ahead.
class CaptureFile {
public:
    static constexpr std::size_t burst_size_default = 256;
    /// The frames looked at ahead hold at most about this many octets; it takes frames of over 80 KiB to reach it.
    static constexpr std::size_t held_octets_max = 8U << 20U;

    /// Opens the capture at `path`. Throws std::runtime_error when it cannot be opened, and NotACapture; both name the
    /// file and the cure. `ledger` (Stage::source) is counted into as bursts are given and outlives the capture.
    /// `burst_size` (at least 1) is the most frames a burst has.
    CaptureFile(const std::string& path, Ledger& ledger, std::size_t burst_size = burst_size_default,
                std::size_t window_size = OctetStream::window_size_default);

    /// The same over octets from elsewhere, packed or not; `name` stands for them in messages.
    CaptureFile(OctetStream octets, std::string name, Ledger& ledger, std::size_t burst_size = burst_size_default,
                std::size_t window_size = OctetStream::window_size_default);

    /// The next frames in the order of the capture; empty at its end. They live until the next call. Blocks only while
    /// there is no frame at all, but for the first burst, and where time jumps by over an hour, waits for a hundred
    /// frames or the end. Never throws because of what a capture holds.
    Burst next_burst();

    /// Frame::clock of the first frame, nothing when there is none. Reads the first frames, gives none.
    std::optional<Timestamp> first_clock();

    ReadProgress progress() const { return octets_.progress(); }

    /// Empty, or a sentence that says which file is incomplete, where, why and what to do. Final at the end.
    std::string incomplete() const;

private:
    using Reader = std::variant<PcapReader, PcapngReader>;

    static Reader recognise(OctetStream& octets, const std::string& name);

    std::size_t read(std::span<Frame> into);
    const RecordLosses& losses() const;
    void look_ahead(std::size_t frames);
    void read_head();
    std::span<Frame> give_held();
    void count(std::size_t frames);

    std::string name_;
    OctetStream octets_;
    Reader reader_;
    Ledger& ledger_;
    SourceClock clock_;
    std::vector<Frame> frames_;  // of the burst

    HeldFrames held_;             // ahead of those that are given
    std::size_t held_given_ = 0;  // of these, with the last burst
    std::vector<Timestamp> upcoming_;
    bool head_is_read_ = false;
    bool has_ended_ = false;

    std::uint64_t truncated_counted_ = 0;
    std::uint64_t corrupt_counted_ = 0;
};

}  // namespace echotap
