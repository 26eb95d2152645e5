// SPDX-License-Identifier: Apache-2.0
// What one direction of a TCP stream says, slowly: all its segments go in, its messages come out.
//
// Every octet is kept for itself with the segment that brought it first. Only for directions that begin with a SYN,
// and up to the first octet that is missing or the first length that cannot be one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace echotap::reference {

struct ReferenceSegment {
    std::uint64_t position = 0;  // of its first octet; the first one after the SYN is 0
    std::vector<std::uint8_t> octets;
};

struct ReferenceMessage {
    std::vector<std::uint8_t> octets;
    std::size_t completed_by = 0;  // index of the segment
    friend bool operator==(const ReferenceMessage&, const ReferenceMessage&) = default;
};

struct ReferenceStream {
    std::vector<ReferenceMessage> messages;
    bool framing_is_wrong = false;  // it ends with a length under 12
};

inline ReferenceStream read_stream(std::span<const ReferenceSegment> segments) {
    struct Octet {
        std::uint8_t value;
        std::size_t brought_by;
    };
    std::map<std::uint64_t, Octet> octets;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        for (std::size_t j = 0; j < segments[i].octets.size(); ++j) {
            octets.try_emplace(segments[i].position + j, Octet{segments[i].octets[j], i});
        }
    }
    ReferenceStream stream;
    std::size_t latest = 0;  // a message is complete when it and all before it are there
    for (std::uint64_t at = 0; octets.contains(at) && octets.contains(at + 1);) {
        const std::size_t length = std::size_t{octets.at(at).value} * 256 + octets.at(at + 1).value;
        if (length < 12) {
            stream.framing_is_wrong = true;
            break;
        }
        ReferenceMessage message;
        std::size_t there = 0;
        for (; there < length + 2 && octets.contains(at + there); ++there) {
            latest = std::max(latest, octets.at(at + there).brought_by);
            if (there >= 2) {
                message.octets.push_back(octets.at(at + there).value);
            }
        }
        if (there < length + 2) {
            break;
        }
        message.completed_by = latest;
        stream.messages.push_back(message);
        at += length + 2;
    }
    return stream;
}

}  // namespace echotap::reference
