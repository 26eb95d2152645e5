// SPDX-License-Identifier: Apache-2.0
#include "dataplane/state/originator_union.hpp"

#include <algorithm>

#include "dataplane/state/sample_hash.hpp"
#include "dataplane/state/state_query.hpp"

namespace echotap {

namespace {

/// What is behind `sorted` joins what is before it; everything ascends afterwards, and is distinct.
template <class T>
void join_tail(std::vector<T>& list, std::size_t sorted) {
    const auto middle = list.begin() + static_cast<std::ptrdiff_t>(sorted);
    // Windows have sorted lists already, parts do not.
    if (!std::is_sorted(middle, list.end())) {
        std::sort(middle, list.end());
    }
    if (sorted != 0) {
        std::inplace_merge(list.begin(), middle, list.end());
        list.erase(std::unique(list.begin(), list.end()), list.end());
    }
}

}  // namespace

void OriginatorUnion::add(const OriginatorRow& row, std::span<const std::uint32_t> v6_indices) {
    if (row_) {
        row_->queries += row.queries;
        row_->first = std::min(row_->first, row.first);
        row_->last = std::max(row_->last, row.last);
    } else {
        row_ = row;
    }
    is_sampled_ |= row.is_sampled();
    const std::size_t period_count = periods_.size();
    periods_.insert(periods_.end(), row.periods.begin(), row.periods.end());
    join_tail(periods_, period_count);
    const std::size_t v4_count = queriers_v4_.size();
    queriers_v4_.insert(queriers_v4_.end(), row.queriers_v4.begin(), row.queriers_v4.end());
    join_tail(queriers_v4_, v4_count);
    const std::size_t v6_count = queriers_v6_.size();
    for (const std::uint32_t querier : row.queriers_v6) {
        queriers_v6_.push_back(v6_indices[querier]);
    }
    join_tail(queriers_v6_, v6_count);
}

std::uint64_t OriginatorUnion::sample() {
    ranked_.clear();
    for (const std::uint32_t querier : queriers_v4_) {
        ranked_.push_back({sample_hash(sample_key_, v4_address(querier)), querier, false});
    }
    for (const std::uint32_t querier : queriers_v6_) {
        ranked_.push_back({sample_hash(sample_key_, v6_[querier]), querier, true});
    }
    if (ranked_.size() > sample_size_) {
        std::nth_element(ranked_.begin(), ranked_.begin() + sample_size_, ranked_.end());
        ranked_.resize(sample_size_);
        queriers_v4_.clear();
        queriers_v6_.clear();
        for (const Ranked& querier : ranked_) {
            (querier.is_v6 ? queriers_v6_ : queriers_v4_).push_back(querier.key);
        }
        std::sort(queriers_v4_.begin(), queriers_v4_.end());
        std::sort(queriers_v6_.begin(), queriers_v6_.end());
    }
    return ranked_.empty() ? 0 : std::max_element(ranked_.begin(), ranked_.end())->hash;
}

void OriginatorUnion::finish(OriginatorColumns& into) {
    const bool is_sampled = is_sampled_ || queriers_v4_.size() + queriers_v6_.size() > sample_size_;
    row_->bound = is_sampled ? sample() : ~std::uint64_t{0};
    row_->periods = periods_;
    row_->queriers_v4 = queriers_v4_;
    row_->queriers_v6 = queriers_v6_;
    into.push_back(*row_);
    row_.reset();
    is_sampled_ = false;
    periods_.clear();
    queriers_v4_.clear();
    queriers_v6_.clear();
}

}  // namespace echotap
