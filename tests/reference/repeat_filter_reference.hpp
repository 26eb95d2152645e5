// SPDX-License-Identifier: Apache-2.0
// The repeat filter straight from its definition: a map without bounds from question to the time it last counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>

#include "dataplane/frame.hpp"

namespace echotap {

/// `Question` is whatever names querier, originator and view.
template <class Question>
class RepeatFilterReference {
public:
    explicit RepeatFilterReference(std::chrono::nanoseconds interval)
        : interval_(std::chrono::floor<std::chrono::microseconds>(interval).count()) {}

    bool counts(const Question& question, Timestamp time) {
        const std::int64_t now = std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
        const auto last = last_.find(question);
        if (last != last_.end() && std::abs(now - last->second) < interval_) {
            return false;
        }
        last_[question] = now;
        return true;
    }

private:
    std::int64_t interval_;
    std::map<Question, std::int64_t> last_;
};

}  // namespace echotap
