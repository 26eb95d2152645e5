// SPDX-License-Identifier: Apache-2.0
// A DNS message, query or response, as every source of messages yields it (frames, later dnstap and C-DNS).
//
// RFC 1035 section 4.1. Only the header and the first question are read; anything after it (more questions, records,
// EDNS) is tolerated and left in `octets`.
#pragma once

#include <array>
#include <cstdint>

#include "config/ip_address.hpp"
#include "dataplane/drop.hpp"
#include "dataplane/frame.hpp"

namespace echotap {

enum class Transport : std::uint8_t { udp, tcp };

inline constexpr std::size_t message_header_size = 12;
inline constexpr std::size_t name_size_max = 255;  // octets on the wire, root label included
inline constexpr std::size_t label_size_max = 63;

/// The first question of a message.
struct Question {
    /// QNAME, uncompressed, from its first length octet to the root label: 1 to 255 octets. Points into the message,
    /// or into NameBuffer where the message had compressed it.
    Octets name;
    std::uint16_t type = 0;
    std::uint16_t qclass = 0;
};

using NameBuffer = std::array<std::uint8_t, name_size_max>;

/// Where a message came from: all that it has besides its own octets.
struct Envelope {
    Timestamp time;     // when it was complete: its frame, its last fragment or its last segment
    Timestamp clock{};  // the source's when the line found it: Frame::clock
    IpAddress source;
    IpAddress destination;
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    Transport transport = Transport::udp;
    std::uint8_t time_digits = 6;
    std::uint32_t sequence = 0;  // Frame::sequence of the frame that completed it
};

struct Message {
    Envelope envelope;
    std::uint16_t id = 0;
    std::uint16_t flags = 0;
    std::uint16_t question_count = 0;  // QDCOUNT; `question` is set where it is not 0
    Question question;
    /// The whole message as captured. Lives until the call that handed it over returns.
    Octets octets;

    bool is_response() const { return (flags & 0x8000U) != 0; }
    unsigned opcode() const { return flags >> 11U & 0xfU; }
};

/// Walks along the plain labels of a name. Returns where the root label stands, or the first octet that is no length of
/// a plain label, or an address at or behind `end` where the name goes on beyond it. Reads nothing at or behind `end`.
///
/// How many labels a name has is a coin toss, so a loop over them ends with a wrong guess of the processor. Four steps
/// are taken whatever the name; one from the root goes nowhere. Few names have more labels.
inline const std::uint8_t* skip_labels(const std::uint8_t* at, const std::uint8_t* end) {
    constexpr int steps = 4;
    for (int step = 0; step < steps; ++step) {
        if (at >= end) [[unlikely]] {
            return at;
        }
        const std::uint32_t size = *at;
        const std::uint32_t is_label = size - 1 < label_size_max ? 1 : 0;
        at += (size + 1) & (0U - is_label);
    }
    while (at < end && *at != 0 && *at <= label_size_max) {
        at += *at + 1;
    }
    return at;
}

/// Reads header and first question of `octets` into `message` (everything but the envelope).
/// Returns Drop::none, or why it is no DNS message (Stage::message). Never reads outside `octets`; a question whose
/// name is compressed is expanded into `buffer`, which must outlive the use of message.question.name.
Drop parse_message(Octets octets, NameBuffer& buffer, Message& message);

}  // namespace echotap
