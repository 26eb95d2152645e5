// SPDX-License-Identifier: Apache-2.0
#include "dataplane/message.hpp"

#include <cstring>

namespace echotap {

namespace {

constexpr std::uint8_t label_type_mask = 0xc0;
constexpr std::size_t question_fixed_size = 4;  // QTYPE and QCLASS behind the name

/// Expands a name that uses compression (RFC 1035 section 4.1.4) and starts at `start`. A pointer must lead to before
/// the run of labels in which it stands, so every jump goes further back and the walk ends. Sets `size` to the octets
/// in `buffer` and `end` to the offset behind the name as it stands in the message.
Drop expand_name(Octets message, std::size_t start, NameBuffer& buffer, std::size_t& size, std::size_t& end) {
    std::size_t at = start;
    std::size_t run_start = start;
    size = 0;
    end = 0;
    while (true) {
        if (at >= message.size()) {
            return Drop::question_truncated;
        }
        const std::uint8_t length = message[at];
        if ((length & label_type_mask) == label_type_mask) {
            if (at + 2 > message.size()) {
                return Drop::question_truncated;
            }
            const std::size_t target = load_be16(message.data() + at) & 0x3fffU;
            if (target >= run_start) {
                return Drop::question_pointer;
            }
            end = end == 0 ? at + 2 : end;
            at = target;
            run_start = target;
            continue;
        }
        if ((length & label_type_mask) != 0) {
            return Drop::question_label;
        }
        if (size + length + 1 > name_size_max) {
            return Drop::question_name_long;
        }
        if (at + length + 1 > message.size()) {
            return Drop::question_truncated;
        }
        std::memcpy(buffer.data() + size, message.data() + at, length + std::size_t{1});
        size += length + std::size_t{1};
        at += length + std::size_t{1};
        if (length == 0) {
            end = end == 0 ? at : end;
            return Drop::none;
        }
    }
}

}  // namespace

Drop parse_message(Octets octets, NameBuffer& buffer, Message& message) {
    if (octets.size() < message_header_size) {
        return Drop::message_short;
    }
    message.octets = octets;
    message.id = load_be16(octets.data());
    message.flags = load_be16(octets.data() + 2);
    message.question_count = load_be16(octets.data() + 4);
    message.question = {};
    if (message.question_count == 0) {
        return Drop::none;
    }

    // The plain case: labels up to the root, no pointer. Whatever is odd is left to expand_name(), which knows why.
    const std::uint8_t* const name = octets.data() + message_header_size;
    const std::uint8_t* const end = octets.data() + octets.size();
    const std::uint8_t* at = skip_labels(name, end);
    std::size_t name_size = static_cast<std::size_t>(at - name) + 1;
    if (at < end && *at == 0 && name_size <= name_size_max) [[likely]] {
        message.question.name = {name, name_size};
        ++at;
    } else {
        std::size_t name_end = 0;
        const Drop drop = expand_name(octets, message_header_size, buffer, name_size, name_end);
        if (drop != Drop::none) {
            return drop;
        }
        message.question.name = {buffer.data(), name_size};
        at = octets.data() + name_end;
    }
    if (static_cast<std::size_t>(end - at) < question_fixed_size) {
        return Drop::question_truncated;
    }
    message.question.type = load_be16(at);
    message.question.qclass = load_be16(at + 2);
    return Drop::none;
}

}  // namespace echotap
