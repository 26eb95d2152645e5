// SPDX-License-Identifier: Apache-2.0
// IP reassembly: fragments go in, whole packets come out.
//
// RFC 791 section 3.2 and RFC 8200 section 4.5. Fragments may come in any order; an exact duplicate is dropped; an
// overlap refuses the whole packet and whatever else comes of it until the timeout (RFC 5722). Time and memory are
// bounded by FragmentLimits; what gives way is counted in the ledger (Stage::frame).
#pragma once

#include "config/line_config.hpp"
#include "dataplane/drop.hpp"
#include "dataplane/packet.hpp"

namespace echotap {

/// SKETCH, to be completed by its room: one per worker, not thread-safe.
class Fragments {
public:
    Fragments(const FragmentLimits& limits, Ledger& ledger);

    /// Takes a fragment (packet.is_fragment). Returns true when it completes its packet: `packet` is then the whole
    /// one (is_fragment false, frames = sum over its fragments, payload in a buffer that lives until the next call).
    /// Otherwise the fragment is held, or dropped and counted packet.frames times. `clock` is Frame::clock.
    bool add(Packet& packet, Timestamp clock);

    /// The input has ended: everything held is dropped as fragment_incomplete.
    void finish();
};

}  // namespace echotap
