// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/carried_windows.hpp"

#include <utility>

#include "dataplane/state/merge_windows.hpp"

namespace echotap {

ClosedWindow unite_run(const ClosedWindow& now, const ClosedWindow& before, const HashKey& sample_key) {
    ClosedWindow window = merge(now, before, sample_key);
    // merge() cannot know that one filter saw both.
    window.header.is_estimated = now.header.is_estimated || before.header.is_estimated;
    return window;
}

void CarriedWindows::add(const WindowKey& key, ClosedWindow&& window, const HashKey& sample_key) {
    const auto [place, is_new] = windows_.try_emplace(key, std::move(window));
    if (!is_new) {
        place->second = unite_run(place->second, window, sample_key);
    }
}

std::optional<ClosedWindow> CarriedWindows::take(const WindowKey& key) {
    auto found = windows_.extract(key);
    return found.empty() ? std::nullopt : std::optional(std::move(found.mapped()));
}

std::size_t CarriedWindows::octets() const {
    std::size_t octets = 0;
    for (const auto& [key, window] : windows_) {
        octets += window.octets();
    }
    return octets;
}

}  // namespace echotap
