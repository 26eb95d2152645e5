// SPDX-License-Identifier: Apache-2.0
// Two windows go in; the window of both comes out. Associative and commutative; sets are idempotent, counts are not.
//
// Whether the sum is exact is seen from the windows themselves. The repeat filter knows only pairs of one querier, so
// where no querier is in both (a split by querier), every number is that of the whole. Where one is (a split by time or
// by site), queriers, footprints and samples are still exact, and the header says that the rest is an estimate.
#pragma once

#include <stdexcept>

#include "dataplane/state/closed_window.hpp"

namespace echotap {

/// Windows that cannot be merged: the message names what differs and what to do.
class WindowMismatch : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// How the sources of a window lie to those of a kept one. Windows of one length that lie beside each other in time
/// have no query in common: to these the sources of both are new. So they are to windows of another view, length or
/// family, with which merge() refuses to go together.
enum class SourceOverlap : std::uint8_t {
    none,  // new: merge it
    all,   // known: skip it
    some,  // neither: refused
};
SourceOverlap overlap(const WindowHeader& kept, const WindowHeader& other);

/// Throws WindowMismatch unless the windows count the same (view, length, anchor, sampling, repeat interval), have
/// samples by the same key, namely this one, and lie apart in time or have no source in common.
ClosedWindow merge(const ClosedWindow& one, const ClosedWindow& other, const HashKey& sample_key);

}  // namespace echotap
