// SPDX-License-Identifier: Apache-2.0
// The counter between those who want names and the thread that asks for them: addresses over it in one direction,
// answers in the other. What is on it, and what the thread is about, is bounded together, so neither side can bury the
// other.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>
#include <vector>

#include "analytics/resolver/ptr_response.hpp"
#include "analytics/resolver/query_pace.hpp"

namespace echotap {

class PtrExchange {
public:
    /// Addresses that may be asked and not yet taken back as answers.
    explicit PtrExchange(std::size_t outstanding_max) : outstanding_max_(outstanding_max) {}

    /// Any thread. Takes as many of the first addresses as there is room for and returns how many.
    std::size_t ask(std::span<const IpAddress> addresses);
    /// Any thread. Appends all answers there are; where there is none, waits for one until `deadline`.
    std::size_t take(std::vector<PtrAnswer>& answers, SteadyTime deadline);
    /// Any thread. The resolver's thread is to end.
    void end();

    /// The resolver's thread: what is asked now, in the place of what `asked` held. False at the end.
    bool take_asked(std::vector<IpAddress>& asked);
    /// The resolver's thread: takes all of `answers` to those who wait for them.
    void deliver(std::vector<PtrAnswer>& answers);

private:
    const std::size_t outstanding_max_;
    std::mutex mutex_;
    std::condition_variable has_answers_;
    // Behind the mutex:
    std::vector<IpAddress> asked_;
    std::vector<PtrAnswer> answers_;
    std::size_t outstanding_ = 0;
    bool is_ending_ = false;
};

}  // namespace echotap
