// SPDX-License-Identifier: Apache-2.0
// The slow, obvious DNS message parser: copies, vectors, bounds-checked reads, one rule of RFC 1035 after the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/drop.hpp"
#include "dataplane/octets.hpp"

namespace echotap::reference {

struct Message {
    Drop drop = Drop::none;
    unsigned id = 0;
    unsigned flags = 0;
    unsigned question_count = 0;
    std::vector<std::string> labels;  // without the root
    unsigned type = 0;
    unsigned qclass = 0;

    std::vector<std::uint8_t> wire_name() const {
        std::vector<std::uint8_t> wire;
        for (const std::string& label : labels) {
            wire.push_back(static_cast<std::uint8_t>(label.size()));
            wire.insert(wire.end(), label.begin(), label.end());
        }
        wire.push_back(0);
        return wire;
    }
};

inline Message parse_message(Octets octets) {
    const std::vector<std::uint8_t> message(octets.begin(), octets.end());
    Message result;
    const auto fail = [&](Drop drop) {
        result.drop = drop;
        return result;
    };
    const auto octet = [&](std::size_t at) -> std::optional<unsigned> {
        return at < message.size() ? std::optional<unsigned>(message[at]) : std::nullopt;
    };
    const auto word = [&](std::size_t at) -> std::optional<unsigned> {
        if (!octet(at) || !octet(at + 1)) {
            return std::nullopt;
        }
        return 256 * *octet(at) + *octet(at + 1);
    };
    if (message.size() < 12) {
        return fail(Drop::message_short);
    }
    result.id = *word(0);
    result.flags = *word(2);
    result.question_count = *word(4);
    if (result.question_count == 0) {
        return result;
    }

    std::size_t at = 12;
    std::size_t run_start = 12;        // where the present run of labels began
    std::optional<std::size_t> after;  // behind the name in the question, once a pointer was followed
    unsigned size = 0;                 // of the name so far, uncompressed
    while (true) {
        const auto length = octet(at);
        if (!length) {
            return fail(Drop::question_truncated);
        }
        if (*length >= 0xc0) {
            const auto pointer = word(at);
            if (!pointer) {
                return fail(Drop::question_truncated);
            }
            const std::size_t target = *pointer - 0xc000;
            if (target >= run_start) {
                return fail(Drop::question_pointer);
            }
            if (!after) {
                after = at + 2;
            }
            at = run_start = target;
            continue;
        }
        if (*length >= 0x40) {
            return fail(Drop::question_label);
        }
        size += 1 + *length;
        if (size > 255) {
            return fail(Drop::question_name_long);
        }
        std::string label;
        for (unsigned i = 1; i <= *length; ++i) {
            if (!octet(at + i)) {
                return fail(Drop::question_truncated);
            }
            label.push_back(static_cast<char>(*octet(at + i)));
        }
        at += 1 + *length;
        if (label.empty()) {
            break;
        }
        result.labels.push_back(label);
    }
    at = after.value_or(at);
    if (!word(at) || !word(at + 2)) {
        return fail(Drop::question_truncated);
    }
    result.type = *word(at);
    result.qclass = *word(at + 2);
    return result;
}

}  // namespace echotap::reference
