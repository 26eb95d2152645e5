// SPDX-License-Identifier: Apache-2.0
// The name in a response, slowly: strings and exceptions, written from RFC 1035 section 4.1, RFC 2317 and RFC 4034
// section 6.3, not from the fast room.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analytics/resolver/ptr_response.hpp"

namespace echotap::reference {

struct Broken {};

/// A message that is read octet by octet; whatever lies outside of it throws.
class SlowMessage {
public:
    explicit SlowMessage(Octets octets) : octets_(octets) {}

    unsigned octet(std::size_t at) const {
        if (at >= octets_.size()) {
            throw Broken{};
        }
        return octets_[at];
    }
    unsigned number(std::size_t at) const { return octet(at) * 256 + octet(at + 1); }

    /// Labels of the name at `at`, which moves behind it.
    std::vector<std::string> labels(std::size_t& at) const {
        std::vector<std::string> found;
        std::size_t octets_of_name = 1;
        std::size_t here = at;
        std::size_t begin = at;
        int jumps = 0;
        while (octet(here) != 0) {
            const unsigned length = octet(here);
            if (length / 64 == 3) {
                const std::size_t to = (length - 192) * 256 + octet(here + 1);
                if (jumps++ == 0) {
                    at = here + 2;
                }
                if (to >= begin || jumps > 127) {
                    throw Broken{};
                }
                here = begin = to;
                continue;
            }
            if (length / 64 != 0) {
                throw Broken{};
            }
            std::string label;
            for (unsigned i = 1; i <= length; ++i) {
                label.push_back(static_cast<char>(octet(here + i)));
            }
            found.push_back(label);
            octets_of_name += 1 + length;
            if (octets_of_name > 255) {
                throw Broken{};
            }
            here += 1 + length;
        }
        if (jumps == 0) {
            at = here + 1;
        }
        return found;
    }

private:
    Octets octets_;
};

inline std::string canonical(const std::vector<std::string>& labels) {
    std::string wire;
    for (const std::string& label : labels) {
        wire.push_back(static_cast<char>(label.size()));
        for (const char each : label) {
            wire.push_back(each >= 'A' && each <= 'Z' ? static_cast<char>(each + 32) : each);
        }
    }
    return wire + '\0';
}

inline std::string presentation(const std::vector<std::string>& labels) {
    std::string text;
    for (const std::string& label : labels) {
        text += text.empty() ? "" : ".";
        for (const char each : label) {
            const auto octet = static_cast<unsigned char>(each);
            if (octet < 33 || octet > 126) {
                char decimal[8];
                std::snprintf(decimal, sizeof decimal, "\\%03u", static_cast<unsigned>(octet));
                text += decimal;
            } else if (std::string(".\\\"();@$").find(each) != std::string::npos) {
                text += std::string("\\") + each;
            } else {
                text += each;
            }
        }
    }
    return text;
}

inline PtrReading read_ptr_response(Octets octets) {
    const SlowMessage message(octets);
    try {
        std::size_t at = 12;
        if (message.octet(2) / 8 != 16 || message.number(4) != 1) {
            return {};
        }
        message.octet(11);
        std::string owner = canonical(message.labels(at));
        message.number(at + 2);
        at += 4;
        switch (message.octet(3) % 16) {
            case 0:
                break;
            case 2:
                return {PtrOutcome::servfail, ""};
            case 3:
                return {PtrOutcome::nxdomain, ""};
            case 5:
                return {PtrOutcome::refused, ""};
            default:
                return {PtrOutcome::other, ""};
        }
        std::map<std::string, std::map<std::string, std::string>>
            names;                                   // owner -> canonical name -> text of the first
        std::map<std::string, std::string> aliases;  // owner -> name
        const unsigned answers = message.number(6);
        for (unsigned i = 0; i < answers; ++i) {
            const std::string its_owner = canonical(message.labels(at));
            const unsigned type = message.number(at);
            const unsigned its_class = message.number(at + 2);
            const std::size_t size = message.number(at + 8);
            at += 10;
            const std::size_t end = at + size;
            if (size > 0) {
                message.octet(end - 1);
            }
            if (its_class == 1 && (type == 5 || type == 12)) {
                const auto target = message.labels(at);
                if (at != end) {
                    return {};
                }
                if (type == 5) {
                    aliases.try_emplace(its_owner, canonical(target));
                } else if (!target.empty()) {
                    names[its_owner].try_emplace(canonical(target), presentation(target));
                }
            }
            at = end;
        }
        for (int aliased = 0; aliased <= 8; ++aliased) {
            if (const auto found = names.find(owner); found != names.end()) {
                return {PtrOutcome::name, found->second.begin()->second};
            }
            if (!aliases.contains(owner)) {
                break;
            }
            owner = aliases.at(owner);
        }
        return {PtrOutcome::nodata, ""};
    } catch (const Broken&) {
        return {};
    }
}

}  // namespace echotap::reference
