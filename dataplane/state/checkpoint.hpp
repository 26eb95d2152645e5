// SPDX-License-Identifier: Apache-2.0
// A checkpoint: all that a run must know to go on goes in, octets of a file come out, and back.
//
// Where its content comes from is the writer's business: captures between two bursts, or pieces that live workers copy
// in between. The file, all little-endian: 8 octets "ECHOTAPC"; version (u32); reserved, 0 (u32); sections; 16 octets
// of 0; XXH3-128 of all before. A section is its packed size (u64), its unpacked size (u64) and one zstd frame of
// varints: what it holds, and that. First the head, then pieces of the repeat filter, then windows.
//
// Whoever reads the file knows the keys of the process that wrote it, so it is for its owner only (WholeFile).
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "dataplane/state/checkpoint_head.hpp"
#include "dataplane/state/checksum.hpp"
#include "dataplane/state/closed_window.hpp"
#include "dataplane/state/open_window.hpp"

namespace echotap {

/// A checkpoint that cannot be gone on from: the message names the file, the reason and the cure.
class CheckpointError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What had been counted in a window that was still open. Its header has what is counted and how (view, length, anchor,
/// sampling, repeat interval, sample), and its counts; ledger, sources, times and gaps are empty, since RunBooks has
/// them: merged with what comes later, only counts and rows change.
struct CheckpointWindow {
    WindowKey key;
    ClosedWindow window;
};

struct Checkpoint {
    CheckpointHead head;
    std::vector<std::byte> filter;          // RepeatFilter::image() of all partitions, in their order
    std::vector<CheckpointWindow> windows;  // there may be several of one key, to be united
};

/// Writes one checkpoint, in the order of its functions. Holds one section at a time. Not thread-safe.
class CheckpointWriter {
public:
    /// Takes the octets of the file as they come.
    using Sink = std::function<void(Octets)>;

    CheckpointWriter(Sink sink, const CheckpointHead& head);
    /// A piece of the filter's image that begins at `offset`, not before the end of the last one. What is zero need not
    /// be given.
    void add_filter(std::uint64_t offset, std::span<const std::byte> image);
    void add_window(const WindowKey& key, const ClosedWindow& window);
    /// Nothing follows.
    void finish();

private:
    void put(Octets octets);
    void put_section(Octets body);

    Sink sink_;
    Checksum checksum_;
};

/// Unless told otherwise, checkpoints that hold more octets when unpacked are refused before these are allocated.
inline constexpr std::uint64_t checkpoint_octets_max = std::uint64_t{16} << 30U;

/// The checkpoint in the octets of a file; `name` is for messages. Throws CheckpointError where it is not whole.
Checkpoint decode_checkpoint(Octets file, const std::string& name, std::uint64_t octets_max = checkpoint_octets_max);

/// Throws CheckpointError where the file is no whole checkpoint, std::system_error where it cannot be read.
Checkpoint read_checkpoint(const std::string& path);

}  // namespace echotap
