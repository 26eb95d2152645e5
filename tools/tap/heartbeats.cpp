// SPDX-License-Identifier: Apache-2.0
#include "tools/tap/heartbeats.hpp"

#include <algorithm>

namespace echotap {

std::vector<std::string> Heartbeats::look(std::span<const Heartbeat> heartbeats, Time now) {
    std::vector<std::string> stuck;
    const bool is_first = seen_.size() != heartbeats.size();
    seen_.resize(heartbeats.size());
    const std::chrono::nanoseconds passed =
        is_first || now - last_ > gap_max ? std::chrono::nanoseconds(0) : std::chrono::nanoseconds(now - last_);
    last_ = now;
    for (std::size_t i = 0; i < heartbeats.size(); ++i) {
        const Heartbeat& one = heartbeats[i];
        Seen& seen = seen_[i];
        if (is_first || one.beats != seen.beats || !one.is_expected) {
            seen = {.beats = one.beats, .still = std::chrono::nanoseconds(0)};
            continue;
        }
        seen.still += passed;
        if (one.limit.count() != 0 && seen.still >= one.limit) {
            stuck.push_back(one.name);
        }
    }
    return stuck;
}

}  // namespace echotap
