// SPDX-License-Identifier: Apache-2.0
// What a checkpoint brought of windows that are still open: put aside, and united with what came later when they close.
//
// The repeat filter was carried along, so the two halves of a window are those of one run cut by time: no repeat was
// counted on both sides, and their union is exact. To unpack them into the tables of open windows would cost a second
// way into every table of the state; aside, they are closed windows like all others.
#pragma once

#include <map>
#include <optional>

#include "dataplane/keyed_hash.hpp"
#include "dataplane/state/closed_window.hpp"
#include "dataplane/state/open_window.hpp"

namespace echotap {

/// The window of both, `before` a part of the same run that came earlier. Throws WindowMismatch where they are no
/// windows of one run.
ClosedWindow unite_run(const ClosedWindow& now, const ClosedWindow& before, const HashKey& sample_key);

/// Not thread-safe.
class CarriedWindows {
public:
    /// A window of a checkpoint; united with what is there of the same key.
    void add(const WindowKey& key, ClosedWindow&& window, const HashKey& sample_key);

    /// Takes the window of a key out, where there is one.
    std::optional<ClosedWindow> take(const WindowKey& key);

    const std::map<WindowKey, ClosedWindow>& windows() const { return windows_; }

    /// Octets of memory in all of them.
    std::size_t octets() const;

private:
    std::map<WindowKey, ClosedWindow> windows_;
};

}  // namespace echotap
