// SPDX-License-Identifier: Apache-2.0
// A world in motion: configuration, networks and a seed go in; frames in order of time come out, burst by burst.
//
// Time is cut into slices of some million frames. The echoes of a slice are made, sorted and packed; then they are
// forgotten. So memory is bounded however long the world lasts, and a source in memory is as good as a capture.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dataplane/frame.hpp"
#include "tools/simulator/echo_frames.hpp"
#include "tools/simulator/echo_maker.hpp"

namespace echotap {

/// Not thread-safe. The same configuration, networks and seed give the same frames on every machine, whatever
/// `slice_echoes`. A Source (dataplane/source.hpp).
class World {
public:
    static constexpr std::size_t slice_echoes_default = 4'000'000;

    /// Some hundred milliseconds for a million queriers. Throws std::runtime_error where configuration and networks do
    /// not go together.
    World(WorldConfig config, const Networks& networks, std::uint64_t seed,
          std::size_t slice_echoes = slice_echoes_default);
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// The next frames; empty at the end. They live until the next call.
    Burst next_burst();
    /// The next echoes that next_burst() would pack, for who needs no frames; empty at the end. One of the two.
    std::span<const Echo> next_echoes();

    const WorldConfig& config() const { return config_; }
    const Population& population() const { return population_; }
    const QuerierUrn& urn() const { return urn_; }
    const Cast& cast() const { return cast_; }
    std::uint64_t seed() const { return seed_; }
    /// How far the world has come, 0 to 1.
    double progress() const;

    /// Whether a querier has asked, by its number. Final at the end.
    const std::vector<bool>& has_asked() const { return has_asked_; }
    /// Addresses that a flood made up. Final at the end.
    const std::vector<std::uint32_t>& spoofed() const { return spoofed_; }
    /// What came of each originator in each of its weeks. Final at the end.
    struct TruthRow {
        std::uint32_t originator = 0;
        std::uint32_t week = 0;
        EchoCounts counts;
    };
    const std::vector<TruthRow>& truth() const { return truth_; }
    /// Frames handed on.
    std::uint64_t frames() const { return frame_count_; }

private:
    bool make_slice();
    void begin_week();
    double expected_echoes(const Originator& one) const;

    WorldConfig config_;
    std::uint64_t seed_;
    std::size_t slice_echoes_;
    Population population_;
    QuerierUrn urn_;
    Cast cast_;
    Weeks weeks_;
    std::uint64_t end_;
    EchoFrames packer_;

    std::uint32_t week_ = 0;
    std::vector<std::size_t> truth_places_;  // rows of truth_ that are of this week
    std::uint64_t slice_length_ = 0;
    TimeSlice slice_{0, 0};
    std::vector<Echo> echoes_;
    std::vector<std::uint32_t> heap_begins_;  // of echoes_, while they are sorted
    std::size_t next_ = 0;                    // of echoes_
    std::uint64_t frame_count_ = 0;
    std::span<const Frame> packed_;  // and not yet handed on
    std::vector<bool> has_asked_;
    std::vector<std::uint32_t> spoofed_;
    std::vector<TruthRow> truth_;
};

}  // namespace echotap
