// SPDX-License-Identifier: Apache-2.0
#include "dataplane/tcp_direction.hpp"

#include <algorithm>

#include "dataplane/message.hpp"
#include "dataplane/message_check.hpp"

namespace echotap {

namespace {

constexpr std::size_t length_size = 2;

}  // namespace

TcpDirection::Position TcpDirection::position_of(std::uint32_t sequence) const {
    const auto distance = static_cast<std::int32_t>(sequence - static_cast<std::uint32_t>(next_));
    return next_ + static_cast<Position>(std::int64_t{distance});
}

bool TcpDirection::reaches(std::uint32_t sequence) const {
    const auto distance = static_cast<std::int32_t>(sequence - static_cast<std::uint32_t>(next_));
    return distance <= sequence_distance_max && distance >= -sequence_distance_max;
}

bool TcpDirection::is_answered_by(std::uint32_t acknowledgment) const {
    // Data that came with the SYN (RFC 7413) may be acknowledged with it.
    return began_with_syn_ && acknowledgment - (syn_sequence_ + 1) <= 0xffff;
}

bool TcpDirection::has_only_begun() const {
    const bool stands_at_start = static_cast<std::uint32_t>(next_) == syn_sequence_ + 1 && pieces_.empty();
    return !started_ || (began_with_syn_ && stands_at_start);
}

void TcpDirection::begin_at(std::uint32_t sequence) {
    // Far enough from 0 that a position before the first one is still a position.
    next_ = (Position{1} << 32U) + sequence;
    contiguous_ = next_;
    lost_until_ = next_;
    syn_sequence_ = sequence - 1;
    started_ = true;
}

void TcpDirection::start(std::uint32_t syn_sequence) {
    if (!started_) {
        begin_at(syn_sequence + 1);
    }
    // Where the SYN was captured after octets, and these were not searched yet, they begin with a message after all.
    synchronised_ = synchronised_ || static_cast<std::uint32_t>(next_) == syn_sequence + 1;
    began_with_syn_ = true;
}

void TcpDirection::add(const TcpSegment& segment, const Arrival& arrival, TcpAssembly& assembly) {
    if (!started_) {
        begin_at(segment.payload_sequence());
    }
    const Position begin = position_of(segment.payload_sequence());
    const Position end = begin + segment.payload_size();
    if (end <= next_) {
        assembly.ledger.drop(end <= lost_until_ ? Drop::segment_gap : Drop::segment_duplicate);
        return;
    }
    if (end > end_) {
        end_known_ = false;  // octets behind a FIN: it was none
    }
    if (pieces_.empty() && begin <= next_ && segment.missing == 0) {
        assembly.incoming = {.octets = segment.payload.subspan(static_cast<std::size_t>(next_ - begin)),
                             .arrival = arrival,
                             .starts_segment = begin == next_};
        return;
    }
    insert(begin, segment.payload, end, arrival, assembly);
    extend();
}

/// Holds what is new of a segment: [begin, end), of which `octets` are there and the rest is cut.
void TcpDirection::insert(Position begin, Octets octets, Position end, const Arrival& arrival, TcpAssembly& assembly) {
    const Position cut_from = begin + octets.size();
    const auto place = [&](Position from, Position to, bool is_cut) {
        Piece piece{.end = to,
                    .octets = {},
                    .arrival = arrival,
                    .is_cut = is_cut,
                    .starts_segment = from == begin,
                    .ends_segment = false};
        if (!is_cut) {
            const Octets kept =
                octets.subspan(static_cast<std::size_t>(from - begin), static_cast<std::size_t>(to - from));
            piece.octets.assign(kept.begin(), kept.end());
        }
        octets_held_ += octets_held_cost(piece);
        assembly.octets_held += octets_held_cost(piece);
        return pieces_.emplace(from, std::move(piece)).first;
    };

    auto last = pieces_.end();
    Position from = std::max(begin, next_);
    while (from < end) {
        const auto held = covering(from);
        if (held != pieces_.end() && held->first <= from) {
            from = held->second.end;
            continue;
        }
        const Position to = held == pieces_.end() ? end : std::min(end, held->first);
        if (from < cut_from) {
            last = place(from, std::min(to, cut_from), false);
        }
        if (to > cut_from) {
            last = place(std::max(from, cut_from), to, true);
        }
        from = to;
    }
    if (last == pieces_.end()) {
        assembly.ledger.drop(Drop::segment_duplicate);
    } else {
        last->second.ends_segment = true;
    }
}

/// What next() could not hand on from the frame itself must outlive the frame.
void TcpDirection::hold_incoming(TcpAssembly& assembly) {
    const TcpAssembly::Incoming incoming = assembly.incoming;
    assembly.incoming = {};
    if (!incoming.octets.empty()) {
        insert(next_, incoming.octets, next_ + incoming.octets.size(), incoming.arrival, assembly);
        pieces_.begin()->second.starts_segment = incoming.starts_segment;
        extend();
    }
}

/// The piece that has the octet at `position`, or else the first one behind it.
TcpDirection::Pieces::iterator TcpDirection::covering(Position position) {
    const auto behind = pieces_.upper_bound(position);
    if (behind != pieces_.begin()) {
        const auto before = std::prev(behind);
        if (before->second.end > position) {
            return before;
        }
    }
    return behind;
}

/// Moves contiguous_ over the pieces that follow it without a gap. Over its life each piece is passed once.
void TcpDirection::extend() {
    for (auto piece = covering(contiguous_);
         piece != pieces_.end() && piece->first <= contiguous_ && !piece->second.is_cut; ++piece) {
        contiguous_ = piece->second.end;
    }
}

std::size_t TcpDirection::available(const TcpAssembly& assembly) const {
    return assembly.incoming.octets.empty() ? static_cast<std::size_t>(contiguous_ - next_)
                                            : assembly.incoming.octets.size();
}

/// The next `count` octets in one run. REQUIRES: count <= available(), count <= assembly.whole.size().
Octets TcpDirection::look(std::size_t count, TcpAssembly& assembly) {
    if (!assembly.incoming.octets.empty()) {
        return assembly.incoming.octets.first(count);
    }
    auto piece = pieces_.begin();
    std::size_t skip = static_cast<std::size_t>(next_ - piece->first);
    if (piece->second.octets.size() - skip >= count) {
        return Octets(piece->second.octets).subspan(skip, count);
    }
    for (std::size_t copied = 0; copied < count; ++piece) {
        const Octets part = Octets(piece->second.octets).subspan(skip);
        const std::size_t size = std::min(part.size(), count - copied);
        std::copy_n(part.begin(), size, assembly.whole.begin() + static_cast<std::ptrdiff_t>(copied));
        copied += size;
        skip = 0;
    }
    return Octets(assembly.whole).first(count);
}

bool TcpDirection::at_segment_start(const TcpAssembly& assembly) const {
    if (!assembly.incoming.octets.empty()) {
        return assembly.incoming.starts_segment;
    }
    return !pieces_.empty() && pieces_.begin()->first == next_ && pieces_.begin()->second.starts_segment;
}

/// Notes that the octets before `end` are part of what comes out next.
void TcpDirection::note_arrival(Position end, const TcpAssembly& assembly) {
    if (!assembly.incoming.octets.empty()) {
        latest_ = assembly.incoming.arrival;
        return;
    }
    for (auto piece = pieces_.begin(); piece != pieces_.end() && piece->first < end; ++piece) {
        if (piece->second.arrival.order >= latest_.order) {
            latest_ = piece->second.arrival;
        }
    }
}

/// Moves next_ to `until`. A segment whose last octet lies before is passed, or dropped where there is a reason.
void TcpDirection::release(Position until, Drop reason, TcpAssembly& assembly) {
    while (!pieces_.empty() && pieces_.begin()->second.end <= until) {
        const Piece& piece = pieces_.begin()->second;
        if (piece.ends_segment) {
            reason == Drop::none ? assembly.ledger.pass(Stage::segment) : assembly.ledger.drop(reason);
        }
        octets_held_ -= octets_held_cost(piece);
        assembly.octets_held -= octets_held_cost(piece);
        pieces_.erase(pieces_.begin());
    }
    next_ = until;
    if (contiguous_ < until) {
        contiguous_ = until;
        extend();
    }
}

void TcpDirection::consume(std::size_t count, TcpAssembly& assembly) {
    TcpAssembly::Incoming& incoming = assembly.incoming;
    if (count != 0 && !incoming.octets.empty()) {
        incoming.octets = incoming.octets.subspan(count);
        incoming.starts_segment = false;
        if (incoming.octets.empty()) {
            assembly.ledger.pass(Stage::segment);
        }
    }
    release(next_ + count, Drop::none, assembly);
}

/// Not synchronised: what is here is no message, or cannot be known to be one. Goes on to where the next segment
/// begins.
void TcpDirection::search_on(Drop reason, TcpAssembly& assembly) {
    if (!assembly.incoming.octets.empty()) {
        assembly.ledger.drop(reason);
        release(next_ + assembly.incoming.octets.size(), Drop::none, assembly);
        assembly.incoming = {};
        return;
    }
    auto piece = pieces_.upper_bound(next_);
    while (piece != pieces_.end() && !piece->second.starts_segment) {
        ++piece;
    }
    release(piece == pieces_.end() ? pieces_.rbegin()->second.end : piece->first, reason, assembly);
}

/// Not synchronised: might a message of `length` octets begin here? Where that is certain, the direction is
/// synchronised from now on.
bool TcpDirection::starts_here(std::size_t length, TcpAssembly& assembly) {
    // While it grows, only its header and question are looked at: they tell nearly everything, and looking at all of
    // it with every segment would take quadratic time.
    constexpr std::size_t beginning = 512;
    const std::size_t there = available(assembly) - length_size;
    const std::size_t seen = there >= length ? length : std::min(there, beginning);
    const Certainty certainty = check_message(look(length_size + seen, assembly).subspan(length_size), length);
    synchronised_ = certainty == Certainty::certain;
    return certainty != Certainty::refused;
}

/// What is missing before `gap_end` will not come.
void TcpDirection::pass_over(Position gap_end, Drop reason, TcpAssembly& assembly) {
    if (!synchronised_) {
        search_on(reason, assembly);
        return;
    }
    Position boundary = 0;
    if (available(assembly) >= length_size) {
        boundary = next_ + length_size + load_be16(look(length_size, assembly).data());
    }
    // Where the whole gap lies inside this message, the next one begins where its length says. Otherwise boundaries
    // went by unseen.
    synchronised_ = boundary >= gap_end;
    release(synchronised_ ? boundary : gap_end, reason, assembly);
    lost_until_ = next_;
    latest_ = {};
}

/// No message can be had without more octets. Returns true where they will not come, and something was given up.
bool TcpDirection::give_way(TcpAssembly& assembly) {
    const bool all_acknowledged = end_known_ && acknowledged_ >= end_;
    if (pieces_.empty()) {
        if (end_known_ && next_ < end_ && (all_acknowledged || giving_up_ != Drop::none)) {
            release(end_, Drop::none, assembly);
            lost_until_ = next_;
        }
        return false;
    }
    const auto behind = covering(contiguous_);
    if (behind == pieces_.end()) {
        if (all_acknowledged && contiguous_ < end_) {
            pass_over(end_, Drop::segment_gap, assembly);
        } else if (end_known_ && contiguous_ >= end_) {
            pass_over(contiguous_, Drop::segment_incomplete, assembly);
        } else if (octets_held_ > assembly.direction_octets_max) {
            pass_over(contiguous_, Drop::segment_stream_full, assembly);
        } else if (giving_up_ != Drop::none) {
            pass_over(contiguous_, giving_up_, assembly);
        } else {
            return false;
        }
        return true;
    }
    if (behind->first <= contiguous_) {  // octets that the snap length cut
        pass_over(behind->second.end, Drop::segment_gap, assembly);
    } else if (acknowledged_ >= behind->first) {
        pass_over(behind->first, Drop::segment_gap, assembly);
    } else if (octets_held_ > assembly.direction_octets_max) {
        pass_over(behind->first, Drop::segment_stream_full, assembly);
    } else if (giving_up_ != Drop::none) {
        pass_over(behind->first, giving_up_, assembly);
    } else {
        return false;
    }
    return true;
}

void TcpDirection::acknowledge(std::uint32_t acknowledgment) {
    if (started_ && reaches(acknowledgment)) {
        acknowledged_ = std::max(acknowledged_, position_of(acknowledgment));
    }
}

void TcpDirection::end(std::uint32_t sequence) {
    if (!started_) {
        begin_at(sequence);
    }
    const Position position = position_of(sequence);
    if (reaches(sequence) && position >= (pieces_.empty() ? next_ : pieces_.rbegin()->second.end)) {
        end_ = position;
        end_known_ = true;
    }
}

bool TcpDirection::next(TcpMessage& message, TcpAssembly& assembly) {
    consume(handed_out_, assembly);
    handed_out_ = 0;
    for (;;) {
        const std::size_t there = available(assembly);
        if (!synchronised_ && there + pieces_.size() != 0 && !at_segment_start(assembly)) {
            search_on(Drop::segment_unsynchronised, assembly);
            continue;
        }
        if (there >= length_size) {
            const std::size_t length = load_be16(look(length_size, assembly).data());
            // An empty message is none either: a boundary that someone keeps alive with zeros is as doubtful as any
            // other length under the size of a header.
            if (synchronised_ && length < message_header_size) {
                synchronised_ = false;
            }
            if (!synchronised_ && !starts_here(length, assembly)) {
                search_on(Drop::segment_unsynchronised, assembly);
                continue;
            }
            if (synchronised_ && there >= length_size + length) {
                handed_out_ = static_cast<std::uint32_t>(length_size + length);
                note_arrival(next_ + handed_out_, assembly);
                message = {.octets = look(handed_out_, assembly).subspan(length_size), .arrival = latest_};
                return true;
            }
        }
        hold_incoming(assembly);
        if (!give_way(assembly)) {
            giving_up_ = Drop::none;
            return false;
        }
    }
}

}  // namespace echotap
