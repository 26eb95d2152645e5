// SPDX-License-Identifier: Apache-2.0
// The parts of a window, one of each worker, go in; the closed window comes out.
//
// The parts have no querier in common, so footprints add up. Off the hot path: by the assembling thread, with all cores
// that TBB has. Needs up to about twice the octets of the window while it works.
#pragma once

#include <span>

#include "dataplane/state/closed_window.hpp"
#include "dataplane/state/part_copy.hpp"
#include "dataplane/state/window_part.hpp"

namespace echotap {

/// `header` is complete but for what the parts know: counts.parts, sample_size (k of the configuration comes in, k in
/// force goes out), querier_bound and sample_key_fingerprint are filled in here. The parts must rest while they are
/// read, and have been made with `sample_key`.
ClosedWindow assemble(WindowHeader header, std::span<const WindowPart* const> parts, const HashKey& sample_key);

/// The same of copies, which it takes the rows out of.
ClosedWindow assemble(WindowHeader header, std::span<PartCopy* const> copies, const HashKey& sample_key);

}  // namespace echotap
