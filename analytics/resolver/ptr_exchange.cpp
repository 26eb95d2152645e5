// SPDX-License-Identifier: Apache-2.0
#include "analytics/resolver/ptr_exchange.hpp"

#include <algorithm>
#include <iterator>

namespace echotap {

std::size_t PtrExchange::ask(std::span<const IpAddress> addresses) {
    const std::lock_guard lock(mutex_);
    const auto accepted = addresses.first(std::min(addresses.size(), outstanding_max_ - outstanding_));
    asked_.insert(asked_.end(), accepted.begin(), accepted.end());
    outstanding_ += accepted.size();
    return accepted.size();
}

std::size_t PtrExchange::take(std::vector<PtrAnswer>& answers, SteadyTime deadline) {
    std::unique_lock lock(mutex_);
    has_answers_.wait_until(lock, deadline, [&] { return !answers_.empty(); });
    const std::size_t count = answers_.size();
    std::move(answers_.begin(), answers_.end(), std::back_inserter(answers));
    answers_.clear();
    outstanding_ -= count;
    return count;
}

void PtrExchange::end() {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
}

bool PtrExchange::take_asked(std::vector<IpAddress>& asked) {
    asked.clear();
    const std::lock_guard lock(mutex_);
    asked.swap(asked_);
    return !is_ending_;
}

void PtrExchange::deliver(std::vector<PtrAnswer>& answers) {
    {
        const std::lock_guard lock(mutex_);
        std::move(answers.begin(), answers.end(), std::back_inserter(answers_));
    }
    has_answers_.notify_all();
    answers.clear();
}

}  // namespace echotap
