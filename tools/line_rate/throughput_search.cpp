// SPDX-License-Identifier: Apache-2.0
#include "tools/line_rate/throughput_search.hpp"

#include <algorithm>

namespace echotap {

ThroughputSearch::ThroughputSearch(const SearchPlan& plan) : plan_(plan), rate_(plan.highest) {
}

std::optional<double> ThroughputSearch::next() const {
    return is_over_ ? std::nullopt : std::optional(rate_);
}

void ThroughputSearch::take(TrialEnd end, double reached) {
    ++trials_;
    if (end == TrialEnd::lossy && ++attempt_ < plan_.attempts && trials_ < plan_.trials_max) {
        return;
    }
    attempt_ = 0;
    if (end == TrialEnd::lossy) {
        // Of a rate that was clean once and is no more, nothing above it can be trusted either.
        clean_.erase(std::lower_bound(clean_.begin(), clean_.end(), rate_), clean_.end());
        upper_ = rate_;
        lossy_ = true;
        is_confirming_ = false;
    } else if (is_confirming_) {
        is_over_ = is_settled_ = true;
        return;
    } else if (end == TrialEnd::clean) {
        clean_.push_back(rate_);
    } else {
        upper_ = rate_;
        lossy_ = false;
        if (clean_.empty() || reached > clean_.back()) {
            clean_.push_back(std::min(reached, rate_));
        }
    }
    choose();
    is_over_ = is_over_ || trials_ >= plan_.trials_max;
}

void ThroughputSearch::choose() {
    if (clean_.empty() && upper_ && *upper_ <= plan_.lowest) {
        is_over_ = is_settled_ = true;
    } else if (clean_.empty()) {
        rate_ = std::max(plan_.lowest, *upper_ / 2);
    } else if (!upper_ || *upper_ - clean_.back() <= plan_.precision * *upper_) {
        rate_ = clean_.back();
        is_confirming_ = true;
    } else {
        rate_ = (clean_.back() + *upper_) / 2;
    }
}

}  // namespace echotap
