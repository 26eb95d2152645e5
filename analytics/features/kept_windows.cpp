// SPDX-License-Identifier: Apache-2.0
#include "analytics/features/kept_windows.hpp"

#include <utility>

namespace echotap {

void KeptWindows::keep(AnalysedWindow analysed) {
    if (!analysed.awaits_names()) {
        return;
    }
    const std::size_t octets = analysed.octets();
    windows_.push_back({std::move(analysed), octets, false});
    octets_ += octets;
    while (octets_ > octets_max_) {
        octets_ -= windows_.front().octets;
        windows_.pop_front();
        ++let_go_;
    }
}

void KeptWindows::revise(const Analysis& analysis, const NameWait& wait, const OnRevision& on_revision) {
    std::deque<Kept> left;
    for (Kept& kept : windows_) {
        if (analysis.revise(kept.analysed, wait) || kept.is_owed) {
            kept.is_owed = !on_revision(kept.analysed);
        }
        if (kept.analysed.awaits_names() || kept.is_owed) {
            left.push_back(std::move(kept));
        } else {
            octets_ -= kept.octets;
        }
    }
    windows_ = std::move(left);
}

}  // namespace echotap
