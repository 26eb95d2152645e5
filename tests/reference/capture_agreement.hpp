// SPDX-License-Identifier: Apache-2.0
// Reads a capture with a reader of the line, over memory and in small pieces: for comparison with
// capture_reference.hpp.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "dataplane/capture/octet_stream.hpp"
#include "dataplane/frame.hpp"
#include "tests/reference/capture_reference.hpp"

namespace echotap::test {

/// Hands out octets in pieces of at most so many, as a slow pipe does.
class PiecemealOctets final : public OctetSource {
public:
    PiecemealOctets(Octets octets, std::size_t piece_max) : octets_(octets), piece_max_(piece_max) {}

    std::size_t read(std::span<std::uint8_t> into) override {
        const std::size_t size = std::min({into.size(), piece_max_, octets_.size() - at_});
        if (size != 0) {
            std::memcpy(into.data(), octets_.data() + at_, size);
        }
        at_ += size;
        return size;
    }

    std::string_view problem() const override { return {}; }
    ReadProgress progress() const override { return {at_, octets_.size()}; }

private:
    Octets octets_;
    std::size_t piece_max_;
    std::size_t at_ = 0;
};

/// All that a reader finds, copied while it is valid: after each burst, when all of its frames must still be there.
template <class Reader>
reference::CaptureContent content_of(OctetStream stream, std::size_t burst_size) {
    reference::CaptureContent content;
    Reader reader;
    std::vector<Frame> frames(burst_size);
    for (;;) {
        const std::size_t count = reader.read(stream, frames);
        if (count == 0) {
            break;
        }
        for (const Frame& frame : std::span(frames).first(count)) {
            content.frames.push_back({{frame.octets, frame.octets + frame.captured},
                                      frame.length,
                                      frame.time.time_since_epoch().count(),
                                      static_cast<unsigned>(frame.link),
                                      frame.time_digits});
        }
    }
    content.truncated = reader.losses().truncated;
    content.corrupt = reader.losses().corrupt;
    content.is_complete = reader.losses().problem.empty();
    return content;
}

/// Whether a reader finds in `octets` what the reference does, whole in memory and in pieces, in bursts of any size.
/// The octets lie at their exact size, so that ASan sees a read beyond them.
template <class Reader>
bool agrees(Octets octets, const reference::CaptureContent& expected, std::size_t piece_max) {
    return content_of<Reader>(OctetStream(octets), 256) == expected &&
           content_of<Reader>(OctetStream(octets), 1) == expected &&
           content_of<Reader>(OctetStream(std::make_unique<PiecemealOctets>(octets, piece_max), piece_max), 3) ==
               expected;
}

}  // namespace echotap::test
