// SPDX-License-Identifier: Apache-2.0
// One direction of a TCP stream: segments go in, DNS messages come out in the order of the stream (RFC 9293 section
// 3.4 for sequence numbers; RFC 1035 section 4.2.2 and RFC 7766 section 8 for the two octets of length).
//
// A direction that began with a SYN is *synchronised*: its messages are cut by their lengths and handed on whatever
// is in them, since the message stage has a name for each fault. Where it was joined in the middle, where octets are
// missing, or where a length under 12 shows that the boundary is wrong, it is not; then it is searched for a segment
// that begins with a message beyond doubt (message_check.hpp). A gap is waited for until it is filled, or until it is
// certain that it will not be: the other side has acknowledged it, the snap length cut it, the direction holds as
// much as it may, or it is given up from outside. A gap inside a message whose length is known costs that message
// only, because the length says where the next one begins.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "dataplane/drop.hpp"
#include "dataplane/frame.hpp"
#include "dataplane/tcp_segment.hpp"

namespace echotap {

/// When octets were captured.
struct Arrival {
    Timestamp time;
    std::uint64_t order = 0;  // counts segments, because times may go back
    std::uint8_t time_digits = 6;
};

struct TcpMessage {
    Octets octets;    // without the length; lives until the next call of next()
    Arrival arrival;  // of the segment that made it complete
};

/// What the directions of one worker share. `incoming` is the part of the segment at hand that lies next in its
/// direction and may be read where it is; empty between calls.
struct TcpAssembly {
    TcpAssembly(std::size_t octets_max, Ledger& the_ledger) : direction_octets_max(octets_max), ledger(the_ledger) {}

    std::size_t direction_octets_max;
    std::size_t octets_held = 0;  // by all directions, with what holding them costs
    Ledger& ledger;
    struct Incoming {
        Octets octets;
        Arrival arrival;
        bool starts_segment = false;
    } incoming;
    std::array<std::uint8_t, 2 + 65535> whole;  // a message that came in several segments
};

/// Not thread-safe. Every add(), acknowledge(), end() and give_up() must be followed by calls of next() until it
/// returns false, with the same assembly. Segments that were added leave the ledger as passed or dropped.
class TcpDirection {
public:
    /// What holding a segment costs beside its octets: a node of the map, its bookkeeping and two allocations.
    static constexpr std::size_t piece_cost = 128;
    /// A segment further than this from where the direction stands belongs to another stream: ports were reused, or
    /// more was lost than could be waited for. Windows of DNS servers are far smaller.
    static constexpr std::int32_t sequence_distance_max = 1 << 24;

    /// Has anything of it been seen?
    bool started() const { return started_; }
    /// Does the segment belong to what was seen so far?
    bool reaches(std::uint32_t sequence) const;
    /// Is this the sequence number of its SYN, or, where none was seen, the number before the first octet seen?
    bool began_with(std::uint32_t sequence) const { return started_ && syn_sequence_ == sequence; }
    /// The other side's SYN says that it awaits `acknowledgment`: does that answer our SYN?
    bool is_answered_by(std::uint32_t acknowledgment) const;
    /// A SYN and nothing after it was seen, or nothing at all.
    bool has_only_begun() const;
    /// FIN seen and everything before it dealt with.
    bool ended() const { return end_known_ && pieces_.empty() && next_ >= end_; }
    bool holds_octets() const { return !pieces_.empty(); }

    /// A SYN: the first octet has the number after it. REQUIRES: !started() or began_with(syn_sequence).
    void start(std::uint32_t syn_sequence);

    /// Takes a segment with a payload. REQUIRES: not started or reaches(segment.payload_sequence()).
    void add(const TcpSegment& segment, const Arrival& arrival, TcpAssembly& assembly);

    /// The other side awaits `acknowledgment`: what comes before it and is not here was lost by the capture.
    void acknowledge(std::uint32_t acknowledgment);

    /// A FIN that stands behind the octet before `sequence`.
    void end(std::uint32_t sequence);

    /// From now until next() returns false no gap is waited for and no message either; what is lost by this is
    /// dropped for `reason`. Afterwards nothing is held.
    void give_up(Drop reason) { giving_up_ = reason; }

    /// The next whole message, in the order of the stream. Returns false where there is none.
    bool next(TcpMessage& message, TcpAssembly& assembly);

private:
    /// Positions are sequence numbers that do not wrap.
    using Position = std::uint64_t;

    /// A run of octets from one segment that no earlier segment had; `octets` is empty where the snap length cut them.
    struct Piece {
        Position end = 0;
        std::vector<std::uint8_t> octets;
        Arrival arrival;
        bool is_cut = false;
        bool starts_segment = false;
        bool ends_segment = false;  // of the pieces of a segment the last one; the ledger counts it with this one
    };
    using Pieces = std::map<Position, Piece>;  // by their first octet; they do not overlap

    static constexpr std::uint64_t octets_held_cost(const Piece& piece) { return piece.octets.size() + piece_cost; }

    Position position_of(std::uint32_t sequence) const;
    void begin_at(std::uint32_t sequence);
    void insert(Position begin, Octets octets, Position end, const Arrival& arrival, TcpAssembly& assembly);
    void hold_incoming(TcpAssembly& assembly);
    Pieces::iterator covering(Position position);
    void extend();
    std::size_t available(const TcpAssembly& assembly) const;
    Octets look(std::size_t count, TcpAssembly& assembly);
    bool at_segment_start(const TcpAssembly& assembly) const;
    bool starts_here(std::size_t length, TcpAssembly& assembly);
    void note_arrival(Position end, const TcpAssembly& assembly);
    void release(Position until, Drop reason, TcpAssembly& assembly);
    void consume(std::size_t count, TcpAssembly& assembly);
    void search_on(Drop reason, TcpAssembly& assembly);
    bool give_way(TcpAssembly& assembly);
    void pass_over(Position gap_end, Drop reason, TcpAssembly& assembly);

    Pieces pieces_;
    std::size_t octets_held_ = 0;
    Position next_ = 0;          // the first octet that is not dealt with
    Position contiguous_ = 0;    // from next_ to here every octet is held
    Position acknowledged_ = 0;  // the other side has everything before it
    Position end_ = 0;           // of the FIN
    Position lost_until_ = 0;    // octets before it were never seen and are not waited for
    Arrival latest_;             // of all octets since the last point of synchronisation
    std::uint32_t syn_sequence_ = 0;
    std::uint32_t handed_out_ = 0;  // octets of the message that next() returned, its length included
    bool started_ = false;
    bool began_with_syn_ = false;
    bool synchronised_ = false;
    bool end_known_ = false;
    Drop giving_up_ = Drop::none;
};

}  // namespace echotap
