// SPDX-License-Identifier: Apache-2.0
// Frames that are looked at before they are given: frames of a reader go in with octets that will not last; the same
// come out, in their order, with octets of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "dataplane/frame.hpp"

namespace echotap {

/// Not thread-safe. An allocation per frame: few frames are held.
class HeldFrames {
public:
    bool is_empty() const { return frames_.empty(); }
    std::size_t size() const { return frames_.size(); }
    /// Octets of all frames held.
    std::size_t octets() const { return octet_count_; }

    void push(const Frame& frame) {
        octets_.emplace_back(frame.octets, frame.octets + frame.captured);
        octet_count_ += frame.captured;
        frames_.push_back(frame);
        frames_.back().octets = octets_.back().data();
    }

    /// The oldest first. They live until push() or drop().
    std::span<Frame> frames() { return frames_; }

    /// Lets go of the `count` oldest.
    void drop(std::size_t count) {
        const auto end = static_cast<std::ptrdiff_t>(count);
        for (std::size_t i = 0; i < count; ++i) {
            octet_count_ -= frames_[i].captured;
        }
        frames_.erase(frames_.begin(), frames_.begin() + end);
        octets_.erase(octets_.begin(), octets_.begin() + end);
    }

private:
    std::vector<Frame> frames_;
    std::vector<std::vector<std::uint8_t>> octets_;  // by frame
    std::size_t octet_count_ = 0;
};

}  // namespace echotap
