// SPDX-License-Identifier: Apache-2.0
// A line of a snapshot of names goes in; an address and what is known of its name come out, or what is wrong with it.
//
//     192.0.2.1<TAB>mail.example.net
//     192.0.2.2<TAB>NXDOMAIN
//     2001:db8::1<TAB>UNREACH
//
// NXDOMAIN and UNREACH in capitals are no names. A name is in presentation format, with or without its last dot. Lines
// that are empty or begin with `#` hold nothing; a carriage return at the end is not looked at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "analytics/resolver/querier_name.hpp"
#include "config/ip_address.hpp"
#include "dataplane/capture/octet_stream.hpp"

namespace echotap {

/// A name has 255 octets (RFC 1035 section 2.3.4), each of which takes at most four characters (`\255`).
inline constexpr std::size_t snapshot_name_size_max = 1020;
/// Without the line feed. Longer ones are refused, comments too, so that any line fits into a small buffer.
inline constexpr std::size_t snapshot_line_size_max = 1280;

struct SnapshotLine {
    /// Nothing is wrong where this is empty; else a sentence without subject, such as "has no tab".
    std::string_view fault;
    bool is_row = false;  // false: a line that holds nothing, or a faulty one
    IpAddress address;
    std::string_view address_text;  // as it stands there
    NameState state = NameState::unknown;
    std::string_view name;  // into the line
};

/// Never throws; `line` is without its line feed.
SnapshotLine parse_snapshot_line(std::string_view line);

/// The lines of a stream, one after another.
class LineReader {
public:
    explicit LineReader(OctetStream stream) : stream_(std::move(stream)) {}

    /// The next line without its line feed, valid until the next call; nothing at the end. A line longer than
    /// snapshot_line_size_max comes cut to one octet more than that, which parse_snapshot_line() refuses.
    std::optional<std::string_view> next();

    /// Of the line that next() gave: its number from 1 on, and its first octet in the (unpacked) input.
    std::uint64_t number() const { return number_; }
    std::uint64_t position() const { return position_; }
    const OctetStream& stream() const { return stream_; }

private:
    OctetStream stream_;
    std::uint64_t number_ = 0;
    std::uint64_t position_ = 0;
};

}  // namespace echotap
