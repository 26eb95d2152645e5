// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/ptr_response.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

#include "dataplane/message.hpp"

namespace echotap {

namespace {

constexpr std::uint16_t type_cname = 5;
constexpr std::uint16_t type_ptr = 12;
constexpr std::uint16_t class_in = 1;
/// Resolvers follow 8 (Unbound) to 16 (BIND) of them.
constexpr unsigned cnames_max = 8;
/// A name has at most 127 labels, and an honest one a pointer. Without a bound, pointers to pointers cost a walk
/// through the whole message for every record.
constexpr unsigned pointers_max = 127;
constexpr std::size_t record_head_size = 10;  // type, class, time to live, size
constexpr std::size_t question_tail_size = 4;

/// A name without compression, from its first length octet to the root label.
struct WireName {
    std::array<std::uint8_t, name_size_max> octets{};
    std::size_t size = 0;

    bool is_root() const { return size == 1; }
    /// As RFC 4034 section 6.2 wants it: letters in lower case. Lengths are at most 63, below every letter.
    WireName canonical() const {
        WireName lower = *this;
        for (std::size_t i = 0; i < size; ++i) {
            const std::uint8_t octet = octets[i];
            lower.octets[i] = octet >= 'A' && octet <= 'Z' ? static_cast<std::uint8_t>(octet + ('a' - 'A')) : octet;
        }
        return lower;
    }
    Octets view() const { return {octets.data(), size}; }
};

bool is_before(const WireName& one, const WireName& other) {
    const Octets left = one.view();
    const Octets right = other.view();
    return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end());
}

/// Expands the name at `at` and moves `at` behind it; nothing where it is broken. Each pointer has to lead in front of
/// all that was read so far, so that a walk ends (RFC 1035 section 4.1.4: to a prior occurrence).
std::optional<WireName> read_name(Octets message, std::size_t& at) {
    WireName name;
    std::size_t from = at;
    std::size_t lowest = at;
    unsigned pointers = 0;
    while (from < message.size()) {
        const std::size_t length = message[from];
        if (length > label_size_max) {
            if (length < 0xc0 || from + 1 >= message.size()) {
                return std::nullopt;
            }
            const std::size_t to = (length & 0x3fU) << 8U | message[from + 1];
            if (to >= lowest || pointers == pointers_max) {
                return std::nullopt;
            }
            if (pointers == 0) {
                at = from + 2;
            }
            ++pointers;
            from = lowest = to;
            continue;
        }
        if (from + 1 + length > message.size() || name.size + 1 + length > name_size_max) {
            return std::nullopt;
        }
        std::copy_n(message.begin() + static_cast<std::ptrdiff_t>(from), 1 + length,
                    name.octets.begin() + static_cast<std::ptrdiff_t>(name.size));
        name.size += 1 + length;
        from += 1 + length;
        if (length == 0) {
            if (pointers == 0) {
                at = from;
            }
            return name;
        }
    }
    return std::nullopt;
}

/// Presentation format (RFC 1035 section 5.1) without the last dot. Whatever is no printable ASCII becomes \DDD, so
/// that a name stays one word on one line, wherever it is printed.
std::string text_of(const WireName& name) {
    constexpr std::string_view special = "\".;\\()@$";
    std::string text;
    for (std::size_t at = 0; name.octets[at] != 0; at += 1U + name.octets[at]) {
        if (at > 0) {
            text.push_back('.');
        }
        for (std::size_t i = at + 1; i <= at + name.octets[at]; ++i) {
            const std::uint8_t octet = name.octets[i];
            if (octet <= 0x20 || octet >= 0x7f) {
                fmt::format_to(std::back_inserter(text), "\\{:03}", octet);
            } else {
                if (special.find(static_cast<char>(octet)) != std::string_view::npos) {
                    text.push_back('\\');
                }
                text.push_back(static_cast<char>(octet));
            }
        }
    }
    return text;
}

/// A record of a type that matters here.
struct Record {
    WireName owner;  // canonical
    std::uint16_t type = 0;
    WireName target;
};

/// The records of the answer section that are CNAME or PTR; nothing where the section is broken.
std::optional<std::vector<Record>> read_answers(Octets message, std::size_t at) {
    std::vector<Record> records;
    for (unsigned left = load_be16(message.data() + 6); left > 0; --left) {
        const auto owner = read_name(message, at);
        if (!owner || message.size() - at < record_head_size) {
            return std::nullopt;
        }
        const std::uint16_t type = load_be16(message.data() + at);
        const std::uint16_t its_class = load_be16(message.data() + at + 2);
        const std::size_t size = load_be16(message.data() + at + 8);
        at += record_head_size;
        if (message.size() - at < size) {
            return std::nullopt;
        }
        const std::size_t end = at + size;
        if (its_class == class_in && (type == type_cname || type == type_ptr)) {
            const auto target = read_name(message, at);
            if (!target || at != end) {
                return std::nullopt;
            }
            records.push_back({owner->canonical(), type, *target});
        }
        at = end;
    }
    return records;
}

PtrReading read_records(const std::vector<Record>& records, WireName owner) {
    for (unsigned cnames = 0; cnames <= cnames_max; ++cnames) {
        const auto is_of_owner = [&](const Record& record, std::uint16_t type) {
            return record.type == type && std::ranges::equal(record.owner.view(), owner.view());
        };
        const Record* first = nullptr;
        const Record* alias = nullptr;
        for (const Record& record : records) {
            if (is_of_owner(record, type_ptr) && !record.target.is_root() &&
                (first == nullptr || is_before(record.target.canonical(), first->target.canonical()))) {
                first = &record;
            }
            if (alias == nullptr && is_of_owner(record, type_cname)) {
                alias = &record;
            }
        }
        if (first != nullptr) {
            return {PtrOutcome::name, text_of(first->target)};
        }
        if (alias == nullptr) {
            break;
        }
        owner = alias->target.canonical();
    }
    return {PtrOutcome::nodata, {}};
}

}  // namespace

PtrReading read_ptr_response(Octets message) {
    constexpr std::uint16_t response_and_opcode = 0xf800;
    if (message.size() < message_header_size || load_be16(message.data() + 4) != 1 ||
        (load_be16(message.data() + 2) & response_and_opcode) != 0x8000) {
        return {};
    }
    std::size_t at = message_header_size;
    const auto question = read_name(message, at);
    if (!question || message.size() - at < question_tail_size) {
        return {};
    }
    switch (message[3] & 0xfU) {
        case 0:
            break;
        case 2:
            return {PtrOutcome::servfail, {}};
        case 3:
            return {PtrOutcome::nxdomain, {}};
        case 5:
            return {PtrOutcome::refused, {}};
        default:
            return {PtrOutcome::other, {}};
    }
    const auto records = read_answers(message, at + question_tail_size);
    return records ? read_records(*records, question->canonical()) : PtrReading{};
}

std::string reverse_name_of(const IpAddress& address) {
    const auto& octets = address.octets();
    if (address.is_v4()) {
        return fmt::format("{}.{}.{}.{}.in-addr.arpa", octets[15], octets[14], octets[13], octets[12]);
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string name;
    for (std::size_t i = octets.size(); i > 0; --i) {
        for (const unsigned nibble : {octets[i - 1] & 0xfU, unsigned{octets[i - 1]} >> 4U}) {
            name.push_back(digits[nibble]);
            name.push_back('.');
        }
    }
    return name.append("ip6.arpa");
}

}  // namespace echotap
